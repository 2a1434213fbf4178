"""Regular expressions and choices as grammars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from structgen import regular
from structgen.errors import UnsatisfiableError
from structgen.network import Network
from structgen.regular import Language

__all__ = ["RegularGrammar", "choice", "regex"]


@dataclass(frozen=True)
class RegularGrammar:
    """The texts of a regular language."""

    language: Language

    def start(self, network: Network) -> int:
        """The piece that reads a text of the language."""
        return network.automaton(self.language.automaton())


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
    return RegularGrammar(language)


def choice(texts: Iterable[str]) -> RegularGrammar:
    """One of these texts.

    Raises:
        UnsatisfiableError: There is none.

    Example:
        >>> choice(["yes", "no"]).language.matches("no")
        True
    """
    language = regular.union(regular.text(text) for text in texts)
    if language.is_empty():
        raise UnsatisfiableError("A choice needs at least one text")
    return RegularGrammar(language)
