"""Facts about the parts of arrays and objects alike, and splitting a part by what is open."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from structgen.backports import cached_property
from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.formula import FALSE, TRUE, Fact, Formula

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["AtLeast", "AtMost", "Each", "Some", "Split", "split"]

MAX_SPLITS = 512

Split = Generator["Node", bool, "list[tuple[Node, Formula]]"]
"""Asks whether nodes are satisfiable; returns (what the part is, what is left of the formula)."""


class Rule(Protocol):
    """What a part must be, by its index or name."""

    def node(self, part: Any) -> Node:
        """What this part must be."""
        ...


AnyRule = TypeVar("AnyRule", bound=Rule)


@dataclass(eq=False, frozen=True)
class Each(Fact, Generic[AnyRule]):
    """Every part is as a rule says."""

    rule: AnyRule

    @cached_property
    def negation(self) -> Formula:
        """Some part is not."""
        return Some(self.rule)

    @property
    def at_end(self) -> bool:
        """Yes."""
        return True

    def child(self, part: Any) -> Node:
        """What the rule says."""
        return self.rule.node(part)

    def after(self, counts: bool, value: Any) -> Formula:
        """It fails with a part that is not so."""
        return self if counts else FALSE


@dataclass(eq=False, frozen=True)
class Some(Fact, Generic[AnyRule]):
    """Some part is not as a rule says."""

    rule: AnyRule

    @cached_property
    def negation(self) -> Formula:
        """Every part is."""
        return Each(self.rule)

    @property
    def at_end(self) -> bool:
        """No."""
        return False

    def child(self, part: Any) -> Node:
        """Not what the rule says."""
        return self.rule.node(part).negation

    def after(self, counts: bool, value: Any) -> Formula:
        """It is settled by the first such part."""
        return TRUE if counts else self


Each.opposite, Some.opposite = Some, Each


@dataclass(eq=False, frozen=True)
class AtLeast(Fact):
    """At least `count` parts are still to come (at least 1)."""

    count: int

    @cached_property
    def negation(self) -> Formula:
        """At most one less."""
        return AtMost(self.count - 1)

    @property
    def at_end(self) -> bool:
        """No."""
        return False

    def child(self, part: Any) -> bool:
        """Every part counts."""
        return True

    def after(self, counts: bool, value: Any) -> Formula:
        """One fewer."""
        return AtLeast(self.count - 1) if self.count > 1 else TRUE


@dataclass(eq=False, frozen=True)
class AtMost(Fact):
    """At most `count` parts may still come."""

    count: int

    @cached_property
    def negation(self) -> Formula:
        """At least one more."""
        return AtLeast(self.count + 1)

    @property
    def at_end(self) -> bool:
        """Yes."""
        return True

    def child(self, part: Any) -> bool:
        """Every part counts."""
        return True

    def after(self, counts: bool, value: Any) -> Formula:
        """One fewer."""
        return AtMost(self.count - 1) if self.count > 0 else FALSE


AtLeast.opposite, AtMost.opposite = AtMost, AtLeast


@dataclass(eq=False, frozen=True)
class _Pending(Fact):
    """A fact that waits for whether a part satisfies `node`."""

    fact: Fact
    node: Node

    @cached_property
    def negation(self) -> Formula:
        return _Pending(self.fact, self.node.negation)  # never in the same formula

    @property
    def at_end(self) -> bool:
        return self.fact.at_end


_Pending.opposite = _Pending


def split(schemas: Schemas, base: Node, formula: Formula, part: Any, value: Any = None) -> Split:
    """Cut the values that a part may have by what they leave of a formula.

    Args:
        schemas: Makes the nodes.
        base: What the part must be anyway.
        formula: What is open before the part.
        part: Which part: an index, a name.
        value: Its value, or a node it is from, for facts that depend on earlier values.

    Raises:
        LimitExceededError: There are more than `MAX_SPLITS` cases.
    """

    def begin(fact: Fact) -> Formula:
        child = fact.child(part)
        if isinstance(child, bool):
            return fact.after(child, value)
        if child.is_all or child.is_none:
            return fact.after(child.is_all, value)
        return _Pending(fact, child)

    stack = [(base, formula.replace(begin))]
    found: dict[Formula, list[Node]] = {}
    cases = 0
    complete = True
    while stack:
        node, rest = stack.pop()
        if rest is FALSE:
            complete = False
            continue
        pending = next((fact for fact in rest.facts() if isinstance(fact, _Pending)), None)
        if pending is None:
            found.setdefault(rest, []).append(node)
            continue
        cases += 1
        if cases > MAX_SPLITS:
            raise LimitExceededError(
                f"The value of one part at {base.pointer or 'the root'} must be told apart in more "
                f"than {MAX_SPLITS} ways",
                limit="splits",
            )
        holding = schemas.both((node, pending.node))
        failing = schemas.both((node, pending.node.negation))
        may_hold = yield holding
        may_fail = yield failing
        if may_fail:
            left = rest.replace(lambda fact, p=pending: _settle(fact, p.node, False, value))  # type: ignore[misc]
            stack.append((failing if may_hold else node, left))
        if may_hold:
            left = rest.replace(lambda fact, p=pending: _settle(fact, p.node, True, value))  # type: ignore[misc]
            stack.append((holding if may_fail else node, left))
    if complete and len(found) == 1:
        return [(base, next(iter(found)))]
    return [(node, rest) for rest, nodes in found.items() for node in nodes]


def _settle(fact: Fact, node: Node, holds: bool, value: Any) -> Formula:
    if isinstance(fact, _Pending):
        if fact.node is node:
            return fact.fact.after(holds, value)
        if fact.node is node.negation:
            return fact.fact.after(not holds, value)
    return fact
