"""What one type allows: strings, arrays, objects; each made from a conjunction of places."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from structgen import regular
from structgen.errors import LimitExceededError, UnsupportedSchemaError
from structgen.frontends.json_schema.load import Place
from structgen.frontends.json_schema.values import is_text
from structgen.regular import Language

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Node, Schemas

__all__ = ["ArraySpec", "Member", "ObjectSpec", "StringSpec"]

MAX_NAME_CLASSES = 64


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
        found: list[tuple[Language | None, Node]] = []
        for names, matched in classes:
            places = self._member_places(None, matched)
            if not _is_forbidden(places):
                names &= ~declared
                if not names.is_empty():
                    found.append((names, self._schemas.node(places)))
        return found


def _is_forbidden(places: list[Place]) -> bool:
    return any(place.schema is False for place in places)
