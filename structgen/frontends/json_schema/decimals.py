"""An automaton over the bytes of decimal numbers: an interval, and perhaps multiples.

Nothing is searched: a state holds what the digits read so far leave open, and whether some number
is left is a question about integers. All numbers are integers in a unit small enough for the
bounds and the step.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple, Protocol

__all__ = ["ByteAutomaton", "DecimalAutomaton", "Magnitudes"]

_MINUS, _PLUS, _POINT, _ZERO, _NINE = b"-+.09"


class Magnitudes(NamedTuple):
    """An interval of numbers that are not negative; `high` None: without an end."""

    low: Fraction
    low_open: bool
    high: Fraction | None
    high_open: bool


class _Side(NamedTuple):
    """`Magnitudes` in units, with the number of integer digits of both ends."""

    low: int
    low_open: bool
    low_digits: int
    high: int | None
    high_open: bool
    high_digits: int | None


# What the digits after the point still to come may add, in one of two forms.


class _Interval(NamedTuple):
    """Anything in an interval of [0, unit)."""

    low: int
    low_open: bool
    high: int
    high_open: bool


class _Progression(NamedTuple):
    """first, first + step, ..., last: with `width` digits before only zeros are left."""

    width: int
    first: int
    last: int


_Rest = _Interval | _Progression


# The states.


@dataclasses.dataclass(frozen=True, slots=True)
class _Start:
    """Nothing is read."""


@dataclasses.dataclass(frozen=True, slots=True)
class _AfterMinus:
    """The sign is read."""


@dataclasses.dataclass(frozen=True, slots=True)
class _LeadingZero:
    """The integer part is 0."""

    side: int


@dataclasses.dataclass(frozen=True, slots=True)
class _Whole:
    """In an integer part that does not begin with 0.

    The integer part may end after `least` to `most` more digits (None: any number). When it ends
    after exactly `least`, and `least_tight`, the digits so far are those of the lower bound, and
    so must the others be compared with it; likewise `most` and the upper bound.
    """

    side: int
    least: int
    least_tight: bool
    most: int | None
    most_tight: bool
    remainder: int


@dataclasses.dataclass(frozen=True, slots=True)
class _AfterPoint:
    """After the point, `started` after its first digit."""

    rest: _Rest
    started: bool
    grows: bool
    shrinks: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Exponent:
    """After `e`."""

    grows: bool
    shrinks: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _ExponentDigits:
    """In the digits of the exponent, `started` after the first one."""

    started: bool


_State = _Start | _AfterMinus | _LeadingZero | _Whole | _AfterPoint | _Exponent | _ExponentDigits
_Edges = list[tuple[int, int, _State]]


class ByteAutomaton(Protocol):
    """A deterministic automaton over bytes, made state by state."""

    start: int

    def is_accepting(self, state: int) -> bool:
        """Whether the text that leads to `state` is complete."""
        ...

    def edges(self, state: int) -> tuple[tuple[int, int, int], ...]:
        """(first byte, last byte, target) of a state, sorted and disjoint; targets are live."""
        ...

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


class DecimalAutomaton(ByteAutomaton):
    """The texts of the decimal numbers in an interval per sign that are multiples of a step.

    Deterministic, made state by state on demand, and every state can reach acceptance.

    Args:
        positive: Magnitudes of the numbers without a minus sign, or None.
        negative: Magnitudes of the numbers with one (`-0` is a text of zero), or None.
        step: What all magnitudes are multiples of, or None. The ends of the intervals are
            multiples, and not left out.
    """

    start = 0

    def __init__(
        self, *, positive: Magnitudes | None, negative: Magnitudes | None, step: Fraction | None
    ) -> None:
        sides = [side for side in (positive, negative) if side is not None]
        numbers = [n for side in sides for n in (side.low, side.high, step) if n is not None]
        # The unit is a power of ten with a step, so that a number of digits leads to it.
        self._width = max(map(_decimal_places, numbers)) if step is not None else 0
        denominators = [number.denominator for number in numbers]
        self._unit = math.lcm(*denominators) if step is None else 10**self._width
        self._step = None if step is None else int(step * self._unit)
        self._modulus = 1 if self._step is None else self._step // math.gcd(self._step, self._unit)
        self._sides = [self._side(side) for side in sides]
        self._positive = 0 if positive is not None else None
        self._negative = len(sides) - 1 if negative is not None else None
        if len(self._sides) == 2 and self._sides[0] == self._sides[1]:
            self._negative = 0
        self._lock = threading.Lock()
        self._states: list[_State] = [_Start()]
        self._numbers: dict[_State, int] = {_Start(): 0}
        self._edges: dict[int, tuple[tuple[int, int, int], ...]] = {}

    def edges(self, state: int) -> tuple[tuple[int, int, int], ...]:
        """(first byte, last byte, target) of a state, sorted and disjoint."""
        known = self._edges.get(state)
        if known is not None:
            return known
        with self._lock:
            edges = tuple(
                (low, high, self._number(target))
                for low, high, target in self._expand(self._states[state])
            )
            return self._edges.setdefault(state, edges)

    def is_accepting(self, state: int) -> bool:
        """Whether the text that leads to `state` is complete."""
        match self._states[state]:
            case _LeadingZero() | _Whole() as whole:
                return _holds_zero(self._rest_after(whole))
            case _AfterPoint(rest=rest, started=started):
                return started and _holds_zero(rest)
            case _ExponentDigits(started=started):
                return started
        return False

    def _number(self, state: _State) -> int:
        number = self._numbers.get(state)
        if number is None:
            number = len(self._states)
            self._states.append(state)
            self._numbers[state] = number
        return number

    def _expand(self, state: _State) -> _Edges:
        match state:
            case _Start():
                edges: _Edges = []
                if self._negative is not None:
                    edges.append((_MINUS, _MINUS, _AfterMinus()))
                return edges + self._first_digits(self._positive)
            case _AfterMinus():
                return self._first_digits(self._negative)
            case _LeadingZero(side=side):
                return self._after_whole(self._rest_after(state), side, [])
            case _Whole(side=side):
                digits = _merged((d, self._next_whole(state, d)) for d in range(10))
                return self._after_whole(self._rest_after(state), side, digits)
            case _AfterPoint(rest=rest, started=started, grows=grows, shrinks=shrinks):
                nexts = ((d, self._next_rest(rest, d)) for d in range(10))
                edges = _merged(
                    (d, None if rest is None else _AfterPoint(rest, True, grows, shrinks))
                    for d, rest in nexts
                )
                return edges + _exponent(started and _holds_zero(rest), grows, shrinks)
            case _Exponent(grows=grows, shrinks=shrinks):
                edges = []
                if grows:
                    edges.append((_PLUS, _PLUS, _ExponentDigits(False)))
                if shrinks:
                    edges.append((_MINUS, _MINUS, _ExponentDigits(False)))
                if grows:
                    edges.append((_ZERO, _NINE, _ExponentDigits(True)))
                return edges
            case _ExponentDigits():
                return [(_ZERO, _NINE, _ExponentDigits(True))]

    # The integer part.

    def _side(self, side: Magnitudes) -> _Side:
        low = int(side.low * self._unit)
        low_digits = _digits(low // self._unit)
        if side.high is None:
            return _Side(low, side.low_open, low_digits, None, False, None)
        high = int(side.high * self._unit)
        high_digits = _digits(high // self._unit)
        return _Side(low, side.low_open, low_digits, high, side.high_open, high_digits)

    def _unread(self, number: int) -> _Whole:
        """An integer part of which no digit is read."""
        side = self._sides[number]
        return _Whole(number, side.low_digits, True, side.high_digits, True, 0)

    def _first_digits(self, side: int | None) -> _Edges:
        if side is None:
            return []
        unread = self._unread(side)
        zero = None if self._rest_after(unread) is None else _LeadingZero(side)
        return _merged((d, self._next_whole(unread, d) if d else zero) for d in range(10))

    def _next_whole(self, state: _Whole, digit: int) -> _Whole | None:
        side = self._sides[state.side]
        least, least_tight = state.least, state.least_tight
        most, most_tight = state.most, state.most_tight
        if not least_tight:
            least = max(least - 1, 0)
        elif least == 0:
            least_tight = False
        else:
            bound_digit = side.low // (self._unit * 10 ** (least - 1)) % 10
            least_tight = digit == bound_digit
            if digit >= bound_digit:
                least -= 1
        if least_tight and not side.low_open and side.low % (self._unit * 10**least) == 0:
            least_tight = False  # The digits so far decide.
        if most is not None and side.high is not None:
            if most == 0:
                return None
            most -= 1
            if most_tight:
                bound_digit = side.high // (self._unit * 10**most) % 10
                most_tight = digit == bound_digit
                if digit > bound_digit:
                    most -= 1
            if most_tight and side.high_open and side.high % (self._unit * 10**most) == 0:
                most, most_tight = most - 1, False
            if most < least:
                return None
        remainder = (state.remainder * 10 + digit) % self._modulus
        target = _Whole(state.side, least, least_tight, most, most_tight, remainder)
        return target if self._is_live(target) else None

    def _is_live(self, state: _Whole) -> bool:
        """Whether a multiple is left; without a step an interval always holds a decimal."""
        if self._step is None or state.most is None:
            return True
        lengths = range(state.most, state.least - 1, -1)
        return any(self._multiples(state, length, self._step) for length in lengths)

    def _rest_after(self, state: _Whole | _LeadingZero) -> _Rest | None:
        """What may follow the point when the integer part ends here; None: it may not."""
        if isinstance(state, _LeadingZero):
            state = self._unread(state.side)
        if state.least > 0 or (state.most is not None and state.most < 0):
            return None
        if self._step is not None:
            return self._multiples(state, 0, self._step)
        side = self._sides[state.side]
        rest = _Interval(0, False, self._unit, True)
        if state.least_tight:
            rest = rest._replace(low=side.low % self._unit, low_open=side.low_open)
        if state.most == 0 and state.most_tight and side.high is not None:
            rest = rest._replace(high=side.high % self._unit, high_open=side.high_open)
        return rest

    def _multiples(self, state: _Whole, length: int, step: int) -> _Progression | None:
        """What `length` more integer digits and the digits after the point may add."""
        side = self._sides[state.side]
        scale = self._unit * 10**length
        low, high = 0, scale - 1
        if state.least_tight and state.least == length:
            low = side.low % scale
        if state.most_tight and state.most == length and side.high is not None:
            high = side.high % scale
        first = low + (-state.remainder * scale - low) % step
        if first > high:
            return None
        return _Progression(self._width, first, high - (high - first) % step)

    def _after_whole(self, rest: _Rest | None, side: int, digits: _Edges) -> _Edges:
        if rest is None:
            return digits
        grows = self._sides[side].high is None
        shrinks = self._sides[side].low == 0 and self._step is None
        point = (_POINT, _POINT, _AfterPoint(rest, False, grows, shrinks))
        return [point, *digits, *_exponent(_holds_zero(rest), grows, shrinks)]

    # The digits after the point.

    def _next_rest(self, rest: _Rest, digit: int) -> _Rest | None:
        if isinstance(rest, _Interval):
            return self._next_interval(rest, digit)
        width, first, last = rest
        if width == 0:
            return rest if digit == 0 else None
        assert self._step is not None
        scale = 10 ** (width - 1)
        base = digit * scale
        if first < base:
            first += -((first - base) // self._step) * self._step
        if last >= base + scale:
            last -= -((base + scale - 1 - last) // self._step) * self._step
        if first > last:
            return None
        return _Progression(width - 1, first - base, last - base)

    def _next_interval(self, rest: _Interval, digit: int) -> _Interval | None:
        low, low_open, high, high_open = rest
        low, high = low * 10 - digit * self._unit, high * 10 - digit * self._unit
        if low < 0:
            low, low_open = 0, False
        if high >= self._unit:
            high, high_open = self._unit, True
        if low > high or (low == high and (low_open or high_open)):
            return None
        return _Interval(low, low_open, high, high_open)


def _holds_zero(rest: _Rest | None) -> bool:
    """Whether the digits still to come may be none."""
    if rest is None:
        return False
    if isinstance(rest, _Interval):
        return rest.low == 0 and not rest.low_open
    return rest.first == 0


def _exponent(complete: bool, grows: bool, shrinks: bool) -> _Edges:
    if not complete or not (grows or shrinks):
        return []
    return [(byte, byte, _Exponent(grows, shrinks)) for byte in b"Ee"]


def _merged(targets: Iterable[tuple[int, _State | None]]) -> _Edges:
    """Edges for digits, neighbours with the same target joined."""
    edges: _Edges = []
    for digit, target in targets:
        if target is None:
            continue
        byte = _ZERO + digit
        if edges and edges[-1][1] == byte - 1 and edges[-1][2] == target:
            edges[-1] = (edges[-1][0], byte, target)
        else:
            edges.append((byte, byte, target))
    return edges


def _digits(number: int) -> int:
    """How many decimal digits an integer has; zero has none."""
    count = int(number.bit_length() * math.log10(2))
    while 10**count <= number:
        count += 1
    return count


def _decimal_places(number: Fraction) -> int:
    """How many digits after the point a decimal number needs."""
    places, rest = 0, number.denominator
    while rest % 10 == 0:
        places, rest = places + 1, rest // 10
    while rest != 1:  # One of 2 and 5 is left.
        places, rest = places + 1, rest // (2 if rest % 2 == 0 else 5)
    return places
