"""The texts of numbers that are multiples of none of some numbers, or written in one way."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import NamedTuple

from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.decimals import DecimalAutomaton
from structgen.frontends.json_schema.numbers import NumberBounds, number_automaton
from structgen.frontends.json_schema.scalars import NumberSpec

__all__ = ["NumberTexts", "number_texts"]

MAX_STEPS = 20_000
_FRACTION = frozenset(b".eE")


class _State(NamedTuple):
    """Where the texts of the bounds and of the multiples are (None: no such text goes on so).

    Attributes:
        bounds: State of the bounds' automaton.
        multiples: States of the automata of the multiples.
        marked: Whether a point or an exponent has come.
        exponent: 0: none; 1: just begun; 2: in it, and it is negative.
    """

    bounds: int
    multiples: tuple[int | None, ...]
    marked: bool = False
    exponent: int = 0


class NumberTexts:
    """An automaton over the bytes of numbers: a `NumberSpec` that bounds alone cannot say.

    With numbers that may not be multiples, an exponent may follow only a number that is none, and
    only a negative one: that keeps it from being one (see docs/numbers.md).

    Args:
        spec: The numbers; its bounds hold some number.
    """

    start = 0

    def __init__(self, spec: NumberSpec) -> None:
        self._bounds = number_automaton(spec.bounds)
        self._plain = spec.plain
        self._multiples: list[DecimalAutomaton] = [
            number_automaton(NumberBounds(multiple_of=step)) for step in sorted(spec.not_multiples)
        ]
        first = _State(self._bounds.start, tuple(a.start for a in self._multiples))
        self._states = [first]
        self._numbers = {first: 0}
        self._edges: dict[int, tuple[tuple[int, int, int], ...]] = {}
        self._live: dict[_State, bool] = {}
        self._lock = threading.RLock()

    def is_accepting(self, state: int) -> bool:
        """Whether the text that leads to `state` is complete."""
        return self._accepts(self._states[state])

    def edges(self, state: int) -> tuple[tuple[int, int, int], ...]:
        """(first byte, last byte, target) of a state, sorted and disjoint; targets are live.

        Raises:
            LimitExceededError: Whether a number can still come takes too long to decide.
        """
        known = self._edges.get(state)
        if known is None:
            with self._lock:
                found: list[tuple[int, int, int]] = []
                for byte, target in self._steps(self._states[state]):
                    if not self.is_live(target):
                        continue
                    number = self._numbers.get(target)
                    if number is None:
                        number = self._numbers[target] = len(self._states)
                        self._states.append(target)
                    if found and found[-1][1] == byte - 1 and found[-1][2] == number:
                        found[-1] = (found[-1][0], byte, number)
                    else:
                        found.append((byte, byte, number))
                known = self._edges[state] = tuple(found)
        return known

    def is_live(self, state: _State | None = None) -> bool:
        """Whether some number can still come (by default: at all)."""
        if not self._multiples:
            return True  # what is complete is so without a fraction, and can be given one
        first = self._states[0] if state is None else state
        known = self._live.get(first)
        if known is not None:
            return known
        seen = {first}
        queue = [first]
        for reached in queue:
            if self._accepts(reached) or self._live.get(reached):
                self._live[first] = True
                return True
            for _, target in self._steps(reached):
                if target not in seen and self._live.get(target) is not False:
                    seen.add(target)
                    queue.append(target)
            if len(seen) > MAX_STEPS:
                raise LimitExceededError(
                    "Whether a number is in the bounds and no multiple could not be decided in "
                    "time",
                    limit="number_states",
                )
        self._live.update(dict.fromkeys(seen, False))
        return False

    def _accepts(self, state: _State) -> bool:
        return (
            self._bounds.is_accepting(state.bounds)
            and (state.exponent > 0 or not self._is_multiple(state))
            and self._plain in (None, not state.marked)
        )

    def _is_multiple(self, state: _State) -> bool:
        return any(
            at is not None and automaton.is_accepting(at)
            for automaton, at in zip(self._multiples, state.multiples, strict=True)
        )

    def _steps(self, state: _State) -> list[tuple[int, _State]]:
        found = []
        for low, high, bounds in self._bounds.edges(state.bounds):
            for byte in range(low, high + 1):
                if byte in _FRACTION and self._plain:
                    continue
                exponent = state.exponent
                multiples = state.multiples
                if self._multiples and byte in b"eE":
                    if self._is_multiple(state):
                        continue
                    exponent = 1
                elif exponent == 1:
                    if byte != ord("-"):
                        continue
                    exponent = 2
                if exponent == 0:
                    multiples = tuple(
                        None if at is None else _target(automaton, at, byte)
                        for automaton, at in zip(self._multiples, multiples, strict=True)
                    )
                marked = state.marked or (self._plain is False and byte in _FRACTION)
                found.append((byte, _State(bounds, multiples, marked, exponent)))
        return found


def _target(automaton: DecimalAutomaton, state: int, byte: int) -> int | None:
    edges = automaton.edges(state)
    return next((target for low, high, target in edges if low <= byte <= high), None)


@lru_cache(maxsize=1024)
def number_texts(spec: NumberSpec) -> NumberTexts | None:
    """The automaton of a `NumberSpec`; None: no number is in it. Equal specs give the same one.

    Example:
        >>> from fractions import Fraction
        >>> odd = NumberSpec(NumberBounds(integer=True), frozenset((Fraction(2),)))
        >>> texts = number_texts(odd)
        >>> [chr(low) for low, high, _ in texts.edges(texts.start)][:1]
        ['-']
    """
    texts = NumberTexts(spec)
    return texts if texts.is_live() else None
