"""Schema nodes to network states. A key here is a place in a value; its `expand` is one step on."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from structgen.frontends.json_schema.algebra import Member, Node
from structgen.frontends.json_schema.decimals import DecimalAutomaton
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.numbers import NumberBounds, exact, number_automaton
from structgen.network import RETURN, Call, Choice, Definition, Network

__all__ = ["Value", "value_state"]

_UNBOUNDED = NumberBounds()


def value_state(network: Network, node: Node, layout: Layout, depth: int) -> int:
    """The piece that reads a value of `node`."""
    if not node.places:
        return network.state(AnyValue(layout, depth))
    return network.state(Value(node, layout, depth))


def _number(network: Network, bounds: NumberBounds, *, plain_integers: bool = False) -> int:
    automaton = number_automaton(bounds)
    return network.automaton(PlainIntegers.of(automaton) if plain_integers else automaton)


class PlainIntegers:
    """The texts of an automaton of whole numbers that have no fraction and no exponent.

    Every state stays live: what a mantissa can become with them, it can become without.
    """

    def __init__(self, automaton: DecimalAutomaton) -> None:
        self._automaton = automaton
        self.start = automaton.start
        self.is_accepting = automaton.is_accepting

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(automaton: DecimalAutomaton) -> PlainIntegers:
        """The same object for the same automaton."""
        return PlainIntegers(automaton)

    def edges(self, state: int) -> tuple[tuple[int, int, int], ...]:
        """(first byte, last byte, target), sorted and disjoint."""
        return tuple(
            (max(low, first), min(high, last), target)
            for low, high, target in self._automaton.edges(state)
            for first, last in ((ord("-"), ord("-")), (ord("0"), ord("9")))
            if low <= last and high >= first
        )


def _plain_word(network: Network, word: bytes) -> int:
    return network.literal(word, RETURN)


class AnyValue(NamedTuple):
    """Any JSON value: shared by all schemas."""

    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        layout, depth = self
        return Choice(
            (
                network.json_string(),
                _number(network, _UNBOUNDED),
                network.literal(
                    b"{", _inside(network, layout, depth, AnyMembers(layout, depth), b"}")
                ),
                network.literal(
                    b"[", _inside(network, layout, depth, AnyItems(layout, depth), b"]")
                ),
                _plain_word(network, b"true"),
                _plain_word(network, b"false"),
                _plain_word(network, b"null"),
            )
        )


def _inside(
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


def _between(
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


def _colon(network: Network, layout: Layout, value: int, then: int) -> int:
    rest = layout.after_colon(network, network.call(value, then))
    return layout.around(network, network.literal(b":", rest))


class AnyMembers(NamedTuple):
    """A member of an object that may hold anything."""

    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        layout, depth = self
        value = network.state(AnyValue(layout, depth + layout.counts_depth))
        after = network.state(AfterAnyMember(layout, depth))
        return Call(network.json_string(), _colon(network, layout, value, after))


class AfterAnyMember(NamedTuple):
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        return _between(network, self.layout, self.depth, AnyMembers(*self), b"}")


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
        return _between(network, self.layout, self.depth, AnyItems(*self), b"]")


class Value(NamedTuple):
    """A value of a node; a piece."""

    node: Node
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        meaning = node.meaning
        if meaning.branches is not None:
            return Choice(
                tuple(value_state(network, each, layout, depth) for each in node.alternatives)
            )
        if meaning.values is not None:
            return Choice(
                _constants(
                    network,
                    meaning.values,
                    layout,
                    depth,
                    node.schemas.in_order,
                    plain_integers=meaning.plain_integers,
                )
            )
        types = meaning.types
        options = []
        if "string" in types and not meaning.strings.is_empty():
            language, most = meaning.strings.texts
            least = meaning.strings.min_length if language is None else 0
            options.append(network.json_string(language, least, most))
        if "number" in types and not meaning.numbers.is_empty():
            plain = meaning.plain_integers
            options.append(_number(network, meaning.numbers, plain_integers=plain))
        if "object" in types and node.has_objects():
            options.append(network.literal(b"{", network.state(FirstMember(node, layout, depth))))
        if "array" in types and node.has_arrays():
            options.append(network.literal(b"[", network.state(FirstItem(node, layout, depth))))
        if "boolean" in types:
            options += [_plain_word(network, b"true"), _plain_word(network, b"false")]
        if "null" in types:
            options.append(_plain_word(network, b"null"))
        return Choice(tuple(options))


# --- Constants ----------------------------------------------------------------------------------


class Constant(NamedTuple):
    """One value, written as JSON (a key must be hashable); a piece."""

    text: str
    layout: Layout
    depth: int
    in_order: bool

    def expand(self, network: Network) -> Definition:
        text, layout, depth, in_order = self
        return Choice(_constants(network, (json.loads(text),), layout, depth, in_order))


class ConstantParts(NamedTuple):
    """What is left of a constant array or object: (name or None, value as JSON) each."""

    parts: tuple[tuple[str | None, str], ...]
    closing: bytes
    layout: Layout
    depth: int
    in_order: bool

    def expand(self, network: Network) -> Definition:
        if self.parts[0][0] is None:
            return self._read(network, 0)
        choices = 1 if self.in_order else len(self.parts)
        return Choice(
            (
                network.json_names(
                    [
                        (name, network.state(ConstantMember(self, index)))
                        for index, (name, _) in enumerate(self.parts[:choices])
                        if name is not None
                    ]
                ),
            )
        )

    def _read(self, network: Network, index: int) -> Call:
        """The value of part `index`, then the rest."""
        _, closing, layout, depth, in_order = self
        text = self.parts[index][1]
        rest = self.parts[:index] + self.parts[index + 1 :]
        value = network.state(Constant(text, layout, depth + layout.counts_depth, in_order))
        following = self._replace(parts=rest) if rest else None
        after = _between(network, layout, depth, following, None if rest else closing)
        return Call(value, network.choice(after.states))


class ConstantMember(NamedTuple):
    """After the name of member `index` of a constant object."""

    parts: ConstantParts
    index: int

    def expand(self, network: Network) -> Definition:
        value, then = self.parts._read(network, self.index)
        return Choice((_colon(network, self.parts.layout, value, then),))


def _constants(
    network: Network,
    values: tuple[Any, ...],
    layout: Layout,
    depth: int,
    in_order: bool,
    *,
    plain_integers: bool = False,
) -> tuple[int, ...]:
    """The pieces that read one of `values`; the strings are one trie."""
    options = []
    strings = {value: None for value in values if isinstance(value, str)}
    if strings:
        options.append(network.json_names([(value, RETURN) for value in strings]))
    for value in values:
        if value is None or isinstance(value, bool):
            options.append(_plain_word(network, json.dumps(value).encode()))
        elif isinstance(value, int | float):
            number = exact(value)
            only = NumberBounds(minimum=number, maximum=number)
            options.append(_number(network, only, plain_integers=plain_integers))
        elif isinstance(value, list | dict):
            parts = tuple(
                (name, json.dumps(part))
                for name, part in (
                    value.items() if isinstance(value, dict) else ((None, item) for item in value)
                )
            )
            opening, closing = (b"{", b"}") if isinstance(value, dict) else (b"[", b"]")
            first = ConstantParts(parts, closing, layout, depth, in_order) if parts else None
            inside = _inside(network, layout, depth, first, closing, may_close=not parts)
            options.append(network.literal(opening, inside))
    return tuple(options)


# --- Arrays -------------------------------------------------------------------------------------


class FirstItem(NamedTuple):
    """After `[`."""

    node: Node
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        least, most = node.array.count
        first = Item(node, 0, layout, depth) if most != 0 else None
        inside = _inside(network, layout, depth, first, b"]", may_close=least == 0)
        return Choice((inside,))


class Item(NamedTuple):
    """Item number `index`, counted as far as it matters."""

    node: Node
    index: int
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        node, index, layout, depth = self
        array = node.array
        value = value_state(network, array.item(index), layout, depth + layout.counts_depth)
        return Call(value, network.state(AfterItem(node, index + 1, layout, depth)))


class AfterItem(NamedTuple):
    """After `count` items."""

    node: Node
    count: int
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        node, count, layout, depth = self
        least, most = node.array.count
        matters = count if most is not None else min(count, max(least, node.array.prefix))
        following = Item(node, matters, layout, depth) if most is None or count < most else None
        return _between(network, layout, depth, following, b"]" if count >= least else None)


# --- Objects ------------------------------------------------------------------------------------


class _Progress(NamedTuple):
    """How far an object is: which declared members may still come, and how many have come.

    `left` is the index of the next declared member (order of the schema) or the bits of those that
    have not come (any order); `count` is kept only where the number of members is limited.
    """

    left: int
    count: int


def _missing(members: list[Member], left: int, in_order: bool) -> list[int]:
    if in_order:
        return list(range(left, len(members)))
    return [i for i in range(len(members)) if left >> i & 1]


class FirstMember(NamedTuple):
    """After `{`."""

    node: Node
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        in_order = node.schemas.in_order
        left = 0 if in_order else (1 << len(node.object.members)) - 1
        members = Members(node, _Progress(left, 0), layout, depth)
        following, may_close = members.options()
        first = members if following else None
        return Choice((_inside(network, layout, depth, first, b"}", may_close=may_close),))


class Members(NamedTuple):
    """A member that may come next."""

    node: Node
    progress: _Progress
    layout: Layout
    depth: int

    def options(self) -> tuple[bool, bool]:
        """(whether a member may come, whether the object may end)."""
        return bool(self._declared()) or self._others_fit(), self._may_close()

    def _fits(self, missing: list[int], count: int) -> bool:
        """Whether the object can still be completed after `count` members."""
        spec = self.node.object
        required = sum(spec.members[i].required for i in missing)
        if spec.most is not None and count + required > spec.most:
            return False
        return bool(spec.others) or count + len(missing) >= spec.least

    def _declared(self) -> list[int]:
        spec = self.node.object
        in_order = self.node.schemas.in_order
        missing = _missing(spec.members, self.progress.left, in_order)
        limited = spec.least > 0 or spec.most is not None
        found = []
        for position, index in enumerate(missing):
            rest = missing[position + 1 :] if in_order else [i for i in missing if i != index]
            if not limited or self._fits(rest, self.progress.count + 1):
                found.append(index)
            if in_order and spec.members[index].required:
                break
        return found

    def _others_fit(self) -> bool:
        spec = self.node.object
        in_order = self.node.schemas.in_order
        if not spec.others:
            return False
        missing = _missing(spec.members, self.progress.left, in_order)
        if in_order and any(spec.members[i].required for i in missing):
            return False
        rest = [] if in_order else missing
        return spec.most is None or self._fits(rest, self.progress.count + 1)

    def _may_close(self) -> bool:
        spec = self.node.object
        missing = _missing(spec.members, self.progress.left, self.node.schemas.in_order)
        return self.progress.count >= spec.least and not any(
            spec.members[i].required for i in missing
        )

    def after(self, index: int | None) -> Members:
        """The next place, after declared member `index` or (None) another one."""
        spec = self.node.object
        left = self.progress.left
        if index is not None:
            left = index + 1 if self.node.schemas.in_order else left & ~(1 << index)
        elif self.node.schemas.in_order:
            left = len(spec.members)
        count = 0
        if spec.most is not None:
            count = self.progress.count + 1
        elif spec.least:
            count = min(self.progress.count + 1, spec.least)
        return self._replace(progress=_Progress(left, count))

    def expand(self, network: Network) -> Definition:
        spec = self.node.object
        options = []
        declared = self._declared()
        if declared:
            options.append(
                network.json_names(
                    [
                        (spec.members[index].name, network.state(MemberValue(self, index)))
                        for index in declared
                    ]
                )
            )
        if self._others_fit():
            for number, (names, _) in enumerate(spec.others):
                piece = (
                    network.json_string_except(spec.declared_names)
                    if names is None
                    else network.json_string(names)
                )
                options.append(network.call(piece, network.state(OtherValue(self, number))))
        return Choice(tuple(options))


class MemberValue(NamedTuple):
    """After the name of declared member `index`."""

    members: Members
    index: int

    def expand(self, network: Network) -> Definition:
        node, _, layout, depth = self.members
        child = node.object.members[self.index].node
        return _member_value(network, child, layout, depth, self.members.after(self.index))


class OtherValue(NamedTuple):
    """After another name, of class `number`."""

    members: Members
    number: int

    def expand(self, network: Network) -> Definition:
        node, _, layout, depth = self.members
        child = node.object.others[self.number][1]
        return _member_value(network, child, layout, depth, self.members.after(None))


def _member_value(
    network: Network, child: Node, layout: Layout, depth: int, following: Members
) -> Definition:
    value = value_state(network, child, layout, depth + layout.counts_depth)
    after = network.state(AfterMember(following))
    return Choice((_colon(network, layout, value, after),))


class AfterMember(NamedTuple):
    """After a member's value."""

    members: Members

    def expand(self, network: Network) -> Definition:
        _, _, layout, depth = self.members
        following, may_close = self.members.options()
        return _between(
            network,
            layout,
            depth,
            self.members if following else None,
            b"}" if may_close else None,
        )
