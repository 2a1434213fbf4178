"""The parts of JSON text that every schema shares: words, numbers, brackets, any value."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from structgen.frontends.json_schema.decimals import DecimalAutomaton
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.numbers import NumberBounds, number_automaton
from structgen.network import RETURN, Call, Choice, Definition, Network

__all__ = ["AnyValue", "between", "colon", "inside", "number_piece", "word_piece"]


def number_piece(network: Network, bounds: NumberBounds, *, plain_integers: bool = False) -> int:
    """The piece that reads a number within bounds; `plain_integers`: without fraction, exponent."""
    automaton = number_automaton(bounds)
    if plain_integers:
        return network.automaton(PlainIntegers.of(automaton))  # type: ignore[arg-type]
    return network.automaton(automaton)  # type: ignore[arg-type]


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


class AnyValue(NamedTuple):
    """Any JSON value: shared by all schemas."""

    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        """The kinds of values, side by side."""
        layout, depth = self
        return Choice(
            (
                network.json_string(),
                number_piece(network, NumberBounds()),
                network.literal(
                    b"{", inside(network, layout, depth, AnyMembers(layout, depth), b"}")
                ),
                network.literal(
                    b"[", inside(network, layout, depth, AnyItems(layout, depth), b"]")
                ),
                word_piece(network, b"true"),
                word_piece(network, b"false"),
                word_piece(network, b"null"),
            )
        )


class AnyMembers(NamedTuple):
    """A member of an object that may hold anything."""

    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        layout, depth = self
        value = network.state(AnyValue(layout, depth + layout.counts_depth))
        after = network.state(AfterAnyMember(layout, depth))
        return Call(network.json_string(), colon(network, layout, value, after))


class AfterAnyMember(NamedTuple):
    layout: Layout
    depth: int

    def expand(self, network: Network) -> Definition:
        return between(network, self.layout, self.depth, AnyMembers(*self), b"}")


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
