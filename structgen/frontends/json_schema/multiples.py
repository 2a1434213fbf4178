"""Which decimal numbers are multiples of one number, and of none of some others."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from structgen.frontends.json_schema.exponents import Exponents

__all__ = ["Magnitudes", "Multiples", "common_multiple", "decimal_places"]


class Magnitudes(NamedTuple):
    """An interval of numbers that are not negative; `high` None: without an end."""

    low: Fraction
    low_open: bool
    high: Fraction | None
    high_open: bool


class Multiples:
    """The multiples of `step` that are multiples of none of `excluded`.

    A number is given as digits D, of which the remainder by `modulus` is known, and an exponent e:
    it is D * 10**e. If it is a multiple of something for some e, then for every larger one. So the
    exponents with which it is in the set are an interval.

    Args:
        step: What the numbers are multiples of; None: they may be any decimal numbers.
        excluded: What they are no multiples of.

    Attributes:
        step: As given.
        places: How many digits after the point a multiple of `step` needs at most; 0 without one.
        modulus: By which the remainder of D must be known.
        period: After so many whole numbers what is in the set begins again.
        is_all: Whether every decimal number is in it.
        is_empty: Whether no number is in it, as each multiple of `step` is one of those excluded.
    """

    def __init__(self, step: Fraction | None, excluded: Iterable[Fraction] = ()) -> None:
        self.step = step
        self._excluded = sorted(excluded)
        self.places = 0 if step is None else decimal_places(step)
        numbers = self._excluded if step is None else [step, *self._excluded]
        # All are whole in units of 10**-width.
        self._width = max(map(decimal_places, numbers), default=0)
        self._units = [int(number * 10**self._width) for number in numbers]
        divisors = [_Divisor(number) for number in numbers]
        self.period = math.lcm(*self._units)
        self.modulus = math.lcm(self.period, *(divisor.modulus for divisor in divisors))
        self._divisor = None if step is None else divisors.pop(0)
        self._excluded_divisors = divisors
        # Of the multiples of the step, each so many are multiples of something excluded.
        self._every = (
            [] if step is None else [int(common_multiple(step, m) / step) for m in self._excluded]
        )
        self.is_all = not numbers
        self.is_empty = 1 in self._every

    def exponents(self, remainder: int) -> Exponents:
        """The e for which D * 10**e is in the set, for D that does not end in 0.

        Example:
            >>> even = Multiples(Fraction(2), [Fraction(20)])
            >>> even.exponents(15 % even.modulus)
            Exponents(low=1, high=1)
        """
        least = None
        if self._divisor is not None:
            least = self._divisor.least_exponent(remainder)
            if least is None:
                return Exponents(1, 0)
        stops = [divisor.least_exponent(remainder) for divisor in self._excluded_divisors]
        most = min((stop - 1 for stop in stops if stop is not None), default=None)
        return Exponents(least, most)

    def meets(self, remainder: int, exponent: int, exponents: Exponents) -> bool:
        """Whether a number from D * 10**exponent to below (D + 1) * 10**exponent is in the set.

        Args:
            remainder: D modulo `modulus`.
            exponent: It.
            exponents: Those for which D itself is in the set.
        """
        if self.step is None:
            return True  # next to every multiple there are others
        digits = exponent + self._width
        if digits < 0:  # D itself is the only one that may be a multiple of anything
            return exponents.holds(exponent)
        first = remainder * 10**digits % self.modulus
        step = self._units[0]
        number = first + -first % step
        while number < first + 10**digits:
            if not any(number % unit == 0 for unit in self._units[1:]):
                return True
            number += step
        return False

    def inside(self, interval: Magnitudes) -> Magnitudes | None:
        """The interval with ends that are in the set, or open ones; None: nothing is inside.

        Example:
            >>> third = Multiples(Fraction(3), [Fraction(6)])
            >>> ends = third.inside(Magnitudes(Fraction(0), False, Fraction(20), False))
            >>> int(ends.low), int(ends.high)
            (3, 15)
        """
        low, low_open, high, high_open = interval
        if self.is_empty:
            return None
        if self.step is None:
            if low == high:
                return None if low_open or high_open or self._is_excluded(low) else interval
            low_open = low_open or self._is_excluded(low)
            high_open = high_open or (high is not None and self._is_excluded(high))
            return Magnitudes(low, low_open, high, high_open)
        first = math.floor(low / self.step) + 1 if low_open else math.ceil(low / self.step)
        low = self._next(first, 1) * self.step
        if high is not None:
            last = math.ceil(high / self.step) - 1 if high_open else math.floor(high / self.step)
            high = self._next(last, -1) * self.step
            if low > high:
                return None
        return Magnitudes(low, False, high, False)

    def _is_excluded(self, number: Fraction) -> bool:
        return any((number / each).denominator == 1 for each in self._excluded)

    def _next(self, count: int, direction: int) -> int:
        """From `count` on, the next of which that multiple of the step is in the set.

        The search is short: how many numbers in a row can each be divided by one of n numbers is
        less than about the square of n (Jacobsthal's function).
        """
        while any(count % each == 0 for each in self._every):
            count += direction
        return count


class _Divisor:
    """A number whose multiples are told by their digits: common * 2**twos * 5**fives."""

    def __init__(self, number: Fraction) -> None:
        top, self.twos = _taken_out(number.numerator, 2)
        bottom, twos = _taken_out(number.denominator, 2)
        self.common, self.fives = _taken_out(top, 5)
        _, fives = _taken_out(bottom, 5)
        self.twos -= twos
        self.fives -= fives
        self._most = abs(self.twos - self.fives)
        self.modulus: int = self.common * 10**self._most

    def least_exponent(self, remainder: int) -> int | None:
        """The least e for which D * 10**e is a multiple, for D that does not end in 0."""
        if remainder % self.common:
            return None
        twos = fives = 0
        while twos < self._most and remainder % 2 ** (twos + 1) == 0:
            twos += 1
        while fives < self._most and remainder % 5 ** (fives + 1) == 0:
            fives += 1
        return max(self.twos - twos, self.fives - fives)


def decimal_places(number: Fraction) -> int:
    """How many digits after the point a decimal number needs."""
    return max(_taken_out(number.denominator, prime)[1] for prime in (2, 5))


def common_multiple(first: Fraction, second: Fraction) -> Fraction:
    """The least number that is a multiple of both."""
    return Fraction(
        math.lcm(first.numerator, second.numerator),
        math.gcd(first.denominator, second.denominator),
    )


def _taken_out(number: int, prime: int) -> tuple[int, int]:
    """(the rest, how often) when a prime is divided out of a number."""
    count = 0
    while number % prime == 0:
        number, count = number // prime, count + 1
    return number, count
