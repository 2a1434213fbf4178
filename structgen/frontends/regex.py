"""Regular expressions and choices as grammars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from structgen import regular
from structgen.errors import UnsatisfiableError
from structgen.grammar import SourceCall
from structgen.network import Network
from structgen.regular import Language, Ranges

__all__ = ["RegularGrammar", "choice", "regex"]


@dataclass(frozen=True)
class RegularGrammar:
    """The texts of a regular language.

    Attributes:
        language: The language.
        source: How it was made; None: not by a front end.
    """

    language: Language
    source: SourceCall | None = field(default=None, compare=False)

    def start(self, network: Network) -> int:
        """The piece that reads a text of the language."""
        return network.automaton(self.language.automaton())

    def within(self, characters: Ranges) -> RegularGrammar:
        """The same texts over these characters; what begins over them can be completed over them.

        Args:
            characters: Ranges of code points, with every code point that has the same first byte
                in UTF-8.

        Raises:
            UnsatisfiableError: There is none.
            LimitExceededError: Deciding that needs more states than the limit.

        Example:
            >>> regex("ax|b").within(((0x61, 0x62),)).language.matches("ax")
            False
        """
        language = regular.within(self.language, characters)
        if language.is_empty():
            raise UnsatisfiableError("No text of the language is written in these characters")
        return RegularGrammar(language, self.source)


def regex(pattern: str, *, syntax: Literal["python", "ecma"] = "python") -> RegularGrammar:
    r"""Texts that match a regular expression as a whole.

    Args:
        pattern: The expression.
        syntax: "python" or "ecma" (ECMA-262 with the `u` flag).

    Raises:
        GrammarError: The expression is malformed or not supported exactly.
        UnsatisfiableError: Nothing matches it.
        LimitExceededError: It needs more states than the limit.

    Example:
        >>> regex(r"\d{4}-\d{2}").language.matches("2026-11")
        True
    """
    language = regular.regex(pattern, syntax)
    if language.is_empty():
        raise UnsatisfiableError(f"No text matches the pattern {pattern!r}")
    return RegularGrammar(language, SourceCall("regex", {"pattern": pattern, "syntax": syntax}))


def choice(texts: Iterable[str]) -> RegularGrammar:
    """One of these texts.

    Raises:
        UnsatisfiableError: There is none.
        TypeError: `texts` is a string, or one of them is not.

    Example:
        >>> choice(["yes", "no"]).language.matches("no")
        True
    """
    members = list(texts)
    if isinstance(texts, str) or not all(isinstance(text, str) for text in members):
        raise TypeError(f"A choice is of a list of strings, not {texts!r}")
    language = regular.union(regular.text(text) for text in members)
    if language.is_empty():
        raise UnsatisfiableError("A choice needs at least one text")
    return RegularGrammar(language, SourceCall("choice", {"texts": members}))
