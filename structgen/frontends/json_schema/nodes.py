"""Nodes: Boolean combinations of schemas, and what each allows of each type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from structgen.backports import cached_property
from structgen.frontends.json_schema.core import WORDS, Core
from structgen.frontends.json_schema.formula import (
    FALSE,
    TRUE,
    Formula,
    conjunction,
    disjunction,
)
from structgen.frontends.json_schema.glance import has_values, only_types
from structgen.frontends.json_schema.items import ArraySpec
from structgen.frontends.json_schema.load import Place
from structgen.frontends.json_schema.members import ObjectSpec
from structgen.frontends.json_schema.numbers import exact
from structgen.frontends.json_schema.satisfiability import decide
from structgen.frontends.json_schema.scalars import Numbers, Strings
from structgen.frontends.json_schema.values import value_key

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas

__all__ = ["Literal", "Node"]

MAX_ALTERNATIVES = 4_096
FEW_ALTERNATIVES = 8  # that several unions multiply to; more are tracked together

Literal = tuple[Place | Core, bool]


class Node:
    """A conjunction of literals and of unions; made and interned by `Schemas`.

    Attributes:
        literals: (schema or its own keywords, whether it must hold or must not).
        unions: At least one node of each must hold.
    """

    def __init__(
        self,
        schemas: Schemas,
        literals: tuple[Literal, ...],
        unions: tuple[tuple[Node, ...], ...],
    ) -> None:
        self.schemas = schemas
        self.literals = literals
        self.unions = unions
        self.satisfiable: bool | None = None  # None: not decided yet
        if len(literals) == 1 and not unions and not schemas.strict:
            (place, holds), *_ = literals
            if type(place) is Place and holds and has_values(place):
                self.satisfiable = True

    @property
    def is_all(self) -> bool:
        """Whether it is the empty conjunction."""
        return self is self.schemas.all

    @property
    def is_none(self) -> bool:
        """Whether it is plainly a contradiction."""
        return self is self.schemas.none

    @property
    def pointer(self) -> str:
        """Where its first schema is."""
        node = self
        while not node.literals and any(node.unions):
            node = node.unions[0][0]
        return node.literals[0][0].pointer if node.literals else ""

    @property
    def only_types(self) -> frozenset[str] | None:
        """The types that it allows, if it is one schema that says nothing else."""
        if self.unions or len(self.literals) != 1:
            return None
        ((each, holds),) = self.literals
        if not holds:
            return None
        return each.only_types if isinstance(each, Core) else only_types(each)

    @cached_property
    def negation(self) -> Node:
        """What holds exactly where this does not."""
        schemas = self.schemas
        if self.is_none:
            return schemas.all
        made = schemas.either(
            [schemas.literal(each, not holds) for each, holds in self.literals]
            + [schemas.both([each.negation for each in union]) for union in self.unions]
        )
        made.__dict__.setdefault("negation", self)
        return made

    @cached_property
    def core(self) -> Node:
        """The same over schemas' own keywords only."""
        schemas = self.schemas
        if not self.unions:
            if len(self.literals) == 1:  # most nodes
                ((only, holds),) = self.literals
                if isinstance(only, Core):
                    return self
                meaning = schemas.unfolded(only)
                return meaning if holds else meaning.negation
            if all(type(each) is Core for each, _ in self.literals):
                return self
        parts: list[Node] = []
        for each, holds in self.literals:
            if isinstance(each, Core):
                parts.append(schemas.literal(each, holds))
            else:
                meaning = schemas.unfolded(each)
                parts.append(meaning if holds else meaning.negation)
        parts += [schemas.either([each.core for each in union]) for union in self.unions]
        return schemas.both(parts)

    @cached_property
    def branches(self) -> tuple[Node, ...]:
        """The nodes that it is the union of, as far as that is worth while.

        Several unions that multiply to many stay together in a node, and are tracked: see
        docs/json_schema.md.
        """
        core = self.core
        if not core.unions:
            return (core,)
        found: dict[Node, None] = {}
        met = {core}
        stack = [core]
        while stack:
            node = stack.pop()
            if node.is_none:
                continue
            if not node.unions or (len(node.unions) > 1 and _count(node) > FEW_ALTERNATIVES):
                found[node] = None
                continue
            rest = self.schemas.intern(node.literals, node.unions[1:])
            following = [self.schemas.both([rest, each]) for each in node.unions[0]]
            following = [each for each in dict.fromkeys(following) if each not in met]
            met.update(following)
            stack += following[::-1]
            if len(met) > MAX_ALTERNATIVES:
                return (core,)
        return tuple(found)

    @property
    def is_branch(self) -> bool:
        """Whether it is its own only branch."""
        return self.branches == (self,)

    @property
    def refers(self) -> bool:
        """Whether other nodes may have the same branches: some schema in it refers to others."""
        return any(type(each) is Place and each.targets for each, _ in self.literals)

    def is_satisfiable(self) -> bool:
        """Whether some finite value satisfies it: the least fixpoint."""
        if self.satisfiable is None:
            decide(self)
        return bool(self.satisfiable)

    # --- What a branch allows of each type ------------------------------------------------------

    @cached_property
    def values(self) -> list[Any] | None:
        """All values, where a schema lists them and they are not tracked; None: no list."""
        for each, holds in self.literals:
            if holds and isinstance(each, Core) and each.values is not None:
                distinct = {value_key(value): value for value in each.values}
                return [
                    value
                    for key, value in distinct.items()
                    # In draft 4 a number may be listed that is an integer only if written as one.
                    if self.holds(value, key)
                    or (isinstance(value, float) and self.holds(_as_written(value), key))
                ]
        return None

    @property
    def plain_integers(self) -> bool:
        """Whether listed numbers are written without a fraction and an exponent."""
        return any(spec.plain is True for spec in self.numbers.specs)

    @cached_property
    def _cores(self) -> list[tuple[Core, bool]]:
        literals = self.core.literals
        return [(each, holds) for each, holds in literals if isinstance(each, Core)]

    @cached_property
    def sole_core(self) -> Core | None:
        """Its core, if that is one schema's own keywords: most nodes."""
        core = self.core
        if core.unions or len(core.literals) != 1:
            return None
        ((only, holds),) = core.literals
        return only if holds and isinstance(only, Core) else None

    @cached_property
    def words(self) -> frozenset[str]:
        """Which of `null`, `true` and `false`."""
        if self.sole_core is not None:
            return self.sole_core.words
        found = WORDS
        for core, holds in self._cores:
            found &= core.words if holds else WORDS - core.words
        for union in self.core.unions:
            found &= frozenset().union(*(each.words for each in union))
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """Which numbers."""
        if self.sole_core is not None:
            return self.sole_core.numbers
        found = Numbers.ALL
        for core, holds in self._cores:
            found = found.meet(core.numbers if holds else core.numbers.complement)
        for union in self.core.unions:
            joined = Numbers.NONE
            for each in union:
                joined = joined.join(each.numbers)
            found = found.meet(joined)
        return found

    @cached_property
    def strings(self) -> Strings:
        """Which strings."""
        if self.sole_core is not None:
            return self.sole_core.strings
        found = Strings.ALL
        for core, holds in self._cores:
            found = found.meet(core.strings if holds else core.other_strings)
        for union in self.core.unions:
            joined = Strings.NONE
            for each in union:
                joined = joined.join(each.strings)
            found = found.meet(joined)
        return found

    @cached_property
    def arrays(self) -> Formula:
        """Which arrays."""
        if self.sole_core is not None:
            return self.sole_core.arrays
        return conjunction(
            [core.arrays if holds else core.arrays.negation for core, holds in self._cores]
            + [disjunction(each.arrays for each in union) for union in self.core.unions]
        )

    @cached_property
    def objects(self) -> Formula:
        """Which objects."""
        if self.sole_core is not None:
            return self.sole_core.objects
        return conjunction(
            [core.objects if holds else core.objects.negation for core, holds in self._cores]
            + [disjunction(each.objects for each in union) for union in self.core.unions]
        )

    @cached_property
    def array(self) -> ArraySpec:
        """The arrays, item by item."""
        return ArraySpec(self.schemas, self.arrays)

    @cached_property
    def object(self) -> ObjectSpec:
        """The objects, member by member."""
        return ObjectSpec(self.schemas, self.objects)

    def holds(self, value: Any, key: Any = None) -> bool:
        """Whether a value satisfies it; `key`: its key, where it is known."""
        key = value_key(value) if key is None else key
        return all(_holds(each, value, key) == holds for each, holds in self._cores) and all(
            any(each.holds(value, key) for each in union) for union in self.core.unions
        )


def _holds(core: Core, value: Any, key: Any) -> bool:
    if core.values is not None and key not in core.value_keys:
        return False
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value] in core.words
    if isinstance(value, str):
        return core.contains_text(value)
    if isinstance(value, list):
        return _follow(core.arrays, enumerate(value))
    if isinstance(value, dict):
        if core.objects is TRUE:
            return True
        spec = ObjectSpec(core.schemas, core.objects)
        return _follow(core.objects, ((spec.part(name), each) for name, each in value.items()))
    return core.numbers.contains(exact(value), isinstance(value, int))


def _as_written(value: float) -> int | float:
    """A number without its fraction, if that is zero."""
    return int(value) if value.is_integer() else value


def _follow(formula: Formula, parts: Iterable[tuple[Any, Any]]) -> bool:
    """Whether an array or object satisfies a formula, part by part."""
    for part, value in parts:
        if formula is TRUE or formula is FALSE:
            break
        key = value_key(value)

        def after(fact: Any, part: Any = part, value: Any = value, key: Any = key) -> Formula:
            child = fact.child(part)
            counts = child if isinstance(child, bool) else child.holds(value, key)
            return fact.after(counts, key)  # type: ignore[no-any-return]

        formula = formula.replace(after)
    return formula.at_end


def _count(node: Node) -> int:
    """How many nodes without unions it is the union of, counted up to `FEW_ALTERNATIVES`."""
    product = 1
    for union in node.unions:
        product *= sum(map(_count, union))
        if product > FEW_ALTERNATIVES:
            break
    return product
