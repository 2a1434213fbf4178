"""Sets of code points as sorted disjoint ranges, and their UTF-8 byte sequences."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module

# What `re` itself compares by (Python 3.11 to 3.13); neither module is in the type stubs.
_lower: Callable[[int], int] = import_module("_sre").unicode_tolower
_EXTRA_CASES: dict[int, tuple[int, ...]] = import_module("re._casefix")._EXTRA_CASES

__all__ = [
    "SCALARS",
    "SCALAR_COUNT",
    "Ranges",
    "case_variants",
    "complement",
    "intersect",
    "matching",
    "normalise",
    "utf8_sequences",
]

Ranges = tuple[tuple[int, int], ...]

SCALARS: Ranges = ((0, 0xD7FF), (0xE000, 0x10FFFF))
"""All Unicode scalar values: every code point but surrogates."""

SCALAR_COUNT = 0x110000 - 0x800


def normalise(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sort, merge and drop surrogates.

    Example:
        >>> normalise([(5, 9), (0, 3), (4, 4)])
        ((0, 9),)
    """
    merged: list[tuple[int, int]] = []
    first, last = -1, -2  # of the range that is being merged
    beyond = False  # whether a range holds what is no scalar value
    for low, high in sorted(ranges):
        if low > high:
            continue
        beyond |= (low <= 0xDFFF and high >= 0xD800) or high > 0x10FFFF
        if low > last + 1:
            if first >= 0:
                merged.append((first, last))
            first, last = low, high
        elif high > last:
            last = high
    if first >= 0:
        merged.append((first, last))
    found = tuple(merged)
    return intersect(found, SCALARS) if beyond else found


def intersect(a: Ranges, b: Ranges) -> Ranges:
    """Code points in both."""
    result = []
    i = j = 0
    while i < len(a) and j < len(b):
        low = max(a[i][0], b[j][0])
        high = min(a[i][1], b[j][1])
        if low <= high:
            result.append((low, high))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def complement(ranges: Ranges) -> Ranges:
    """Scalar values that are not in `ranges`.

    Example:
        >>> complement(((0, 0x10FFFF),))
        ()
    """
    gaps = []
    start = 0
    for low, high in ranges:
        gaps.append((start, low - 1))
        start = high + 1
    gaps.append((start, 0x10FFFF))
    return intersect(tuple((low, high) for low, high in gaps if low <= high), SCALARS)


@lru_cache(maxsize=256)
def matching(predicate: Callable[[str], bool]) -> Ranges:
    """Code points whose character satisfies `predicate`."""
    return normalise((p, p) for p in range(0x110000) if predicate(chr(p)))


@lru_cache(maxsize=256)
def general_category(name: str) -> Ranges:
    """Code points whose general category begins with `name` (Unicode, UAX #44)."""
    return normalise(
        (p, p) for p in range(0x110000) if unicodedata.category(chr(p)).startswith(name)
    )


@lru_cache(maxsize=1)
def _case_classes() -> dict[int, tuple[int, ...]]:
    """For each code point that has cases: all that Python's `re` takes for the same."""
    members: defaultdict[int, set[int]] = defaultdict(set)
    for point in range(0x110000):
        lower = _lower(point)
        if lower != point or point in _EXTRA_CASES:
            representative = min((lower, *_EXTRA_CASES.get(lower, ())))
            members[representative].update((point, lower))
    return {point: tuple(points) for points in members.values() for point in points}


@lru_cache(maxsize=256)
def case_variants(ranges: Ranges, *, ascii_only: bool = False) -> Ranges:
    """The code points of `ranges` in every case, as Python's flag `i` compares them.

    Args:
        ranges: Code points.
        ascii_only: Only ASCII letters have cases.

    Example:
        >>> case_variants(((98, 98),))
        ((66, 66), (98, 98))
        >>> case_variants(((107, 107),))  # k: also the sign of the Kelvin
        ((75, 75), (107, 107), (8490, 8490))
    """
    if ascii_only:
        added = [
            (point ^ 32, point ^ 32)
            for letters in ((65, 90), (97, 122))
            for low, high in intersect(ranges, (letters,))
            for point in range(low, high + 1)
        ]
        return normalise((*ranges, *added))
    added = [
        (other, other)
        for point, others in _case_classes().items()
        if any(low <= point <= high for low, high in ranges)
        for other in others
    ]
    return normalise((*ranges, *added))


def utf8_sequences(low: int, high: int) -> list[tuple[tuple[int, int], ...]]:
    """Sequences of byte ranges whose products are exactly the encodings of low..high.

    Args:
        low: First code point.
        high: Last code point; the range holds no surrogate.

    Source:
        RFC 3629 section 3; ranges are split where the encoding's length or a continuation byte
        would not run over its whole range.

    Example:
        >>> utf8_sequences(0x7F, 0x80)
        [((127, 127),), ((194, 194), (128, 128))]
    """
    for last in (0x7F, 0x7FF, 0xFFFF):
        if low <= last < high:
            return utf8_sequences(low, last) + utf8_sequences(last + 1, high)
    if high <= 0x7F:
        return [((low, high),)]
    for bits in (6, 12, 18):
        tail = (1 << bits) - 1
        if low & ~tail != high & ~tail:
            if low & tail:
                return utf8_sequences(low, low | tail) + utf8_sequences((low | tail) + 1, high)
            if high & tail != tail:
                return utf8_sequences(low, (high & ~tail) - 1) + utf8_sequences(high & ~tail, high)
    return [tuple(zip(chr(low).encode(), chr(high).encode(), strict=True))]
