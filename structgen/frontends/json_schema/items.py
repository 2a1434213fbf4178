"""Arrays: facts about items, and what a conjunction of facts makes of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structgen.backports import cached_property
from structgen.frontends.json_schema.formula import (
    FALSE,
    TRUE,
    Combination,
    Fact,
    Formula,
    conjunction,
)
from structgen.frontends.json_schema.parts import AtLeast, AtMost, Each, Some

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.load import Place
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["ArraySpec", "Equal", "FewItems", "ItemRule", "ManyItems", "LATER", "settle"]


LATER = "later"
"""In `Equal.seen`: the value of the item that is being read."""


class ItemRule:
    """What an item must be, by its index.

    Args:
        schemas: Makes the nodes.
        prefix: For the first items.
        rest: For all later ones; None: anything.
    """

    def __init__(
        self,
        schemas: Schemas,
        prefix: Sequence[Place | Node | None],
        rest: Place | Node | None = None,
    ) -> None:
        self._schemas = schemas
        self.prefix = prefix
        self._rest = rest

    def node(self, index: int) -> Node:
        """What item number `index` must be."""
        each = self.prefix[index] if index < len(self.prefix) else self._rest
        return self._schemas.conjoin([] if each is None else [each])


@dataclass(eq=False, frozen=True)
class ManyItems(Fact):
    """At least `count` more items (at least 1) satisfy a node."""

    node: Node
    count: int

    @cached_property
    def negation(self) -> Formula:
        """At most one less."""
        return FewItems(self.node, self.count - 1)

    @property
    def at_end(self) -> bool:
        """No."""
        return False

    def child(self, part: int) -> Node:
        """The node."""
        return self.node

    def after(self, counts: bool, value: Any) -> Formula:
        """One fewer."""
        if not counts:
            return self
        return ManyItems(self.node, self.count - 1) if self.count > 1 else TRUE


@dataclass(eq=False, frozen=True)
class FewItems(Fact):
    """At most `count` more items satisfy a node."""

    node: Node
    count: int

    @cached_property
    def negation(self) -> Formula:
        """At least one more."""
        return ManyItems(self.node, self.count + 1)

    @property
    def at_end(self) -> bool:
        """Yes."""
        return True

    def child(self, part: int) -> Node:
        """The node."""
        return self.node

    def after(self, counts: bool, value: Any) -> Formula:
        """One fewer."""
        if not counts:
            return self
        return FewItems(self.node, self.count - 1) if self.count > 0 else FALSE


ManyItems.opposite, FewItems.opposite = FewItems, ManyItems


@dataclass(eq=False, frozen=True)
class Equal(Fact):
    """Some two items are equal (`some`), or no two are.

    Attributes:
        schemas: Makes the nodes.
        some: Which of the two.
        seen: What the items so far are: a key (`values.value_key`), or a node that the item is
            from where a search has not settled on a value.
    """

    schemas: Schemas
    some: bool
    seen: frozenset[Any]

    @cached_property
    def negation(self) -> Formula:
        """The other one."""
        return Equal(self.schemas, not self.some, self.seen)

    @property
    def at_end(self) -> bool:
        """Whether it is that no two are equal."""
        return not self.some

    def child(self, part: int) -> Node:
        """An item like an earlier one, or unlike all of them."""
        like = self.schemas.either(
            [
                self.schemas.constant_of(each) if isinstance(each, tuple) else each
                for each in self.seen
                if each != LATER and (self.some or isinstance(each, tuple))
            ]
        )
        return like if self.some else like.negation

    def after(self, counts: bool, value: Any) -> Formula:
        """One more to compare with; settled by the first equal one."""
        if counts and self.some:
            return TRUE
        if not counts and not self.some:
            return FALSE
        return Equal(self.schemas, self.some, self.seen | {value})

    def settled(self, value: Any) -> Equal:
        """With a value for `LATER`."""
        if LATER not in self.seen:
            return self
        return Equal(self.schemas, self.some, (self.seen - {LATER}) | {value})


Equal.opposite = Equal


def settle(formula: Formula, value: Any) -> Formula:
    """A formula with the value of the item that was being read: a key, or a node it is from."""
    return formula.replace(lambda fact: fact.settled(value) if isinstance(fact, Equal) else fact)


class ArraySpec:
    """Arrays that a formula allows: what each item must be, and how many there are.

    Attributes:
        least: Smallest number of items.
        most: Largest number, or None.
        unique: Whether all items differ; then nothing else is open.
        open: What the items must satisfy together beyond that; `TRUE` in most schemas.
        prefix: How many items have a description of their own; all later ones are alike.
    """

    def __init__(self, schemas: Schemas, formula: Formula) -> None:
        self.schemas = schemas
        self._rules: list[ItemRule] = []
        self.least = 0
        self.most: int | None = None
        waiting: list[Formula] = []
        every = isinstance(formula, Combination) and formula.every
        for part in formula.parts if every else (formula,):  # type: ignore[attr-defined]
            if isinstance(part, Each):
                self._rules.append(part.rule)
            elif isinstance(part, AtLeast):
                self.least = max(self.least, part.count)
            elif isinstance(part, AtMost):
                self.most = part.count if self.most is None else min(part.count, self.most)
            else:
                waiting.append(part)
        self.unique = len(waiting) == 1 and waiting[0] is Equal(schemas, False, frozenset())
        self.open = TRUE if self.unique else conjunction(waiting)
        rules = list(self._rules)
        self.compares = self.unique
        for fact in self.open.facts():
            if isinstance(fact, Each | Some):
                rules.append(fact.rule)
            elif isinstance(fact, Equal):
                self.compares = True
        self.prefix = max((len(rule.prefix) for rule in rules), default=0)
        self._items: dict[int, Node] = {}

    def item(self, index: int) -> Node:
        """What item number `index` must be."""
        index = min(index, self.prefix)
        node = self._items.get(index)
        if node is None:
            node = self.schemas.both([rule.node(index) for rule in self._rules])
            self._items[index] = node
        return node

    @cached_property
    def count(self) -> tuple[int, int | None]:
        """(least, most) number of items, given which items can exist at all."""
        for index in range(self.prefix + 1):
            if self.most is not None and index >= self.most:
                break
            if not self.item(index).is_satisfiable():
                return self.least, index
        return self.least, self.most
