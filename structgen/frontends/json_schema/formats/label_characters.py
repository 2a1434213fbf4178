"""The characters of labels beyond ASCII, told apart as far as the rules for labels do.

Sources:
    RFC 5892 (which characters, and in which contexts), RFC 5893 (directions), Unicode Standard
    annex 15 (composition). The tables are those of the package `idna` and of Python.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from idna import idnadata

from structgen.regular import Language, characters

__all__ = ["LENGTHS", "Kind", "kinds"]

LENGTHS = (
    (0x007F, 0x007F, 63),  # ASCII alone
    (0x0080, 0x024F, 21),  # Latin
    (0x0370, 0x03FF, 24),  # Greek
    (0x0400, 0x04FF, 22),  # Cyrillic
    (0x0080, 0x200D, 15),  # all alphabets
    (0x3000, 0xD7FF, 13),  # East Asia
    (0x0080, 0x10FFFF, 7),  # all of them
)
"""How many characters a label may hold of ASCII and one range: what surely fits into 63 octets.

How long the Punycode of a label is depends on all its characters in their order, which no automaton
of a practical size follows.
"""

_ROLES = {
    "-": "hyphen",
    "l": "l",
    "\u00b7": "middle dot",
    "\u0375": "keraia",
    "\u05f3": "geresh",
    "\u05f4": "geresh",
    "\u30fb": "katakana dot",
    "\u200c": "non-joiner",
    "\u200d": "joiner",
}
# Letters that join on both sides, and on their right side (Unicode, ArabicShaping); not all.
_DUAL = "\u0620\u0626\u0628\u06cc\u06ce\u06d0\u06d1" + "".join(
    chr(point)
    for first, last in (
        (0x062A, 0x062E),
        (0x0633, 0x063F),
        (0x0641, 0x0647),
        (0x0649, 0x064A),
        (0x0678, 0x0687),
        (0x069A, 0x06BF),
        (0x06C1, 0x06C2),
    )
    for point in range(first, last + 1)
)
_RIGHT = "\u0627\u0629\u0648" + "".join(
    chr(point)
    for first, last in ((0x0622, 0x0625), (0x062F, 0x0632), (0x0671, 0x0673), (0x0688, 0x0699))
    for point in range(first, last + 1)
)


class Kind(NamedTuple):
    """Characters that all rules treat alike.

    Attributes:
        ranges: Which of `LENGTHS` they count for, as bits.
        direction: Their bidirectional class.
        role: What they are in the rules for contexts; "" for most.
        script: "Greek", "Hebrew", "kana" (Hiragana, Katakana and Han), or "".
        is_mark: Whether they are marks, which begin no label.
        joins: "both", "right", or "".
        composes: Whether some character composes with a later one, and with an earlier one.
        combines: Whether their combining class is not 0.
    """

    ranges: int
    direction: str
    role: str
    script: str
    is_mark: bool
    joins: str
    composes: tuple[bool, bool]
    combines: bool


@cache
def kinds() -> dict[Kind, Language]:
    """All characters of labels by kind, ASCII capitals among them."""
    earlier, later = set(), set()
    for point in range(0x20000):
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            earlier.add(chr(int(parts[0], 16)))
            later.add(chr(int(parts[1], 16)))
    scripts = {
        point: script
        for script, names in (
            ("Greek", ("Greek",)),
            ("Hebrew", ("Hebrew",)),
            ("kana", ("Hiragana", "Katakana", "Han")),
        )
        for name in names
        for point in _unpacked(idnadata.scripts[name])
    }
    found: dict[Kind, list[tuple[int, int]]] = {}
    for point in _permitted():
        character = chr(point)
        kind = Kind(
            _ranges(point),
            unicodedata.bidirectional(character),
            _role(character),
            scripts.get(point, ""),
            unicodedata.category(character).startswith("M"),
            "both" if character in _DUAL else "right" if character in _RIGHT else "",
            (character in earlier, character in later),
            unicodedata.combining(character) != 0,
        )
        found.setdefault(kind, []).append((point, point))
    capitals = Kind(1, "L", "", "", False, "", (False, False), False)
    found[capitals] = [(ord("A"), ord("Z"))]
    return {kind: characters(points) for kind, points in found.items()}


def _permitted() -> list[int]:
    """Code points that a label may hold, some in certain contexts only (RFC 5892 section 2).

    Of those, the ones that Python's tables know as well.
    """
    return sorted(
        point
        for kind in ("PVALID", "CONTEXTJ", "CONTEXTO")
        for point in _unpacked(idnadata.codepoint_classes[kind])
        if unicodedata.category(chr(point)) != "Cn"
    )


def _unpacked(ranges: tuple[int, ...]) -> list[int]:
    return [p for packed in ranges for p in range(packed >> 32, packed & 0xFFFFFFFF)]


def _ranges(point: int) -> int:
    return sum(
        1 << number
        for number, (first, last, _) in enumerate(LENGTHS)
        if point <= 0x7F or first <= point <= last
    )


def _role(character: str) -> str:
    if "\u0660" <= character <= "\u0669":
        return "arabic digit"
    if "\u06f0" <= character <= "\u06f9":
        return "extended digit"
    if unicodedata.combining(character) == 9:
        return "virama"
    return _ROLES.get(character, "")
