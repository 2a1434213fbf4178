"""What the two dialects share: a place in a text, quoted texts, character classes, counts."""

from __future__ import annotations

import re
from collections.abc import Callable

from structgen import regular
from structgen.errors import GrammarError, LimitExceededError
from structgen.grammar import Expression, Literal, Repetition, Terminal, error_at
from structgen.grammar.checks import check_text
from structgen.regular import Language

__all__ = ["Scanner", "counted", "not_characters"]

MAX_CHARACTERS = 2_000_000
MAX_NESTING = 100

_COUNT = re.compile(r"\{\s*(\d+)?\s*(,)?\s*(\d+)?\s*\}")
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "f": "\f",
    "v": "\v",
    "a": "\a",
    "b": "\b",
    "0": "\0",
}
_PLAIN = {'"': re.compile(r'"([^"\\\n]*)"'), "'": re.compile(r"'([^'\\\n]*)'")}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_OPERATORS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class Scanner:
    """A place in a grammar text.

    Args:
        text: The text.
        blank: A regular expression for what may stand between two words.

    Raises:
        TypeError: The text is no string.
        GrammarError: It holds a lone surrogate.
        LimitExceededError: It is longer than `MAX_CHARACTERS`.
    """

    def __init__(self, text: str, blank: str) -> None:
        check_text(text, MAX_CHARACTERS)
        self.text = text
        self.at = 0
        self._blank = re.compile(blank)
        self._depth = 0

    def error(self, message: str, length: int = 1) -> GrammarError:
        """An error about the next `length` characters."""
        return error_at(message, self.text, (self.at, self.at + length))

    def found(self) -> str:
        """What is at the place, for a message."""
        if self.at >= len(self.text):
            return "the end of the text"
        character = self.text[self.at]
        return "the end of the line" if character == "\n" else repr(character)

    def skip(self) -> None:
        """Go past what may stand between two words."""
        match = self._blank.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def looking_at(self, word: str) -> bool:
        """Whether `word` comes next."""
        return self.text.startswith(word, self.at)

    def take(self, word: str) -> bool:
        """Go past `word` and what may follow it, if it comes next."""
        if not self.looking_at(word):
            return False
        self.at += len(word)
        self.skip()
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here; the place stays."""
        return pattern.match(self.text, self.at)

    def nested(self, read: Callable[[], Expression], opened: int) -> Expression:
        """Read what is in parentheses; `opened` is where they open.

        Raises:
            GrammarError: They are not closed.
            LimitExceededError: They are nested more deeply than `MAX_NESTING`.
        """
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise LimitExceededError(
                f"A grammar's parentheses are nested more than {MAX_NESTING} deep",
                limit="grammar_nesting",
            )
        inner = read()
        if not self.looking_at(")"):
            raise error_at(
                f"a parenthesis is not closed: expected ')', found {self.found()}",
                self.text,
                (opened, opened + 1),
            )
        self.at += 1
        self._depth -= 1
        return inner

    # --- Texts and characters -------------------------------------------------------------------

    def quoted(self, *, escapes: bool) -> Literal:
        """A quoted text on one line.

        Raises:
            GrammarError: It does not end, or an escape is malformed.
        """
        opened = self.at
        quote = self.text[self.at]
        plain = _PLAIN[quote].match(self.text, opened)
        if plain is not None:
            self.at = plain.end()
            return Literal(plain[1])
        self.at += 1
        characters = []
        while not self.looking_at(quote):
            if self.at >= len(self.text) or self.looking_at("\n"):
                raise error_at(
                    f"a quoted text does not end: expected {quote} on the same line",
                    self.text,
                    (opened, self.at),
                )
            characters.append(self._character(escapes=escapes))
        self.at += 1
        value = "".join(characters)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise error_at(
                    "a lone surrogate is no text", self.text, (opened, self.at)
                ) from None
        return Literal(value)

    def _character(self, *, escapes: bool) -> str:
        character = self.text[self.at]
        if character != "\\" or not escapes:
            self.at += 1
            return character
        letter = self.text[self.at + 1 : self.at + 2]
        digits = _HEX_DIGITS.get(letter)
        if digits is not None:
            code = self.text[self.at + 2 : self.at + 2 + digits]
            try:
                value = chr(int(code, 16)) if len(code) == digits else None
            except (ValueError, OverflowError):
                value = None
            if value is None:
                raise self.error(f"expected {digits} hexadecimal digits of a character", 2)
            self.at += 2 + digits
            return value
        if not letter or letter == "\n" or (letter.isalnum() and letter not in _ESCAPES):
            raise self.error(f"'\\{letter}' is no known escape", 2)
        self.at += 2
        return _ESCAPES.get(letter, letter)

    def character_class(self, *, codes: bool) -> Terminal:
        """`[a-z]` or `[^a-z]`; with `codes`, `#x41` is a character too.

        Raises:
            GrammarError: It does not end, is empty, or a range is the wrong way round.
        """
        opened = self.at
        self.at += 1
        negated = self.looking_at("^")
        self.at += negated
        ranges = []
        while not self.looking_at("]"):
            if self.at >= len(self.text) or self.looking_at("\n"):
                raise error_at(
                    "a character class does not end: expected ] on the same line",
                    self.text,
                    (opened, self.at),
                )
            begin = self.at
            low = high = self._class_character(codes=codes)
            if self.looking_at("-") and not self.looking_at("-]"):
                self.at += 1
                if self.at >= len(self.text) or self.looking_at("\n"):
                    continue
                high = self._class_character(codes=codes)
            if high < low:
                raise error_at(
                    "the first character of a range comes after the last",
                    self.text,
                    (begin, self.at),
                )
            ranges.append((low, high))
        self.at += 1
        language = not_characters(ranges) if negated else regular.characters(ranges)
        name = self.text[opened : self.at]
        if language.is_empty():
            raise error_at(f"no character is in {name}", self.text, (opened, self.at))
        return Terminal(language, name)

    def _class_character(self, *, codes: bool) -> int:
        if codes and self.looking_at("#x"):
            return self.code()
        return ord(self._character(escapes=True))

    def code(self) -> int:
        """The code point of `#x41`.

        Raises:
            GrammarError: It is malformed, or no character has it.
        """
        match = re.compile(r"#x([0-9A-Fa-f]+)").match(self.text, self.at)
        value = int(match[1], 16) if match else -1
        if match is None or value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
            raise self.error("expected the hexadecimal code of a character, such as #x41", 2)
        self.at = match.end()
        return value

    # --- How often ------------------------------------------------------------------------------

    def repeated(self, body: Expression) -> Expression:
        """`body` with the operators that come next: `*`, `+`, `?`, `{m,n}`.

        Raises:
            GrammarError: A count is malformed.
        """
        while self.at < len(self.text):
            operator = self.text[self.at]
            if operator in _OPERATORS:
                body = counted(body, *_OPERATORS[operator])
                self.at += 1
            elif operator == "{":
                match = _COUNT.match(self.text, self.at)
                if match is None or (match[1] is None and match[3] is None):
                    raise self.error("expected a count: {2}, {2,}, {,3} or {2,3}")
                least = int(match[1] or 0)
                most = int(match[3]) if match[3] else None if match[2] else least
                if most is not None and most < least:
                    raise self.error(
                        "a count's first number is larger than its second", len(match[0])
                    )
                body = counted(body, least, most)
                self.at = match.end()
            else:
                break
        return body


def counted(body: Expression, least: int, most: int | None) -> Expression:
    """`body`, `least` to `most` times in a row."""
    return body if (least, most) == (1, 1) else Repetition(body, least, most)


def not_characters(ranges: list[tuple[int, int]]) -> Language:
    """Every character but these."""
    return regular.length(1, 1) - regular.characters(ranges)
