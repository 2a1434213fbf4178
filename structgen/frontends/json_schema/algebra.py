"""What schemas mean: Boolean combinations of schemas, and what each allows of each type.

A `Node` is a conjunction of literals (a schema, or not) and of unions of further nodes. Nodes are
interned, so the combinations that a recursive schema leads to are finite, and what a node means is
made when it is reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structgen.errors import LimitExceededError, UnsatisfiableError
from structgen.frontends.json_schema.applicators import unfold
from structgen.frontends.json_schema.core import Core
from structgen.frontends.json_schema.formula import (
    FALSE,
    Formula,
    conjunction,
)
from structgen.frontends.json_schema.items import ItemRule
from structgen.frontends.json_schema.load import Document, Place
from structgen.frontends.json_schema.members import Has, MemberRule
from structgen.frontends.json_schema.nodes import Literal, Node
from structgen.frontends.json_schema.parts import AtLeast, AtMost, Each
from structgen.frontends.json_schema.satisfiability import culprit, is_surely_empty
from structgen.frontends.json_schema.values import value_key, value_of

__all__ = ["Node", "Schemas"]

MAX_CHECKED_NODES = 10_000
FEW_PATTERNS = 6  # so few cannot cut names into more classes than are allowed


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
            self.root = self.of(document.root)
            if not self.root.is_satisfiable():
                raise UnsatisfiableError("Nothing satisfies the schema", pointer=culprit(self.root))
            self._check_reachable(document)
        except RecursionError:
            raise LimitExceededError("The schema is nested too deeply", limit="nesting") from None

    def release(self) -> None:
        """Take apart what refers to itself in circles, when no one uses the nodes any more.

        Python would find it, too, but only by looking at everything that there is.
        """
        for node in self._nodes.values():
            node.__dict__.clear()
        self._document.release()
        self.__dict__.clear()

    # --- Making nodes ---------------------------------------------------------------------------

    def of(self, place: Place) -> Node:
        """The node of one schema."""
        schema = place.schema
        if schema is False:
            return self.none
        if schema is True or not (schema or place.targets):
            return self.all
        literal = (place, True)
        node = self._nodes.get(literal)
        if node is None:
            node = self._nodes[literal] = Node(self, (literal,), ())
        return node

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
        if len(things) == 1:
            (thing,) = things
            return thing if isinstance(thing, Node) else self.of(thing)
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
        key: Any
        if unions or len(literals) != 1:
            key = (frozenset(literals), frozenset(map(frozenset, unions)))
        else:
            (key,) = literals
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
            facts += [AtLeast(len(value)), Each(rule)]
        return conjunction(facts)

    def exactly_object(self, value: dict[str, Any]) -> Formula:
        """Exactly this object."""
        rule = MemberRule(
            self, {name: self.constant(each) for name, each in value.items()}, (), self.none
        )
        return conjunction([Each(rule), *(Has(name, True) for name in value)])

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
                yield from (member.node for member in branch.object.all_members)
                yield from (each.node for each in branch.object.others)
