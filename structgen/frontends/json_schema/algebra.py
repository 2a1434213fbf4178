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
from structgen.frontends.json_schema.values import bounds_of, equal, holds, is_text
from structgen.regular import Language

__all__ = ["ArraySpec", "Meaning", "Node", "ObjectSpec", "Schemas", "StringSpec"]

MAX_ALTERNATIVES = 4_096
MAX_CHECKED_NODES = 10_000
MAX_NAME_CLASSES = 64
FEW_PATTERNS = 6  # so few cannot cut names into more than MAX_NAME_CLASSES classes
MAX_ONE_OF_PAIRS = 20_000
_ALL_TYPES = frozenset({"null", "boolean", "number", "string", "array", "object"})


class StringSpec(NamedTuple):
    """Strings in all of `languages` (none: every string) of so many characters."""

    languages: tuple[Language, ...]
    min_length: int
    max_length: int | None

    @property
    def texts(self) -> tuple[Language | None, int | None]:
        """(language, most characters): with None as language, `min_length` applies too.

        A limit stays a count beside the language where the engine can keep it as one; multiplied
        into the language it would make as many states as it has characters.
        """
        most = self.max_length
        if not self.languages:
            return None, most
        parts = []
        for language in self.languages:
            language, longest = regular.without_last_counter(language)
            parts.append(language)
            if longest is not None:
                most = longest if most is None else min(most, longest)
        language = regular.intersection(parts)
        if not language.is_empty() and self.min_length > language.shortest_length:
            language &= regular.length(self.min_length)
        if most is None or language.is_empty():
            return language, None
        if language.length_bound is None:
            return language & regular.length(0, most), None
        return (language, most) if language.shortest_length <= most else (regular.EMPTY, None)

    def is_empty(self) -> bool:
        """Whether no string is allowed."""
        language, most = self.texts
        if language is None:
            return most is not None and most < self.min_length
        return language.is_empty()


class ArraySpec:
    """Arrays: what each item must be, and how many there are.

    Attributes:
        least: Smallest number of items.
        most: Largest number, or None.
        prefix: How many items have a description of their own; all later ones are alike.
    """

    def __init__(self, schemas: Schemas, places: list[Place]) -> None:
        self._schemas = schemas
        self._rules: list[tuple[list[Place], Place | None]] = []
        self.least = 0
        self.most: int | None = None
        for place in places:
            schema, children = place.schema, place.children
            self.least = max(self.least, int(schema.get("minItems", 0)))
            if "maxItems" in schema:
                most = int(schema["maxItems"])
                self.most = most if self.most is None else min(most, self.most)
            as_list = isinstance(schema.get("items"), list)
            keyword = "items" if as_list else "prefixItems"
            first = [children[keyword, index] for index in range(len(schema.get(keyword, ())))]
            rest = children.get(("additionalItems" if as_list else "items", None))
            if first or rest is not None:
                self._rules.append((first, rest))
        self.prefix = max((len(first) for first, _ in self._rules), default=0)
        self._items: dict[int, Node] = {}

    def item(self, index: int) -> Node:
        """What item number `index` must be."""
        index = min(index, self.prefix)
        node = self._items.get(index)
        if node is None:
            places = [
                first[index] if index < len(first) else rest
                for first, rest in self._rules
                if index < len(first) or rest is not None
            ]
            node = self._items[index] = self._schemas.node(p for p in places if p is not None)
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


class Member(NamedTuple):
    """A declared member: its name, what its value must be, whether it must be there."""

    name: str
    node: Node
    required: bool


class ObjectSpec:
    """Objects: declared members in order, other members by classes of names.

    Attributes:
        least: Smallest number of members.
        most: Largest number, or None.
    """

    def __init__(self, schemas: Schemas, places: list[Place]) -> None:
        self._schemas = schemas
        self._places = [
            p
            for p in places
            if not p.schema.keys().isdisjoint(
                ("properties", "patternProperties", "additionalProperties")
            )
        ]
        self.least = 0
        self.most: int | None = None
        names: dict[str, None] = {}
        required: dict[str, None] = {}
        for place in places:
            schema = place.schema
            names.update(dict.fromkeys(schema.get("properties", ())))
            required.update(dict.fromkeys(schema.get("required", ())))
            if schemas.strict and "properties" in schema:
                required.update(dict.fromkeys(schema["properties"]))
            self.least = max(self.least, int(schema.get("minProperties", 0)))
            if "maxProperties" in schema:
                most = int(schema["maxProperties"])
                self.most = most if self.most is None else min(most, self.most)
        names.update(required)
        if not all(map(is_text, names)):
            if not all(map(is_text, required)):
                self.least, self.most = 1, 0  # no text has such a member
            names = {name: None for name in names if is_text(name)}
        self._names = names
        self._required = required
        self._patterns = tuple(
            dict.fromkeys(
                p for place in self._places for p in place.schema.get("patternProperties", ())
            )
        )
        if (
            self.least > max(1, len(required))
            and (self.most is None or self.most > 0)
            and self._may_have_others()
        ):
            place = next(p for p in places if "minProperties" in p.schema)
            raise UnsupportedSchemaError(
                "'minProperties' cannot be enforced yet where members may have any name",
                pointer=place.pointer,
                keyword="minProperties",
            )

    def _may_have_others(self) -> bool:
        return not any(
            p.schema.get(
                "additionalProperties", not (self._schemas.strict and "properties" in p.schema)
            )
            is False
            and "patternProperties" not in p.schema
            for p in self._places
        )

    @property
    def declared_names(self) -> list[str]:
        """All names that are not 'other', whether or not they can occur."""
        return list(self._names)

    def _member_places(self, name: str | None, matched: frozenset[str]) -> list[Place]:
        """The schemas for a member, by its name and the patterns that the name matches."""
        found: list[Place] = []
        for place in self._places:
            schema = place.schema
            mine = [
                place.child("patternProperties", pattern)
                for pattern in schema.get("patternProperties", ())
                if pattern in matched
            ]
            if name is not None and name in schema.get("properties", ()):
                mine.append(place.child("properties", name))
            if not mine:
                if "additionalProperties" in schema:
                    mine.append(place.child("additionalProperties"))
                elif self._schemas.strict and "properties" in schema:
                    mine.append(place.inside(False))
            found.extend(mine)
        return found

    def member(self, name: str) -> Node:
        """What the value of the member `name` must be."""
        matched = frozenset(
            pattern
            for pattern in self._patterns
            if regular.regex(pattern, "ecma", search=True).matches(name)
        )
        return self._schemas.node(self._member_places(name, matched))

    @cached_property
    def members(self) -> list[Member]:
        """The declared members that can occur, in the order of the schema."""
        return [
            Member(name, node, name in self._required)
            for name in self._names
            if (node := self.member(name)).is_satisfiable()
        ]

    @property
    def required_nodes(self) -> list[Node]:
        """What the values of required members must be."""
        return [self.member(name) for name in self._required]

    @property
    def optional_nodes(self) -> list[Node]:
        """What the values of declared members must be that may be missing."""
        return [self.member(name) for name in self._names if name not in self._required]

    @cached_property
    def others(self) -> list[tuple[Language | None, Node]]:
        """The classes of other names whose members can occur (see `other_classes`)."""
        return [(names, node) for names, node in self.other_classes if node.is_satisfiable()]

    @cached_property
    def other_classes(self) -> list[tuple[Language | None, Node]]:
        """Members with other names: (names, or None for any other name, what their value must be).

        The classes are disjoint; names whose members are forbidden outright are left out.
        """
        if not self._patterns:
            places = self._member_places(None, frozenset())
            return [] if _is_forbidden(places) else [(None, self._schemas.node(places))]
        classes: list[tuple[Language, frozenset[str]]] = [(regular.ANY, frozenset())]
        for pattern in self._patterns:
            language = regular.regex(pattern, "ecma", search=True)
            classes = [
                part
                for names, matched in classes
                for part in (
                    (names & language, matched | {pattern}),
                    (names & ~language, matched),
                )
                if not part[0].is_empty()
            ]
            if len(classes) > MAX_NAME_CLASSES:
                raise LimitExceededError(
                    f"'patternProperties' cut names into more than {MAX_NAME_CLASSES} classes",
                    limit="name_classes",
                )
        declared = regular.union(regular.text(name) for name in self._names)
        found = []
        for names, matched in classes:
            places = self._member_places(None, matched)
            if not _is_forbidden(places):
                names &= ~declared
                if not names.is_empty():
                    found.append((names, self._schemas.node(places)))
        return found


def _is_forbidden(places: list[Place]) -> bool:
    return any(place.schema is False for place in places)


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
                answer = conditions.send(answer).is_satisfiable()  # type: ignore[arg-type]
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
