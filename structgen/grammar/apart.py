"""Characters that hold words together: between two terminals, one may not touch another.

A grammar without a lexer would read `notx` as `not x`. Where its words are *apart*, a terminal that
begins with one of these characters does not come right after one that ends with one. So a boundary
has a class (see `structgen.grammar.outcomes`): whether what is right before it is such a character.
"""

from __future__ import annotations

from structgen.regular import ANY, EPSILON, Language

__all__ = ["FREE", "WORD", "Apart"]

FREE, WORD = 0, 1
"""The classes: anything may follow; nothing that begins with one of the characters."""


class Apart:
    """What may follow what.

    Args:
        characters: The characters, as texts of one character each.

    Example:
        >>> from structgen.regular import regex
        >>> apart = Apart(regex("[a-z]"))
        >>> apart.after("a(", FREE), apart.after("(a", WORD), apart.after("a", WORD)
        (0, 1, None)
    """

    def __init__(self, characters: Language) -> None:
        self._begins = characters + ANY
        self._ends = ANY + characters
        self._ways: dict[tuple[Language, int], dict[int, Language]] = {}

    def ways(self, language: Language, before: int) -> dict[int, Language]:
        """The texts that may come at a class and are not empty, by the class after them."""
        key = (language, before)
        ways = self._ways.get(key)
        if ways is None:
            allowed = language - EPSILON if language.nullable else language
            if before == WORD:
                allowed -= self._begins
            each = {FREE: allowed - self._ends, WORD: allowed & self._ends}
            ways = {after: texts for after, texts in each.items() if not texts.is_empty()}
            self._ways[key] = ways
        return ways

    def after(self, literal: str, before: int) -> int | None:
        """The class after a text, which is not empty; None: it may not come here."""
        if before == WORD and self._begins.matches(literal):
            return None
        return WORD if self._ends.matches(literal) else FREE

    def may_touch(self, language: Language, following: Language) -> bool:
        """Whether each text of a language may come right before each of another one."""
        return (language & self._ends).is_empty() or (following & self._begins).is_empty()

    def is_outside(self, language: Language) -> bool:
        """Whether no text of a language begins or ends with one of the characters."""
        return (language & (self._begins | self._ends)).is_empty()
