"""Arrays to network states: items in order, and what is still open after them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from structgen.errors import LimitExceededError
from structgen.frontends.json_schema import lower
from structgen.frontends.json_schema.completion import (
    array_completes,
    can_differ,
    few_values,
    scarce_values,
)
from structgen.frontends.json_schema.formula import TRUE, Formula
from structgen.frontends.json_schema.items import LATER, settle
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.lower_sketches import sketched_item
from structgen.frontends.json_schema.nodes import Node
from structgen.frontends.json_schema.parts import split
from structgen.frontends.json_schema.satisfiability import settled
from structgen.frontends.json_schema.syntax import between, inside
from structgen.frontends.json_schema.values import value_key
from structgen.network import Capture, Choice, Definition, Key, Network

__all__ = ["array_state"]


def array_state(network: Network, node: Node, layout: Layout, depth: int) -> int:
    """An array of a branch, from its bracket on."""
    return network.literal(b"[", network.state(FirstItem(node, layout, depth)))


class Progress(NamedTuple):
    """How far an array is.

    Attributes:
        length: How many items have come, as far as it matters.
        open: What the items must still satisfy together.
        seen: The keys of the items, where all must differ.
    """

    length: int
    open: Formula
    seen: frozenset[Any] = frozenset()


class FirstItem(NamedTuple):
    """After `[`."""

    node: Node
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.node.schemas

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        item = Item(node, Progress(0, node.array.open), layout, depth)
        first = item if item.cases() else None
        return Choice((inside(network, layout, depth, first, b"]", may_close=item.may_close()),))


class Item(NamedTuple):
    """An item that may come next."""

    node: Node
    progress: Progress
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.node.schemas

    def may_close(self) -> bool:
        """Whether the array may end here instead."""
        return self.progress.length >= self.node.array.least and self.progress.open.at_end

    def after(self, rest: Formula) -> Item:
        """The next place, where `rest` is open."""
        spec = self.node.array
        index = self.progress.length + 1
        if spec.most is None and not spec.unique:
            index = min(index, max(spec.least, spec.prefix))
        return self._replace(progress=self.progress._replace(length=index, open=rest))

    def cases(self) -> list[tuple[Node, Formula]]:
        """What the item may be, and what is then left open; empty: no item may come."""
        spec, (index, formula, _) = self.node.array, self.progress
        if spec.most is not None and index >= spec.most:
            return []
        base = spec.item(index)
        if spec.unique:
            base = self._differing(base)
        if not base.is_satisfiable():
            return []
        if formula is TRUE:
            least, most = spec.count
            return [(base, TRUE)] if most is None or index < most or spec.unique else []
        position = min(index, spec.prefix)
        found = []
        for node, rest in settled(split(spec.schemas, base, formula, position, LATER)):
            if not node.is_satisfiable():
                continue
            following = self.after(rest).progress
            probes = [rest]
            if spec.compares:
                few = settled(few_values(node, spec.least + spec.prefix + _PLENTY))
                if few is not None:
                    for value in few:
                        left = settle(rest, value)
                        if self._completes(following.length, left):
                            found.append((spec.schemas.constant_of(value), rest))
                    continue
                probes = [settle(rest, node)]
            if self._completes(following.length, probes[0]):
                found.append((node, rest))
        return found

    def _completes(self, index: int, formula: Formula) -> bool:
        return bool(settled(array_completes(self.node.array, index, formula, frozenset())))

    def _differing(self, base: Node) -> Node:
        """An item unlike those before it, that leaves enough values for those that must come."""
        spec, (index, _, seen) = self.node.array, self.progress
        unlike = set(seen)
        choices = settled(scarce_values(spec, index + 1, seen)) if index + 1 < spec.least else []
        for value in {value for values in choices for value in values}:
            if not can_differ([[v for v in values if v != value] for values in choices]):
                unlike.add(value)
        schemas = spec.schemas
        return schemas.both(
            [base, *(schemas.constant_of(v).negation for v in sorted(unlike, key=repr))]
        )

    def expand(self, network: Network) -> Definition:
        node, _, layout, depth = self
        options = []
        for child, rest in self.cases():
            value = lower.value_state(network, child, layout, depth + layout.counts_depth)
            following = self.after(rest)
            if node.array.compares:
                options.append(network.state(Compared(child, following)))
            else:
                options.append(network.call(value, network.state(AfterItem(following))))
        return Choice(tuple(options))


_PLENTY = 16


class AfterItem(NamedTuple):
    """After an item."""

    item: Item

    @property
    def owner(self) -> object:
        return self.item.node.schemas

    def expand(self, network: Network) -> Definition:
        following = self.item if self.item.cases() else None
        return between(
            network,
            self.item.layout,
            self.item.depth,
            following,
            b"]" if self.item.may_close() else None,
        )


class Compared(NamedTuple):
    """An item that later ones are compared with; `item` is the place after it."""

    child: Node
    item: Item

    @property
    def owner(self) -> object:
        return self.child.schemas

    def expand(self, network: Network) -> Definition:
        _, _, layout, depth = self.item
        value = lower.value_state(network, self.child, layout, depth + layout.counts_depth)
        return Capture(value, AfterText(self.item))


class AfterText(NamedTuple):
    """After an item that later ones are compared with (a `TextKey`)."""

    item: Item

    def after(self, text: bytes) -> Key:
        """The place after an item with this text."""
        try:
            key = value_key(json.loads(text, parse_float=Decimal))
        except ValueError:
            raise LimitExceededError(
                "A number has too many digits to be compared", limit="digits"
            ) from None
        item, progress = self.item, self.item.progress
        if item.node.array.unique:
            progress = progress._replace(seen=progress.seen | {key})
        else:
            progress = progress._replace(open=settle(progress.open, key))
        return AfterItem(item._replace(progress=progress))

    def sketch(self) -> Key:
        """The closing bracket, and the comma where plenty of values are left."""
        return sketched_item(self.item)
