"""Characters as classes of bytes: how kernels are told which tokens need not be read."""

from __future__ import annotations

from functools import lru_cache

from structgen.automaton import kernels as k
from structgen.regular import Ranges
from structgen.regular.charset import SCALAR_COUNT

__all__ = ["classes_of"]


@lru_cache(maxsize=1024)
def classes_of(characters: Ranges, *, is_quoted: bool) -> int:
    """The classes of bytes that only these characters are made of, as bits.

    A character beyond ASCII goes by its first byte, so continuation bytes are safe. In quotes, raw
    control characters cannot come, so they do no harm; and what is escaped may be any character:
    the backslash is safe only if all are.
    """
    safe = {byte for low, high in characters for byte in range(low, min(high, 0x7F) + 1)}
    safe.update(range(0x80, 0xC0))
    if is_quoted:
        if sum(high - low + 1 for low, high in characters) < SCALAR_COUNT:
            safe.discard(0x5C)
        safe.discard(0x22)
        safe.update(range(0x20))
    safe.update(byte for byte in range(0xC0, 0x100) if _covers(characters, *_led_by(byte)))
    broken = {k.byte_class(byte) for byte in range(256) if byte not in safe}
    return sum(1 << number for number in {k.byte_class(byte) for byte in safe} - broken)


def _led_by(byte: int) -> tuple[int, int]:
    """The code points whose UTF-8 form begins with a byte from 0xC0; empty if there are none."""
    if byte < 0xE0:
        return max((byte & 0x1F) << 6, 0x80), (byte & 0x1F) << 6 | 0x3F
    if byte < 0xF0:
        return max((byte & 0xF) << 12, 0x800), (byte & 0xF) << 12 | 0xFFF
    return max((byte & 0xF) << 18, 0x10000), min((byte & 0xF) << 18 | 0x3FFFF, 0x10FFFF)


def _covers(characters: Ranges, first: int, last: int) -> bool:
    """Whether all scalar values in first..last are among the characters."""
    for low, high in characters:
        if low <= first <= high:
            first = high + 1 if high + 1 != 0xD800 else 0xE000
    return first > last
