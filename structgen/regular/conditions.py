"""What a match demands of the text to come."""

from __future__ import annotations

from collections.abc import Iterable

from structgen.errors import LimitExceededError
from structgen.regular.language import ANY, EMPTY, Language

__all__ = [
    "ALWAYS",
    "NEVER",
    "Condition",
    "Obligations",
    "both",
    "check_size",
    "least",
    "obliged",
    "some",
]

MAX_ALTERNATIVES = 2_000

Obligations = frozenset[Language]
"""Languages that the rest of the text must all be in."""

Condition = frozenset[Obligations]
"""Obligations of which some must be met; those that others imply by being fewer are left out."""

ALWAYS: Condition = frozenset((frozenset(),))
NEVER: Condition = frozenset()


def check_size(count: int) -> None:
    """Refuse more than `MAX_ALTERNATIVES`.

    Raises:
        LimitExceededError: There are more.
    """
    if count > MAX_ALTERNATIVES:
        raise LimitExceededError("A pattern asserts too much at once", limit="regex_states")


def obliged(language: Language) -> Condition:
    """The rest of the text is in a language."""
    if language is ANY:
        return ALWAYS
    return NEVER if language is EMPTY else frozenset((frozenset((language,)),))


def least(alternatives: Iterable[Obligations]) -> Condition:
    """The condition that some of these obligations are met.

    Raises:
        LimitExceededError: There are too many.

    Example:
        >>> from structgen.regular.language import text
        >>> a, b = text("a"), text("b")
        >>> least([frozenset((a, b)), frozenset((a,))]) == obliged(a)
        True
    """
    found = frozenset(alternatives)
    check_size(len(found))
    if len(found) < 2:
        return found
    return frozenset(
        obligations for obligations in found if not any(fewer < obligations for fewer in found)
    )


def both(first: Condition, second: Condition) -> Condition:
    """One and the other.

    Raises:
        LimitExceededError: There are too many ways to meet them.
    """
    check_size(len(first) * len(second))
    return least(a | b for a in first for b in second)


def some(conditions: Iterable[Condition]) -> Condition:
    """Any of them.

    Raises:
        LimitExceededError: There are too many ways to meet them.
    """
    return least(obligations for condition in conditions for obligations in condition)
