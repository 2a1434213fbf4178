"""Enumerated values to network states, written in any way that means the same."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.numbers import NumberBounds, exact
from structgen.frontends.json_schema.scalars import NumberSpec
from structgen.frontends.json_schema.syntax import (
    between,
    colon,
    inside,
    number_piece,
    word_piece,
)
from structgen.network import RETURN, Call, Choice, Definition, Network

__all__ = ["constants"]


class Constant(NamedTuple):
    """One value, written as JSON (a key must be hashable); a piece."""

    text: str
    layout: Layout
    depth: int
    in_order: bool

    def expand(self, network: Network) -> Definition:
        text, layout, depth, in_order = self
        return Choice(constants(network, (json.loads(text),), layout, depth, in_order))


class ConstantParts(NamedTuple):
    """What is left of a constant array or object: (name or None, value as JSON) each."""

    parts: tuple[tuple[str | None, str], ...]
    closing: bytes
    layout: Layout
    depth: int
    in_order: bool

    def expand(self, network: Network) -> Definition:
        if self.parts[0][0] is None:
            return self.read(network, 0)
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

    def read(self, network: Network, index: int) -> Call:
        """The value of part `index`, then the rest."""
        _, closing, layout, depth, in_order = self
        text = self.parts[index][1]
        rest = self.parts[:index] + self.parts[index + 1 :]
        value = network.state(Constant(text, layout, depth + layout.counts_depth, in_order))
        following = self._replace(parts=rest) if rest else None
        after = between(network, layout, depth, following, None if rest else closing)
        return Call(value, network.choice(after.states))


class ConstantMember(NamedTuple):
    """After the name of member `number` of a constant object."""

    parts: ConstantParts
    number: int

    def expand(self, network: Network) -> Definition:
        value, then = self.parts.read(network, self.number)
        return Choice((colon(network, self.parts.layout, value, then),))


def constants(
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
            options.append(word_piece(network, json.dumps(value).encode()))
        elif isinstance(value, int | float):
            number = exact(value)
            only = NumberBounds(minimum=number, maximum=number)
            plain = True if plain_integers else None
            options.append(number_piece(network, NumberSpec(only, plain=plain)))
        elif isinstance(value, list | dict):
            parts = tuple(
                (name, json.dumps(part))
                for name, part in (
                    value.items() if isinstance(value, dict) else ((None, item) for item in value)
                )
            )
            opening, closing = (b"{", b"}") if isinstance(value, dict) else (b"[", b"]")
            first = ConstantParts(parts, closing, layout, depth, in_order) if parts else None
            rest = inside(network, layout, depth, first, closing, may_close=not parts)
            options.append(network.literal(opening, rest))
    return tuple(options)
