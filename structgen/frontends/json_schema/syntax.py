"""The parts of JSON text that every schema shares: words, numbers, brackets, any value."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.number_texts import number_texts
from structgen.frontends.json_schema.numbers import NumberBounds
from structgen.frontends.json_schema.scalars import NumberSpec, StringSpec
from structgen.network import (
    NO_NAMES,
    RETURN,
    Call,
    Capture,
    Choice,
    Definition,
    Key,
    Names,
    Network,
)

__all__ = [
    "AnyValue",
    "NotKnown",
    "between",
    "colon",
    "inside",
    "number_piece",
    "string_piece",
    "word_piece",
]


def string_piece(network: Network, spec: StringSpec) -> int:
    """The piece that reads one of some strings."""
    if spec.is_all_but:
        return network.json_string_except(tuple(spec.excluded))
    language, most = spec.texts
    return network.json_string(language, spec.min_length if language is None else 0, most)


def number_piece(network: Network, spec: NumberSpec) -> int:
    """The piece that reads one of some numbers."""
    texts = number_texts(*spec)
    assert texts is not None
    return network.automaton(texts)  # type: ignore[arg-type]


def word_piece(network: Network, word: bytes) -> int:
    """The piece that reads `true`, `false` or `null`."""
    return network.literal(word, RETURN)


def inside(
    network: Network,
    layout: Layout,
    depth: int,
    first: Any,
    closing: bytes,
    *,
    may_close: bool = True,
) -> int:
    """After an opening bracket: the first element, or the closing bracket."""
    options = []
    if first is not None:
        options.append(layout.gap(network, network.state(first), depth + 1))
    if may_close:
        close = network.literal(closing, RETURN)
        options.append(close if layout.counts_depth else layout.gap(network, close, depth))
    return network.choice(options)


def between(
    network: Network, layout: Layout, depth: int, following: Any, closing: bytes | None
) -> Choice:
    """After an element: a comma and the next one, or the closing bracket."""
    options = []
    if following is not None:
        rest = layout.gap(network, network.state(following), depth + 1)
        options.append(layout.around(network, network.literal(b",", rest)))
    if closing is not None:
        options.append(layout.gap(network, network.literal(closing, RETURN), depth))
    return Choice(tuple(options))


def colon(network: Network, layout: Layout, value: int, then: int) -> int:
    """After a member's name: the colon, the value, then the state `then`."""
    rest = layout.after_colon(network, network.call(value, then))
    return layout.around(network, network.literal(b":", rest))


ALL_TYPES = frozenset(("string", "number", "object", "array", "boolean", "null"))


class AnyValue(NamedTuple):
    """Any JSON value of some types: shared by all schemas."""

    layout: Layout
    depth: int
    types: frozenset[str] = ALL_TYPES

    def expand(self, network: Network) -> Definition:
        """The types side by side."""
        layout, depth, types = self
        options = []
        if "string" in types:
            options.append(network.json_string())
        if "number" in types:
            options.append(number_piece(network, NumberSpec()))
        elif "integer" in types:
            options.append(number_piece(network, NumberSpec(NumberBounds(integer=True))))
        if "object" in types:
            members = inside(network, layout, depth, AnyMembers(layout, depth), b"}")
            options.append(network.literal(b"{", members))
        if "array" in types:
            items = inside(network, layout, depth, AnyItems(layout, depth), b"]")
            options.append(network.literal(b"[", items))
        if "boolean" in types:
            options += [word_piece(network, b"true"), word_piece(network, b"false")]
        if "null" in types:
            options.append(word_piece(network, b"null"))
        return Choice(tuple(options))


class AnyMembers(NamedTuple):
    """A member of an object that may hold anything, with a name not met so far.

    `met` is None where a name is not known: in the sketch of what follows a name.
    """

    layout: Layout
    depth: int
    met: Names | None = NO_NAMES

    def expand(self, network: Network) -> Definition:
        if self.met is None:
            return Call(network.json_string(), network.UNKNOWN)
        return Capture(network.json_string_except((), self.met), AfterAnyName(self))


class AfterAnyName(NamedTuple):
    """After the name of such a member (a `TextKey`)."""

    members: AnyMembers

    def after(self, text: bytes) -> Key:
        """The colon, the value, and members with other names."""
        met = self.members.met or NO_NAMES
        return AnyMemberValue(self.members._replace(met=met.add(json.loads(text))))

    def sketch(self) -> Key:
        """The colon and the value."""
        return AnyMemberValue(self.members._replace(met=None))


class AnyMemberValue(NamedTuple):
    """After the name: `members` is the place after the member."""

    members: AnyMembers

    def expand(self, network: Network) -> Definition:
        layout, depth, _ = self.members
        value = network.state(AnyValue(layout, depth + layout.counts_depth))
        after = network.state(AfterAnyMember(self.members))
        return Choice((colon(network, layout, value, after),))


class AfterAnyMember(NamedTuple):
    members: AnyMembers

    def expand(self, network: Network) -> Definition:
        layout, depth, _ = self.members
        return between(network, layout, depth, self.members, b"}")


class NotKnown(NamedTuple):
    """Where the sketch of what follows a text would need the text."""

    def expand(self, network: Network) -> Definition:
        """Where the sketch ends."""
        return Choice((network.UNKNOWN,))


class AnyItems(NamedTuple):
    """An item of an array that may hold anything."""

    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        layout, depth = self
        value = network.state(AnyValue(layout, depth + layout.counts_depth))
        return Call(value, network.state(AfterAnyItem(layout, depth)))


class AfterAnyItem(NamedTuple):
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        return between(network, self.layout, self.depth, AnyItems(*self), b"]")
