"""Percentiles as MaskBench takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Summary", "percentile", "summarise"]


def percentile(values: Sequence[float], p: float) -> float:
    """`sorted(values)[int(n*p/100)]`, the largest for p = 100; 0 for no values.

    Example:
        >>> percentile([3.0, 1.0, 2.0], 50), percentile(range(200), 99)
        (2.0, 198)
    """
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * p / 100), len(ordered) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Summary:
    """A distribution in six numbers, in the unit of its values."""

    count: int
    average: float
    p50: float
    p90: float
    p99: float
    largest: float


def summarise(values: Sequence[float]) -> Summary:
    """Count, average, percentiles 50, 90 and 99, largest.

    Example:
        >>> summarise([4.0, 2.0])
        Summary(count=2, average=3.0, p50=4.0, p90=4.0, p99=4.0, largest=4.0)
    """
    ordered = sorted(values)
    return Summary(
        count=len(ordered),
        average=sum(ordered) / max(1, len(ordered)),
        p50=percentile(ordered, 50),
        p90=percentile(ordered, 90),
        p99=percentile(ordered, 99),
        largest=percentile(ordered, 100),
    )
