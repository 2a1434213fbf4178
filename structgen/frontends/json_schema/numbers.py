"""Intervals of numbers, and of the multiples of a number."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from fractions import Fraction

from structgen.frontends.json_schema.multiples import Magnitudes, common_multiple

__all__ = ["Number", "NumberBounds", "exact"]

Number = int | float | Decimal | Fraction


def exact(value: Number) -> Fraction:
    """Read a number as the one that its shortest decimal text names.

    Args:
        value: A number; a float stands for its shortest decimal text, so 0.1 is 1/10.

    Raises:
        ValueError: `value` is not a finite number, or a Fraction that no decimal text spells.

    >>> exact(0.1), exact(10**30) == 10**30
    (Fraction(1, 10), True)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, Fraction)):
        raise ValueError(f"expected a number, not {value!r}")
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise ValueError(f"expected a finite number, not {value!r}")
    number = Fraction(float.__repr__(value)) if isinstance(value, float) else Fraction(value)
    if _without(_without(number.denominator, 2), 5) != 1:
        raise ValueError(f"no decimal text spells {number}")
    return number


@dataclasses.dataclass(frozen=True)
class NumberBounds:
    """A set of numbers: an interval, and perhaps only the multiples of a number in it.

    Equal sets have equal descriptions: numbers become exact fractions, `integer` joins
    `multiple_of`, and the bounds move to the nearest multiple inside.

    Attributes:
        minimum: Least number, or None.
        maximum: Largest number, or None.
        exclusive_minimum: Whether `minimum` itself is left out.
        exclusive_maximum: Whether `maximum` itself is left out.
        multiple_of: What every number is an integer multiple of, or None.
        integer: Whether every number is an integer.

    Raises:
        ValueError: A bound is not a finite number, or `multiple_of` is not positive.

    >>> NumberBounds(minimum=1.2, maximum=1.8, integer=True).is_empty()
    True
    >>> NumberBounds(minimum=0.5, integer=True) == NumberBounds(minimum=1, multiple_of=1)
    True
    """

    minimum: Number | None = None
    maximum: Number | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    multiple_of: Number | None = None
    integer: bool = False

    def __post_init__(self) -> None:
        low = None if self.minimum is None else exact(self.minimum)
        high = None if self.maximum is None else exact(self.maximum)
        step = None if self.multiple_of is None else exact(self.multiple_of)
        if step is not None and step <= 0:
            raise ValueError(f"expected a positive multiple, not {self.multiple_of!r}")
        if self.integer:
            step = _common(step, Fraction(1))
        low_open = bool(self.exclusive_minimum) and low is not None
        high_open = bool(self.exclusive_maximum) and high is not None
        if step is not None:
            if low is not None:
                quotient = low / step
                low = (math.floor(quotient) + 1 if low_open else math.ceil(quotient)) * step
            if high is not None:
                quotient = high / step
                high = (math.ceil(quotient) - 1 if high_open else math.floor(quotient)) * step
            low_open = high_open = False
        normal = {
            "minimum": low,
            "maximum": high,
            "exclusive_minimum": low_open,
            "exclusive_maximum": high_open,
            "multiple_of": step,
            "integer": step is not None and step.denominator == 1,
        }
        for name, value in normal.items():
            object.__setattr__(self, name, value)

    def intersect(self, other: NumberBounds) -> NumberBounds:
        """The numbers that are in both sets.

        >>> both = NumberBounds(minimum=1, multiple_of=4).intersect(NumberBounds(multiple_of=6))
        >>> both.minimum, both.multiple_of
        (Fraction(12, 1), Fraction(12, 1))
        """
        first, second = self._fields(), other._fields()
        lows = [(f[0], f[1]) for f in (first, second) if f[0] is not None]
        highs = [(f[2], not f[3]) for f in (first, second) if f[2] is not None]
        low, low_open = max(lows, default=(None, False))
        high, high_closed = min(highs, default=(None, True))
        return NumberBounds(
            minimum=low,
            maximum=high,
            exclusive_minimum=low_open,
            exclusive_maximum=not high_closed,
            multiple_of=_common(first[4], second[4]),
        )

    def is_empty(self) -> bool:
        """Whether no number is in the set."""
        low, low_open, high, high_open, _ = self._fields()
        if low is None or high is None:
            return False
        return low > high or (low == high and (low_open or high_open))

    def contains(self, value: Number) -> bool:
        """Whether a number is in the set.

        Raises:
            ValueError: `value` is not a finite number.

        >>> NumberBounds(multiple_of=0.1).contains(0.3)
        True
        """
        number = exact(value)
        low, low_open, high, high_open, step = self._fields()
        if low is not None and (number < low or (low_open and number == low)):
            return False
        if high is not None and (number > high or (high_open and number == high)):
            return False
        return step is None or (number / step).denominator == 1

    def magnitudes(self, *, negative: bool) -> Magnitudes | None:
        """The absolute values of the numbers of one sign, zero included; None: there are none."""
        low, low_open, high, high_open, _ = self._fields()
        if negative:
            low, low_open, high, high_open = _minus(high), high_open, _minus(low), low_open
        if low is None or low < 0:
            low, low_open = Fraction(0), False
        if high is not None and (high < low or (high == low and (low_open or high_open))):
            return None
        return Magnitudes(low, low_open, high, high_open)

    def _fields(self) -> tuple[Fraction | None, bool, Fraction | None, bool, Fraction | None]:
        """The interval and the multiple, as the fractions that `__post_init__` made of them."""
        numbers = (self.minimum, self.maximum, self.multiple_of)
        low, high, step = (n if isinstance(n, Fraction) else None for n in numbers)
        return low, self.exclusive_minimum, high, self.exclusive_maximum, step


def _minus(value: Fraction | None) -> Fraction | None:
    return None if value is None else -value


def _common(first: Fraction | None, second: Fraction | None) -> Fraction | None:
    """The least number that is a multiple of both; None: any number."""
    if first is None or second is None:
        return first if second is None else second
    return common_multiple(first, second)


def _without(number: int, prime: int) -> int:
    """`number` with every factor `prime` taken out."""
    while number % prime == 0:
        number //= prime
    return number
