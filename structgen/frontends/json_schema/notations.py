"""An automaton over the bytes of decimal numbers: an interval, and perhaps multiples.

Nothing is searched: a state holds what the digits read so far leave open, and whether some number
is left is a question about integers. A number is its digits `D` and a power of ten; what an
exponent may be follows from them. Points and exponents shift without an end, so there are endlessly
many states, of which only those are made that a text reaches.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from structgen.frontends.json_schema.exponents import (
    ExponentDigits,
    Exponents,
    ExponentStart,
    exponent_edges,
    exponent_ends,
)
from structgen.frontends.json_schema.multiples import Magnitudes, Multiples, decimal_places

__all__ = ["NotationAutomaton"]

_MINUS, _POINT, _ZERO = b"-.0"
MOST_ZEROS = 16


class _Start(NamedTuple):
    """Before the first digit of `side` (None: before the sign)."""

    side: int | None


class _Digits(NamedTuple):
    """In the digits: those from the first that is not zero are D, with `length` digits.

    Attributes:
        side: Which interval the number is in.
        length: Digits of D; 0: D is zero.
        low: How D compares with as many digits of the lower end: -1, 0 or 1.
        high: The same for the upper end.
        remainder: D modulo `Multiples.modulus`.
        exponents: The e for which D * 10**e is one of the multiples.
        places: How many digits have come after the point.
        point: 0: no point has come; 1: it was the last byte; 2: digits have come after it.
        zeros: How many zeros the fraction ends with, where they are counted.
        scaled: Whether there is one digit before the point, and it is not zero.
    """

    side: int
    length: int = 0
    low: int = 0
    high: int = 0
    remainder: int = 0
    exponents: Exponents = Exponents()
    places: int = 0
    point: int = 0
    zeros: int = 0
    scaled: bool = False


_State = _Start | _Digits | ExponentStart | ExponentDigits


class _Bound:
    """The digits of the end of an interval."""

    def __init__(self, value: Fraction, is_open: bool) -> None:
        self.value, self.is_open = value, is_open
        self.order = _order(value)
        shifted = value * 10 ** decimal_places(value)
        self._digits = str(shifted.numerator).rstrip("0")

    def leading(self, length: int) -> int:
        """Its first digits."""
        return int(self._digits[:length].ljust(length, "0"))

    def digit(self, place: int) -> int:
        """The digit at a place; that of the first is 1."""
        return int(self._digits[place - 1]) if place <= len(self._digits) else 0

    def is_spelled_by(self, length: int) -> bool:
        """Whether all digits after the first `length` are zero."""
        return length >= len(self._digits)


class NotationAutomaton:
    """The texts of decimal numbers in an interval per sign, with exponents.

    Deterministic over bytes, made state by state on demand, and every state can reach acceptance.
    Which notations it reads is stated in docs/numbers.md.

    Args:
        positive: Magnitudes of the numbers without a minus sign, or None.
        negative: Magnitudes of the numbers with one (`-0` is a text of zero), or None.
        multiples: What all magnitudes are. The ends of the intervals are inside of it
            (`Multiples.inside`).
        plain: True: only without a fraction and an exponent, for integers; False: only with one;
            None: either.
    """

    start = 0

    def __init__(
        self,
        *,
        positive: Magnitudes | None,
        negative: Magnitudes | None,
        multiples: Multiples,
        plain: bool | None = None,
    ) -> None:
        self._sides = [side for side in (positive, negative) if side is not None]
        self._positive = 0 if positive is not None else None
        self._negative = len(self._sides) - 1 if negative is not None else None
        if len(self._sides) == 2 and self._sides[0] == self._sides[1]:
            self._negative = 0
        self._lows = [_Bound(s.low, s.low_open) if s.low else None for s in self._sides]
        self._highs = [None if s.high is None else _Bound(s.high, s.high_open) for s in self._sides]
        self._multiples = multiples
        self._plain = plain
        self._most_zeros = None if multiples.step is None else MOST_ZEROS + multiples.places
        self._lock = threading.Lock()
        self._states: list[_State] = [_Start(None)]
        self._numbers: dict[_State, int] = {_Start(None): 0}
        self._edges: dict[int, tuple[tuple[int, int, int], ...]] = {}

    def edges(self, state: int) -> tuple[tuple[int, int, int], ...]:
        """(first byte, last byte, target) of a state, sorted and disjoint."""
        known = self._edges.get(state)
        if known is not None:
            return known
        with self._lock:
            found: list[tuple[int, int, int]] = []
            for byte, target in sorted(self._steps(self._states[state]), key=lambda step: step[0]):
                number = self._number(target)
                if found and found[-1][1] == byte - 1 and found[-1][2] == number:
                    found[-1] = (found[-1][0], byte, number)
                else:
                    found.append((byte, byte, number))
            return self._edges.setdefault(state, tuple(found))

    def is_accepting(self, state: int) -> bool:
        """Whether the text that leads to `state` is complete."""
        at = self._states[state]
        if isinstance(at, ExponentStart | ExponentDigits):
            return exponent_ends(at)
        if not isinstance(at, _Digits) or at.point == 1 or (self._plain is False and not at.point):
            return False
        return self._exponents(at).holds(0)

    def matches(self, text: str | bytes) -> bool:
        """Whether a text is in the language."""
        state = self.start
        for byte in text.encode() if isinstance(text, str) else text:
            for low, high, target in self.edges(state):
                if low <= byte <= high:
                    state = target
                    break
            else:
                return False
        return self.is_accepting(state)

    def _number(self, state: _State) -> int:
        # By type first: named tuples of different types may be equal.
        key = (type(state), state)
        number = self._numbers.get(key)  # type: ignore[call-overload]
        if number is None:
            number = self._numbers[key] = len(self._states)  # type: ignore[index]
            self._states.append(state)
        return int(number)

    def _steps(self, state: _State) -> Iterator[tuple[int, _State]]:
        if isinstance(state, ExponentStart | ExponentDigits):
            yield from exponent_edges(state)
            return
        if isinstance(state, _Start):
            if state.side is None and self._negative is not None:
                yield _MINUS, _Start(self._negative)
            side = self._positive if state.side is None else state.side
            if side is not None:
                yield from self._next_digits(_Digits(side))
            return
        exponents = self._exponents(state)
        if state.length or state.point:
            yield from self._next_digits(state)
        if self._plain:
            return
        if state.point == 0:
            target = self._normal(state._replace(point=1))
            if self._is_live(target):
                yield _POINT, target
        if state.point != 1 and not exponents.is_empty:
            yield from ((byte, ExponentStart(exponents)) for byte in b"Ee")

    def _next_digits(self, state: _Digits) -> list[tuple[int, _State]]:
        found: list[tuple[int, _State]] = []
        for digit in range(10):
            target = self._normal(self._after(state, digit))
            if self._is_live(target):
                found.append((_ZERO + digit, target))
        if found and found[0][0] == _ZERO and state.zeros == self._most_zeros:
            if len(found) > 1 or not self._exponents(state).is_empty:
                del found[0]
        return found

    # --- States ---------------------------------------------------------------------------------

    def _after(self, state: _Digits, digit: int) -> _Digits:
        places = state.places + 1 if state.point else 0
        point = 2 if state.point else 0
        zeros = state.zeros + 1 if digit == 0 and point and self._most_zeros is not None else 0
        zeros = min(zeros, self._most_zeros or 0)
        if state.length == 0 and digit == 0:
            return state._replace(places=places, point=point, zeros=zeros)
        length = state.length + 1
        remainder = (state.remainder * 10 + digit) % self._multiples.modulus
        if digit:
            exponents = self._multiples.exponents(remainder)
        else:
            exponents = state.exponents.moved(-1)
        return _Digits(
            state.side,
            length,
            _compared(state.low, self._lows[state.side], length, digit),
            _compared(state.high, self._highs[state.side], length, digit),
            remainder,
            exponents,
            places,
            point,
            zeros,
            not self._plain and ((length == 1 and not point) or (state.scaled and point > 0)),
        )

    def _normal(self, state: _Digits) -> _Digits:
        """Forget what makes no difference.

        Without ends the number of digits does not matter; without a step, and once D is known to
        differ from the ends, only how many digits are before the point. Where there are no
        exponents, only whether 0 is one of them, now or after more zeros.
        """
        if self._plain:
            state = state._replace(exponents=state.exponents.until_zero())
        low, high = self._lows[state.side], self._highs[state.side]
        if low is None and high is None:
            state = state._replace(length=min(state.length, 1))
            return state._replace(places=0) if self._multiples.is_all else state
        if not self._multiples.is_all:
            return state
        tight = (low is not None and state.low == 0) or (high is not None and state.high == 0)
        if state.length == 0 or tight or not state.point:
            return state
        shift = min(state.places, state.length - 1)
        return state._replace(length=state.length - shift, places=state.places - shift)

    # --- What may come --------------------------------------------------------------------------

    def _exponents(self, state: _Digits) -> Exponents:
        """The exponents that the digits so far may have."""
        side, places = self._sides[state.side], state.places
        if state.length == 0:
            return Exponents() if side.low == 0 and not side.low_open else Exponents(1, 0)
        low, high = self._lows[state.side], self._highs[state.side]
        least = most = None
        if low is not None:
            reached = state.low > 0 or (
                state.low == 0 and not low.is_open and low.is_spelled_by(state.length)
            )
            least = low.order - state.length + (0 if reached else 1)
        if high is not None:
            passed = state.high > 0 or (
                state.high == 0 and high.is_open and high.is_spelled_by(state.length)
            )
            most = high.order - state.length - (1 if passed else 0)
            if high.value == 0:
                return Exponents(1, 0)
        return Exponents(least, most).meet(state.exponents).moved(places)

    def _is_live(self, state: _Digits) -> bool:
        """Whether more digits, or an exponent, can make a number of the set."""
        if state.length == 0:
            return self._zeros_live(state)
        if state.scaled:
            return any(self._reaches(state, shift) for shift in self._shifts(state))
        if state.point:
            return self._reaches(state, -state.places)
        return any(self._reaches(state, shift) for shift in self._shifts(state) if shift >= 0)

    def _zeros_live(self, state: _Digits) -> bool:
        side = self._sides[state.side]
        return side.low < Fraction(1, 10**state.places)

    def _shifts(self, state: _Digits) -> Iterator[int]:
        """The powers of ten at which numbers that begin with D may be in the interval."""
        low, high = self._lows[state.side], self._highs[state.side]
        if high is None:
            # Far enough to the left of the point, every beginning has multiples.
            reach = max(len(str(self._multiples.period)), low.order if low is not None else 0)
            yield reach
            return
        if low is not None:
            bottom = low.order
        elif self._multiples.step is not None:
            bottom = _order(self._multiples.step)
        else:
            bottom = high.order - 1
        yield from range(high.order - state.length, bottom - state.length - 1, -1)

    def _reaches(self, state: _Digits, shift: int) -> bool:
        """Whether the set holds a number from D * 10**shift to below (D + 1) * 10**shift."""
        low, high = self._lows[state.side], self._highs[state.side]
        if high is not None and high.value == 0:
            return False
        order = state.length + shift
        cut_low = cut_high = None
        if low is not None and order <= low.order:
            if order < low.order or state.low < 0:
                return False
            cut_low = low if state.low == 0 else None
        if high is not None and order >= high.order:
            if order > high.order or state.high > 0:
                return False
            cut_high = high if state.high == 0 else None
        if cut_high is not None:
            if high is not None and cut_low is not None:
                return True
            if self._multiples.step is not None:
                return True  # the end itself
            first = cut_high.leading(state.length) * Fraction(10) ** shift
            return first < cut_high.value or not cut_high.is_open
        if cut_low is not None:
            return True
        return self._multiples.meets(state.remainder, shift, state.exponents)


def _compared(before: int, bound: _Bound | None, length: int, digit: int) -> int:
    """How D compares with the digits of a bound, one digit later."""
    if before or bound is None:
        return before
    other = bound.digit(length)
    return (digit > other) - (digit < other)


def _order(number: Fraction) -> int:
    """The number of digits before the point: 10**(order - 1) <= number < 10**order; 0 for zero."""
    if number == 0:
        return 0
    order = len(str(number.numerator)) - len(str(number.denominator))
    while Fraction(10) ** order <= number:
        order += 1
    while Fraction(10) ** (order - 1) > number:
        order -= 1
    return order
