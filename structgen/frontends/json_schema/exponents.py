"""The texts of integers in an interval, as the exponent of a number is written."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ExponentDigits", "ExponentStart", "Exponents", "exponent_edges", "exponent_ends"]


class Exponents(NamedTuple):
    """Integers from `low` to `high`, both included; None: without an end."""

    low: int | None = None
    high: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no integer is in it."""
        return self.low is not None and self.high is not None and self.low > self.high

    def moved(self, distance: int) -> Exponents:
        """All of them, `distance` larger."""
        low = None if self.low is None else self.low + distance
        return Exponents(low, None if self.high is None else self.high + distance)

    def until_zero(self) -> Exponents:
        """As far as it matters to when 0 is one of them, as they are moved down.

        Example:
            >>> Exponents(-7, None).until_zero(), Exponents(2, 5).until_zero()
            (Exponents(low=0, high=None), Exponents(low=2, high=5))
        """
        low = None if self.low is None else max(self.low, 0)
        return Exponents(low, None if self.high is None else max(self.high, -1))

    def meet(self, other: Exponents) -> Exponents:
        """Those in both.

        Example:
            >>> Exponents(-3, None).meet(Exponents(-5, 2))
            Exponents(low=-3, high=2)
        """
        lows = [each.low for each in (self, other) if each.low is not None]
        highs = [each.high for each in (self, other) if each.high is not None]
        return Exponents(max(lows, default=None), min(highs, default=None))

    def holds(self, value: int) -> bool:
        """Whether an integer is in it.

        Example:
            >>> Exponents(-3, None).holds(-3), Exponents(-3, None).holds(-4)
            (True, False)
        """
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


class ExponentDigits(NamedTuple):
    """In an exponent: its digits so far are those of `value`, and it ends from `low` to `high`.

    A value that no digit can bring out of the interval is `low` itself.
    """

    low: int
    high: int | None
    value: int = 0
    started: bool = False


class ExponentStart(NamedTuple):
    """After `e`."""

    exponents: Exponents


def exponent_edges(
    state: ExponentStart | ExponentDigits,
) -> list[tuple[int, ExponentDigits]]:
    """(byte, target) of a state; targets lead to an end."""
    if isinstance(state, ExponentDigits):
        return _digits(state)
    low, high = state.exponents
    positive = negative = None
    if high is None or high >= 0:
        positive = ExponentDigits(max(low or 0, 0), high)
    if low is None or low <= 0:
        negative = ExponentDigits(max(-high, 0) if high is not None else 0, low and -low)
    edges = [] if positive is None else [(ord("+"), positive)]
    edges += [] if negative is None else [(ord("-"), negative)]
    return edges + ([] if positive is None else _digits(positive))


def exponent_ends(state: ExponentStart | ExponentDigits) -> bool:
    """Whether the exponent is complete."""
    return (
        isinstance(state, ExponentDigits)
        and state.started
        and Exponents(state.low, state.high).holds(state.value)
    )


def _digits(state: ExponentDigits) -> list[tuple[int, ExponentDigits]]:
    low, high, value, _ = state
    edges = []
    for digit in range(10):
        target = value * 10 + digit
        if high is None:
            target = min(target, low)
        elif not _leads_into(target, low, high):
            continue
        edges.append((ord("0") + digit, ExponentDigits(low, high, target, started=True)))
    return edges


def _leads_into(value: int, low: int, high: int) -> bool:
    """Whether digits after those of `value` can make it one from `low` to `high`."""
    if value == 0:
        return True
    first, last = value, value
    while first <= high:
        if last >= low:
            return True
        first, last = first * 10, last * 10 + 9
    return False
