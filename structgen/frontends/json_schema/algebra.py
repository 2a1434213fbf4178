"""What a schema means: unions of alternatives by type, made when they are reached.

A `Node` is a conjunction of schema places. Its meaning is either a union of further nodes (from
`anyOf`, or `oneOf` whose branches exclude each other) or one description per JSON type. Nodes are
interned by the places they hold, so the conjunctions that a recursive schema leads to are finite.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from structgen import regular
from structgen.errors import LimitExceededError, UnsatisfiableError, UnsupportedSchemaError
from structgen.frontends.json_schema.formats import language_of_format
from structgen.frontends.json_schema.keywords import SHAPES
from structgen.frontends.json_schema.load import Document, Place
from structgen.frontends.json_schema.numbers import NumberBounds
from structgen.frontends.json_schema.satisfiability import culprit, decide, object_conditions
from structgen.frontends.json_schema.specs import ArraySpec, ObjectSpec, StringSpec
from structgen.frontends.json_schema.values import bounds_of, equal, holds, is_text
from structgen.regular import Language

__all__ = ["Meaning", "Node", "Schemas"]

MAX_ALTERNATIVES = 4_096
MAX_CHECKED_NODES = 10_000
FEW_PATTERNS = 6  # so few cannot cut names into more classes than are allowed
MAX_ONE_OF_PAIRS = 20_000
_ALL_TYPES = frozenset({"null", "boolean", "number", "string", "array", "object"})


class Meaning(NamedTuple):
    """What a node means: a union of nodes, or what each type allows.

    Attributes:
        branches: The nodes of a union; None: the rest of the fields apply.
        values: A finite list of values; None: any of `types`.
        types: The types allowed.
        numbers: Which numbers.
        plain_integers: Whether numbers are written without a fraction and an exponent.
        strings: Which strings.
        places: The schemas whose array and object keywords apply.
    """

    branches: tuple[Node, ...] | None = None
    values: tuple[Any, ...] | None = None
    types: frozenset[str] = frozenset()
    numbers: NumberBounds = NumberBounds()
    plain_integers: bool = False
    strings: StringSpec = StringSpec((), 0, None)
    places: tuple[Place, ...] = ()


class Node:
    """A conjunction of schema places (see the module's text)."""

    def __init__(self, schemas: Schemas, places: tuple[Place, ...]) -> None:
        self.schemas = schemas
        self.places = places
        self.satisfiable: bool | None = None  # None: not decided yet

    @cached_property
    def meaning(self) -> Meaning:
        """The meaning; made when first asked for."""
        return self.schemas.meaning(self.places)

    @cached_property
    def array(self) -> ArraySpec:
        """The arrays that are allowed, where arrays are."""
        return ArraySpec(self.schemas, list(self.meaning.places))

    @cached_property
    def object(self) -> ObjectSpec:
        """The objects that are allowed, where objects are."""
        return ObjectSpec(self.schemas, list(self.meaning.places))

    @cached_property
    def alternatives(self) -> tuple[Node, ...]:
        """The nodes without branches that it is the union of, those that something satisfies.

        Raises:
            LimitExceededError: Unions in a conjunction multiply to too many.
        """
        found: list[Node] = []
        met = {self}
        stack = [self]
        while stack:
            node = stack.pop()
            branches = node.meaning.branches
            if branches is None:
                if node.is_satisfiable():
                    found.append(node)
                continue
            following = [branch for branch in dict.fromkeys(branches) if branch not in met]
            met.update(following)
            stack += following[::-1]
            if len(met) > MAX_ALTERNATIVES:
                raise LimitExceededError(
                    f"The unions at {self.pointer or 'the root'} multiply to more than "
                    f"{MAX_ALTERNATIVES} alternatives",
                    limit="alternatives",
                )
        return tuple(found)

    def is_satisfiable(self) -> bool:
        """Whether some finite value satisfies the conjunction: the least fixpoint."""
        if self.satisfiable is None:
            decide(self)
        return bool(self.satisfiable)

    def has_arrays(self) -> bool:
        """Whether some array satisfies it."""
        least, most = self.array.count
        return most is None or least <= most

    def has_objects(self) -> bool:
        """Whether some object satisfies it."""
        conditions = object_conditions(self.object)
        answer = None
        try:
            while True:
                answer = conditions.send(answer).is_satisfiable()
        except StopIteration as stop:
            return bool(stop.value)

    @property
    def pointer(self) -> str:
        """Where the first place is."""
        return self.places[0].pointer if self.places else ""


class Schemas:
    """The nodes of one document.

    Args:
        document: The schema.
        strict: Whether every declared member is required and no other allowed by default.
        assert_formats: Whether known formats constrain.
        in_order: Whether members come in the order of the schema.
    """

    def __init__(
        self, document: Document, *, strict: bool, assert_formats: bool, in_order: bool
    ) -> None:
        self.strict = strict
        self.in_order = in_order
        self.assert_formats = assert_formats
        self._nodes: dict[tuple[int, ...], Node] = {}
        self._cores: dict[int, tuple[Place, list[list[Place]]]] = {}
        try:
            self.root = self.node([document.root])
            for place in document.one_ofs:
                self._require_disjoint(place)
            if not self.root.is_satisfiable():
                raise UnsatisfiableError(
                    "Nothing satisfies the schema", pointer=culprit(self.root).pointer
                )
            self._check_reachable(document)
        except RecursionError:
            raise LimitExceededError("The schema is nested too deeply", limit="nesting") from None

    def node(self, places: Iterable[Place]) -> Node:
        """The conjunction of `places`."""
        distinct = {id(p): p for p in places if p.schema is not True and p.schema != {}}
        key = tuple(sorted(distinct))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(self, tuple(distinct.values()))
        return node

    # --- Meaning --------------------------------------------------------------------------------

    def _flatten(self, places: Iterable[Place]) -> list[Place] | None:
        """The places and all that they hold by `$ref` and `allOf`; None: one of them is false."""
        found: dict[int, Place] = {}
        stack = list(places)[::-1]
        while stack:
            place = stack.pop()
            schema = place.schema
            if schema is False:
                return None
            if schema is True or id(place) in found:
                continue
            found[id(place)] = place
            if place.target is not None:
                stack.append(place.target)
                if place.dialect.ignores_siblings:
                    continue
            for index in range(len(schema.get("allOf", ())) - 1, -1, -1):
                stack.append(place.child("allOf", index))
        return [p for p in found.values() if not p.is_only_reference]

    def _split(self, place: Place) -> tuple[Place, list[list[Place]]]:
        """A place without its unions, and the branches of each of them."""
        split = self._cores.get(id(place))
        if split is None:
            schema = place.schema
            core = place.inside(
                {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf", "$ref")}
            )
            core.target = None
            unions = [
                [place.child(keyword, index) for index in range(len(schema[keyword]))]
                for keyword in ("anyOf", "oneOf")
                if keyword in schema
            ]
            split = self._cores[id(place)] = (core, unions)
        return split

    def meaning(self, places: tuple[Place, ...]) -> Meaning:
        """The meaning of a conjunction of places."""
        flat = self._flatten(places)
        if flat is None:
            return Meaning()
        unions: list[list[Place]] = []
        cores: list[Place] = []
        for place in flat:
            if "anyOf" in place.schema or "oneOf" in place.schema:
                core, more = self._split(place)
                cores.append(core)
                unions.extend(more)
            else:
                cores.append(place)
        if unions:
            # One union at a time: the others stay as schemas of their own.
            rest = [self._union_place(union) for union in unions[1:]]
            plain = [self._without_in_place(core) for core in cores]
            return Meaning(
                branches=tuple(
                    dict.fromkeys(self.node([*plain, *rest, branch]) for branch in unions[0])
                )
            )
        return self._merge(cores)

    def _without_in_place(self, place: Place) -> Place:
        if place.target is None and "allOf" not in place.schema:
            return place
        return self._split(place)[0]

    def _union_place(self, union: list[Place]) -> Place:
        """A schema that is only this union."""
        key = -id(union[0])
        made = self._cores.get(key)
        if made is None:
            place = union[0].inside({"anyOf": [p.schema for p in union]})
            place.target = None
            place.children = {("anyOf", index): p for index, p in enumerate(union)}
            made = self._cores[key] = (place, [])
        return made[0]

    def _merge(self, places: list[Place]) -> Meaning:
        types = _ALL_TYPES
        integer = plain = False
        bounds = None
        languages: dict[Language, None] = {}
        min_length, max_length = 0, None
        values: list[Any] | None = None
        for place in places:
            schema = place.schema
            kind = schema.get("type")
            if kind is not None:
                names = {kind} if isinstance(kind, str) else set(kind)
                if "integer" in names:
                    if "number" not in names:
                        integer = True
                        plain = plain or place.dialect.integers_are_plain
                    names = (names - {"integer"}) | {"number"}
                types = types & names
            if not schema.keys().isdisjoint(_NUMERIC):
                own = bounds_of(schema)
                bounds = own if bounds is None else bounds.intersect(own)
            if "pattern" in schema:
                languages[regular.regex(schema["pattern"], "ecma", search=True)] = None
            if "format" in schema and self.assert_formats:
                language = language_of_format(schema["format"])
                if language is not None:
                    languages[language] = None
            min_length = max(min_length, int(schema.get("minLength", 0)))
            if "maxLength" in schema:
                most = int(schema["maxLength"])
                max_length = most if max_length is None else min(most, max_length)
            listed = (
                [schema["const"]]
                if "const" in schema
                else schema["enum"]
                if "enum" in schema
                else None
            )
            if listed is not None and "const" in schema and "enum" in schema:
                listed = [v for v in listed if any(equal(v, m) for m in schema["enum"])]
            if listed is not None:
                values = (
                    list(listed)
                    if values is None
                    else [
                        value for value in values if any(equal(value, member) for member in listed)
                    ]
                )
        if values is not None:
            return Meaning(values=tuple(self._filter(values, places, types)), plain_integers=plain)
        numbers = bounds or NumberBounds()
        if integer:
            numbers = numbers.intersect(NumberBounds(integer=True))
        return Meaning(
            types=frozenset(types),
            numbers=numbers,
            plain_integers=plain,
            strings=StringSpec(tuple(languages), min_length, max_length),
            places=tuple(places),
        )

    def _filter(self, values: list[Any], places: list[Place], types: frozenset[str]) -> list[Any]:
        """The values that satisfy the other keywords beside their list, without repetitions."""
        values = [value for value in values if is_text(value)]
        if all(isinstance(v, str) for v in values) and all(
            _SIMPLE.isdisjoint(place.schema) for place in places
        ):
            return list(dict.fromkeys(values)) if "string" in types else []
        kept: list[Any] = []
        for value in values:
            if all(holds(place, value, self.assert_formats) for place in places) and (
                not isinstance(value, list | dict) or not any(equal(value, k) for k in kept)
            ):
                kept.append(value)
        return kept

    # --- Checks ---------------------------------------------------------------------------------

    def _check_reachable(self, document: Document) -> None:
        """Raise now what would otherwise be raised when a node is reached in a text."""
        _ = self.root.alternatives
        if not document.counts_members and document.patterns <= FEW_PATTERNS:
            return
        met = {self.root}
        waiting = [self.root]
        while waiting and len(met) <= MAX_CHECKED_NODES:
            for child in _children(waiting.pop()):
                if child not in met and child.is_satisfiable():
                    met.add(child)
                    waiting.append(child)

    def _require_disjoint(self, place: Place) -> None:
        """Refuse a `oneOf` two of whose branches can hold together."""
        branches = [place.child("oneOf", i) for i in range(len(place.schema["oneOf"]))]
        pairs = len(branches) * (len(branches) - 1) // 2
        if pairs > MAX_ONE_OF_PAIRS:
            raise LimitExceededError(
                f"'oneOf' at {place.pointer} has too many branches to compare", limit="one_of_pairs"
            )
        core = self._split(place)[0]
        for j, second in enumerate(branches):
            for first in branches[:j]:
                if self.node([core, first, second]).is_satisfiable():
                    raise UnsupportedSchemaError(
                        "'oneOf' cannot be enforced yet where two branches can hold together",
                        pointer=place.pointer,
                        keyword="oneOf",
                    )


def _children(node: Node) -> Iterator[Node]:
    """The nodes that values of a node lead to."""
    meaning = node.meaning
    yield from meaning.branches or ()
    if "array" in meaning.types:
        yield from map(node.array.item, range(node.array.prefix + 1))
    if "object" in meaning.types:
        yield from (member.node for member in node.object.members)
        yield from (child for _, child in node.object.others)


# Keywords beside an enumeration that may exclude some of its strings.
_SIMPLE = frozenset(SHAPES) - {"type", "enum", "const", "$id", "$anchor"}
_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
