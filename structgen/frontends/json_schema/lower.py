"""Schema nodes to network states. A key here is a place in a value; its `expand` is one step on."""

from __future__ import annotations

from typing import NamedTuple

from structgen.frontends.json_schema.algebra import Node
from structgen.frontends.json_schema.constants import constants
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.specs import Member
from structgen.frontends.json_schema.syntax import (
    AnyValue,
    between,
    colon,
    inside,
    number_piece,
    word_piece,
)
from structgen.network import Call, Choice, Definition, Network

__all__ = ["Value", "value_state"]


def value_state(network: Network, node: Node, layout: Layout, depth: int) -> int:
    """The piece that reads a value of `node`."""
    if not node.places:
        return network.state(AnyValue(layout, depth))
    return network.state(Value(node, layout, depth))


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
                constants(
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
            options.append(number_piece(network, meaning.numbers, plain_integers=plain))
        if "object" in types and node.has_objects():
            options.append(network.literal(b"{", network.state(FirstMember(node, layout, depth))))
        if "array" in types and node.has_arrays():
            options.append(network.literal(b"[", network.state(FirstItem(node, layout, depth))))
        if "boolean" in types:
            options += [word_piece(network, b"true"), word_piece(network, b"false")]
        if "null" in types:
            options.append(word_piece(network, b"null"))
        return Choice(tuple(options))


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
        return Choice((inside(network, layout, depth, first, b"]", may_close=least == 0),))


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
        return between(network, layout, depth, following, b"]" if count >= least else None)


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
        return Choice((inside(network, layout, depth, first, b"}", may_close=may_close),))


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
    return Choice((colon(network, layout, value, after),))


class AfterMember(NamedTuple):
    """After a member's value."""

    members: Members

    def expand(self, network: Network) -> Definition:
        _, _, layout, depth = self.members
        following, may_close = self.members.options()
        return between(
            network,
            layout,
            depth,
            self.members if following else None,
            b"}" if may_close else None,
        )
