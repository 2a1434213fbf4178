"""What schemas mean: Boolean combinations of schemas, and what each allows of each type.

A `Node` is a conjunction of literals (a schema, or not) and of unions of further nodes. Nodes are
interned, so the combinations that a recursive schema leads to are finite, and what a node means is
made when it is reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from structgen.errors import LimitExceededError, UnsatisfiableError
from structgen.frontends.json_schema.applicators import unfold
from structgen.frontends.json_schema.core import WORDS, Core
from structgen.frontends.json_schema.formula import (
    FALSE,
    TRUE,
    Formula,
    conjunction,
    disjunction,
)
from structgen.frontends.json_schema.items import ArraySpec, EachItem, ItemRule
from structgen.frontends.json_schema.load import Document, Place
from structgen.frontends.json_schema.members import EachMember, Has, MemberRule, ObjectSpec
from structgen.frontends.json_schema.numbers import exact
from structgen.frontends.json_schema.parts import AtLeast, AtMost
from structgen.frontends.json_schema.satisfiability import culprit, decide, is_surely_empty
from structgen.frontends.json_schema.scalars import Numbers, Strings
from structgen.frontends.json_schema.values import value_key, value_of

__all__ = ["Node", "Schemas"]

MAX_ALTERNATIVES = 4_096
FEW_ALTERNATIVES = 8  # that several unions multiply to; more are tracked together
MAX_CHECKED_NODES = 10_000
FEW_PATTERNS = 6  # so few cannot cut names into more classes than are allowed

Literal = tuple[Place | Core, bool]


class Node:
    """A conjunction (see the module's text); made by `Schemas`.

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
        if not self.unions and all(type(each) is Core for each, _ in self.literals):
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
        found: dict[Node, None] = {}
        met = {self.core}
        stack = [self.core]
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
                return (self.core,)
        return tuple(found)

    @property
    def is_branch(self) -> bool:
        """Whether it is its own only branch."""
        return self.branches == (self,)

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
    def words(self) -> frozenset[str]:
        """Which of `null`, `true` and `false`."""
        found = WORDS
        for core, holds in self._cores:
            found &= core.words if holds else WORDS - core.words
        for union in self.core.unions:
            found &= frozenset().union(*(each.words for each in union))
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """Which numbers."""
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
        return conjunction(
            [core.arrays if holds else core.arrays.negation for core, holds in self._cores]
            + [disjunction(each.arrays for each in union) for union in self.core.unions]
        )

    @cached_property
    def objects(self) -> Formula:
        """Which objects."""
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


class Schemas:
    """The nodes of one document.

    Args:
        document: The schema.
        strict: Whether every declared member is required and no other allowed by default.
        assert_formats: Whether known formats constrain.
        in_order: Whether members come in the order of the schema.

    Raises:
        UnsatisfiableError: Nothing satisfies the schema.
        LimitExceededError: It is nested too deeply, or some combination in it is too large.
    """

    def __init__(
        self, document: Document, *, strict: bool, assert_formats: bool, in_order: bool
    ) -> None:
        self.strict = strict
        self.in_order = in_order
        self.assert_formats = assert_formats
        self._document = document
        self._nodes: dict[Any, Node] = {}
        self._unfolded: dict[Place, Node] = {}
        self._unfolding: set[Place] = set()
        self._constants: dict[Any, Node] = {}
        self.all = Node(self, (), ())
        self.none = Node(self, (), ((),))
        self._nodes[frozenset(), frozenset()] = self.all
        try:
            self.root = self.node([document.root])
            if not self.root.is_satisfiable():
                raise UnsatisfiableError("Nothing satisfies the schema", pointer=culprit(self.root))
            self._check_reachable(document)
        except RecursionError:
            raise LimitExceededError("The schema is nested too deeply", limit="nesting") from None

    # --- Making nodes ---------------------------------------------------------------------------

    def node(self, places: Iterable[Place]) -> Node:
        """The conjunction of `places`."""
        literals: dict[Literal, None] = {}
        for place in places:
            schema = place.schema
            if schema is False:
                return self.none
            if schema is not True and (schema or place.targets):
                literals[place, True] = None
        return self.intern(tuple(literals), ())

    def literal(self, thing: Place | Core, holds: bool = True) -> Node:
        """A schema, or (`holds` false) what does not satisfy it."""
        return self.intern(((thing, holds),), ())

    def conjoin(self, things: list[Any]) -> Node:
        """The conjunction of places and nodes."""
        if len(things) == 1 and isinstance(things[0], Node):
            return things[0]
        if all(isinstance(each, Place) for each in things):
            return self.node(things)
        return self.both(
            [self.node([each]) if isinstance(each, Place) else each for each in things]
        )

    def both(self, nodes: Iterable[Node]) -> Node:
        """What satisfies all of the nodes."""
        distinct = dict.fromkeys(nodes)
        if self.none in distinct:
            return self.none
        if len(distinct) == 1:
            return next(iter(distinct))
        literals: dict[Literal, None] = {}
        unions: dict[tuple[Node, ...], None] = {}
        for node in distinct:
            literals.update(dict.fromkeys(node.literals))
            unions.update(dict.fromkeys(node.unions))
        if any((each, not holds) in literals for each, holds in literals):
            return self.none
        return self.intern(tuple(literals), tuple(unions))

    def either(self, nodes: Iterable[Node]) -> Node:
        """What satisfies at least one of the nodes."""
        distinct: dict[Node, None] = {}
        for node in nodes:
            if node.is_all:
                return node
            if not node.literals and len(node.unions) == 1:
                distinct.update(dict.fromkeys(node.unions[0]))
            else:
                distinct[node] = None
        if len(distinct) == 1:
            return next(iter(distinct))
        if not distinct:
            return self.none
        for node in distinct:
            if "negation" in node.__dict__ and node.negation in distinct:
                return self.all
        return self.intern((), (tuple(distinct),))

    def intern(self, literals: tuple[Literal, ...], unions: tuple[tuple[Node, ...], ...]) -> Node:
        """The node of these parts."""
        key = (frozenset(literals), frozenset(map(frozenset, unions)) if unions else frozenset())
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(self, literals, unions)
        return node

    def unfolded(self, place: Place) -> Node:
        """A schema over own keywords only.

        Raises:
            Busy: That is being made already.
        """
        if type(place.schema) is bool:
            return self.all if place.schema else self.none
        made = self._unfolded.get(place)
        if made is None:
            if place in self._unfolding:
                raise Busy
            self._unfolding.add(place)
            try:
                made = self._unfolded[place] = unfold(self, place)
            finally:
                self._unfolding.discard(place)
        return made

    def are_apart(self, nodes: Iterable[Node]) -> bool:
        """Whether nothing satisfies all of the nodes, as far as a quick look can tell."""
        try:
            return is_surely_empty(self.both(nodes))
        except Busy:
            return False

    # --- Values as schemas ----------------------------------------------------------------------

    def constant(self, value: Any) -> Node:
        """Exactly this value."""
        key = value_key(value)
        node = self._constants.get(key)
        if node is None:
            place = self._document.root.inside({"const": value}, {})
            node = self._constants[key] = self.literal(Core(self, place))
        return node

    def constant_of(self, key: Any) -> Node:
        """Exactly the value with this key (see `values.value_key`)."""
        return self._constants.get(key) or self.constant(value_of(key))

    def exactly_array(self, value: list[Any]) -> Formula:
        """Exactly this array."""
        facts: list[Formula] = [AtMost(len(value))]
        if value:
            rule = ItemRule(self, [self.constant(each) for each in value])
            facts += [AtLeast(len(value)), EachItem(rule)]
        return conjunction(facts)

    def exactly_object(self, value: dict[str, Any]) -> Formula:
        """Exactly this object."""
        rule = MemberRule(
            self, {name: self.constant(each) for name, each in value.items()}, (), self.none
        )
        return conjunction([EachMember(rule), *(Has(name, True) for name in value)])

    # --- Checks ---------------------------------------------------------------------------------

    def _check_reachable(self, document: Document) -> None:
        """Raise now what would otherwise be raised when a node is reached in a text."""
        if document.patterns <= FEW_PATTERNS:
            return
        met = {self.root}
        waiting = [self.root]
        while waiting and len(met) <= MAX_CHECKED_NODES:
            for child in _children(waiting.pop()):
                if child not in met and child.is_satisfiable():
                    met.add(child)
                    waiting.append(child)


class Busy(Exception):
    """What a schema means is asked while it is being made."""


def _children(node: Node) -> Iterable[Node]:
    """The nodes that values of a node lead to."""
    for branch in node.branches:
        if branch.values is None:
            if branch.arrays is not FALSE:
                yield from map(branch.array.item, range(branch.array.prefix + 1))
            if branch.objects is not FALSE:
                yield from (member.node for member in branch.object.members)
                yield from (each.node for each in branch.object.others)
