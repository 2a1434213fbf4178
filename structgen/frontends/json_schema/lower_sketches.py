"""Arrays whose items must differ, after an item whose text is not known.

Masks follow these states for tokens that end an item and go on. As far as they lead without
reaching `UNKNOWN`, what may come does not depend on that item; from there on each token is looked
at with its own text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.completion import few_values
from structgen.frontends.json_schema.formula import FALSE, TRUE
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.nodes import Node
from structgen.frontends.json_schema.satisfiability import settled
from structgen.frontends.json_schema.scalars import Numbers
from structgen.frontends.json_schema.syntax import AnyValue, NotKnown, between, string_piece
from structgen.network import Choice, Definition, Key, Network

if TYPE_CHECKING:
    from structgen.frontends.json_schema.lower_arrays import Item

__all__ = ["sketched_item"]


def sketched_item(item: Item) -> Key:
    """What is known of the place `item` without the text of the item before it."""
    spec, index = item.node.array, item.progress.length
    if not spec.unique:
        return NotKnown()
    is_last = spec.most is not None and index >= spec.most
    following = None
    if not is_last and _has_plenty(item):
        following = spec.item(index)
    return SketchedItem(
        following, is_last or following is not None, item.may_close(), item.layout, item.depth
    )


def _has_plenty(item: Item) -> bool:
    """Whether a next item can come whatever the items so far."""
    spec, index = item.node.array, item.progress.length
    if index < spec.least:
        return False
    try:
        return settled(few_values(spec.item(index), index + 1)) is None
    except LimitExceededError:
        return False  # it may have: then each text is looked at


class SketchedItem(NamedTuple):
    """After an item whose text is not known, in an array whose items must differ.

    Attributes:
        following: What the next item must be, apart from differing.
        is_settled: Whether `following` (None: no item) is known to be all that may come.
        may_close: Whether the array may end.
    """

    following: Node | None
    is_settled: bool
    may_close: bool
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        """That of the next item, where something is known of it."""
        return None if self.following is None else self.following.schemas

    def expand(self, network: Network) -> Definition:
        following = None
        if self.following is not None:
            depth = self.depth + self.layout.counts_depth
            following = SketchedNext(self.following, self.layout, depth)
        closing = b"]" if self.may_close else None
        known = between(network, self.layout, self.depth, following, closing)
        return known if self.is_settled else Choice((network.UNKNOWN, *known.states))


class SketchedNext(NamedTuple):
    """An item that must differ from one whose text is not known.

    Where every beginning of a value of some type can become one of infinitely many, what may begin
    does not depend on that text: the value is followed to its end. Of other types it is followed to
    the first byte.
    """

    base: Node
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.base.schemas

    def expand(self, network: Network) -> Definition:
        pieces: dict[int, None] = {}
        first_bytes: set[int] = set()
        for branch in self.base.branches:
            if branch.values is not None:
                first_bytes.update(json.dumps(value).encode()[0] for value in branch.values)
                continue
            first_bytes.update(word.encode()[0] for word in branch.words)
            free: set[str] = set()
            if branch.numbers is Numbers.ALL:
                free.add("number")
            elif branch.numbers.specs:
                first_bytes.update(b"-0123456789")
            for text in branch.strings.specs:
                if text.has_room:
                    pieces[string_piece(network, text)] = None
                else:
                    first_bytes.add(ord('"'))
            for formula, kind, bracket in (
                (branch.arrays, "array", "["),
                (branch.objects, "object", "{"),
            ):
                if formula is TRUE:
                    free.add(kind)
                elif formula is not FALSE:
                    first_bytes.add(ord(bracket))
            if free:
                value = AnyValue(self.layout, self.depth, frozenset(free))
                pieces[network.state(value)] = None
        return Choice(
            (
                *(network.call(piece, network.UNKNOWN) for piece in pieces),
                *(network.literal(bytes([byte]), network.UNKNOWN) for byte in sorted(first_bytes)),
            )
        )
