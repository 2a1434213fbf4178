"""ECMA-262 regular expressions with the `u` flag (section 22.2 of the standard).

JSON Schema recommends this dialect for `pattern`. Patterns in use escape characters that need no
escape (`\\-`, `\\_`) and leave a lone `{` or `]` bare; where only one meaning is possible, it is
taken.
"""

from __future__ import annotations

from typing import Any

from structgen.errors import GrammarError
from structgen.regular.charset import (
    Ranges,
    complement,
    general_category,
    normalise,
)
from structgen.regular.language import EPSILON
from structgen.regular.properties import unicode_property

__all__ = ["parse"]

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
# WhiteSpace and LineTerminator, sections 12.2 and 12.3.
_SPACE: Ranges = normalise(
    [(9, 13), (32, 32), (160, 160), (0xFEFF, 0xFEFF), (0x2028, 0x2029), *general_category("Zs")]
)
_NOT_NEWLINE: Ranges = complement(((10, 10), (13, 13), (0x2028, 0x2029)))
_CLASSES = {
    "d": _DIGIT,
    "D": complement(_DIGIT),
    "w": _WORD,
    "W": complement(_WORD),
    "s": _SPACE,
    "S": complement(_SPACE),
}
_LOOKS = {"?=": "ahead", "?!": "ahead", "?<=": "behind", "?<!": "behind"}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def parse(pattern: str) -> Any:
    """The tree of an ECMA-262 regular expression (see `structgen.regular.pattern`).

    Raises:
        GrammarError: The expression is malformed or not regular; `span` has the place.
    """
    reader = _Reader(pattern)
    tree = reader.disjunction()
    if reader.at < len(pattern):
        raise reader.error("there is a ')' without '('")
    return tree


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def error(self, message: str) -> GrammarError:
        shown = self.pattern if len(self.pattern) <= 100 else f"{self.pattern[:99]}…"
        return GrammarError(
            f"Malformed regular expression {shown!r}: {message} at character {self.at}",
            span=(self.at, self.at + 1),
        )

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.at += len(text)
            return True
        return False

    def disjunction(self) -> Any:
        branches = [self.alternative()]
        while self.take("|"):
            branches.append(self.alternative())
        return branches[0] if len(branches) == 1 else ("or", *branches)

    def alternative(self) -> Any:
        items = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            items.append(self.term())
        return ("cat", *items)

    def term(self) -> Any:
        atom = self.atom()
        start = self.at
        bounds = self.quantifier()
        if bounds is None:
            return atom
        if atom[0] in ("start", "end", "boundary", "ahead", "behind"):
            self.at = start
            raise self.error("an assertion cannot be repeated")
        self.take("?")  # a lazy quantifier matches the same texts
        least, most = bounds
        if most is not None and most < least:
            self.at = start
            raise self.error("the numbers of a quantifier are out of order")
        return ("repeat", atom, least, most)

    def quantifier(self) -> tuple[int, int | None] | None:
        if self.take("*"):
            return 0, None
        if self.take("+"):
            return 1, None
        if self.take("?"):
            return 0, 1
        if self.peek("{"):
            end = self.pattern.find("}", self.at)
            least, comma, most = self.pattern[self.at + 1 : max(end, self.at + 1)].partition(",")
            if _is_number(least) and (not most or _is_number(most)):
                self.at = end + 1
                return int(least), (int(most) if most else None) if comma else int(least)
        return None

    def atom(self) -> Any:
        character = self.pattern[self.at]
        start = self.at
        if self.quantifier() is not None:
            self.at = start
            raise self.error("there is nothing to repeat")
        self.at += 1
        if character == "^":
            return ("start",)
        if character == "$":
            return ("end", EPSILON)
        if character == ".":
            return ("chars", _NOT_NEWLINE)
        if character == "(":
            return self.group()
        if character == "[":
            return ("chars", self.character_class())
        if character == "\\":
            return self.escape()
        return ("chars", ((ord(character), ord(character)),))

    def group(self) -> Any:
        for mark, kind in _LOOKS.items():
            if self.take(mark):
                return (kind, self.closed_disjunction(), mark[-1] == "!")
        if self.take("?:"):
            pass
        elif self.take("?<"):
            end = self.pattern.find(">", self.at)
            if not self.pattern[self.at : max(end, self.at)].isidentifier():
                raise self.error("a group's name is malformed")
            self.at = end + 1
        elif self.peek("?"):
            raise self.error("a group begins with an unknown mark")
        return self.closed_disjunction()

    def closed_disjunction(self) -> Any:
        tree = self.disjunction()
        if not self.take(")"):
            raise self.error("a '(' is not closed")
        return tree

    def escape(self) -> Any:
        if self.at == len(self.pattern):
            raise self.error("a pattern cannot end in a backslash")
        character = self.pattern[self.at]
        if character in "bB":
            self.at += 1
            return ("boundary", _WORD, character == "B")
        if character in "123456789" or self.peek("k<"):
            raise self.error("back-references are not regular and not supported")
        return ("chars", self.escaped_characters())

    def escaped_characters(self) -> Ranges:
        """What a backslash before `at` and the characters from there stand for."""
        character = self.pattern[self.at]
        self.at += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if character in "pP" and self.peek("{"):
            ranges = self.unicode_property()
            return complement(ranges) if character == "P" else ranges
        if character == "0" and _is_number(self.pattern[self.at : self.at + 1]):
            raise self.error("\\0 cannot be followed by a digit")
        if character in _CONTROLS:
            point = _CONTROLS[character]
        elif character == "x":
            point = self.hexadecimal(2)
        elif character == "u":
            point = self.unicode_escape()
        elif character == "c":
            letter = self.pattern[self.at : self.at + 1]
            if not (letter.isascii() and letter.isalpha()):
                raise self.error("\\c needs a letter")
            self.at += 1
            point = ord(letter) & 31
        elif character.isalnum():
            self.at -= 1
            raise self.error(f"\\{character} is no escape")
        else:
            point = ord(character)
        return ((point, point),)

    def hexadecimal(self, digits: int) -> int:
        text = self.pattern[self.at : self.at + digits]
        if len(text) < digits or not _HEXADECIMAL.issuperset(text):
            raise self.error(f"an escape needs {digits} hexadecimal digits")
        self.at += digits
        return int(text, 16)

    def unicode_escape(self) -> int:
        if self.take("{"):
            end = self.pattern.find("}", self.at)
            digits = self.pattern[self.at : max(end, self.at)]
            point = int(digits, 16) if digits and _HEXADECIMAL.issuperset(digits) else 0x110000
            if point > 0x10FFFF:
                raise self.error("\\u{...} needs a code point")
            self.at = end + 1
            return point
        high = self.hexadecimal(4)
        if 0xD800 <= high <= 0xDBFF and self.take("\\u"):
            low = self.hexadecimal(4)
            if 0xDC00 <= low <= 0xDFFF:
                return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            raise self.error("a low surrogate must follow a high one")
        return high

    def unicode_property(self) -> Ranges:
        end = self.pattern.find("}", self.at)
        name = self.pattern[self.at + 1 : max(end, self.at + 1)]
        ranges = unicode_property(name)
        if ranges is None:
            raise self.error(f"there is no Unicode property {name!r}")
        self.at = end + 1
        return ranges

    def character_class(self) -> Ranges:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            first = self.class_member()
            if self.peek("-") and not self.peek("-]"):
                start = self.at
                self.at += 1
                last = self.class_member()
                if (
                    len(first) == len(last) == 1
                    and first[0][0] == first[0][1] == min(first[0][1], last[0][0])
                    and last[0][0] == last[0][1]
                ):
                    ranges.append((first[0][0], last[0][1]))
                    continue
                if first[0][0] == first[-1][1] and last[0][0] == last[-1][1]:
                    self.at = start
                    raise self.error("a character range is out of order")
                ranges.extend((*last, (45, 45)))  # a class on either side: the hyphen is itself
            ranges.extend(first)
        return complement(normalise(ranges)) if negated else normalise(ranges)

    def class_member(self) -> Ranges:
        if self.at == len(self.pattern):
            raise self.error("a '[' is not closed")
        character = self.pattern[self.at]
        self.at += 1
        if character != "\\":
            return ((ord(character), ord(character)),)
        if self.at == len(self.pattern):
            raise self.error("a '[' is not closed")
        if self.take("b"):
            return ((8, 8),)
        return self.escaped_characters()
