"""A language over fewer characters."""

from __future__ import annotations

from structgen.regular.charset import Ranges, intersect
from structgen.regular.language import Language, characters

__all__ = ["within"]


def within(language: Language, alphabet: Ranges) -> Language:
    """A language of which whatever begins within an alphabet can be completed within it.

    Over the alphabet its texts are those of `language`. That is the intersection with all texts
    over the alphabet; but a term without intersection and complement in which every class of
    characters has a member in the alphabet has the property already (replacing each class by that
    member completes whatever has begun), and stays as it is.

    Args:
        language: Any language.
        alphabet: Ranges of code points, with every code point that has the same first byte in
            UTF-8 (so that the property holds within a character, too).

    Example:
        >>> from structgen.regular import regex
        >>> letters = regex("[a-z]+", "python")
        >>> within(letters, ((0x61, 0x62),)) is letters
        True
        >>> within(regex("ax|b", "python"), ((0x61, 0x62),)).matches("ax")
        False
    """
    if not language.extended and all(intersect(c, alphabet) for c in _classes(language)):
        return language
    return language & characters(alphabet).repeat()


def _classes(language: Language) -> list[Ranges]:
    """The character classes that a term is made of."""
    classes = []
    seen = {language}
    queue = [language]
    for term in queue:
        if term.kind == "chars":
            classes.append(term.ranges)
        for part in term.terms:
            if part not in seen:
                seen.add(part)
                queue.append(part)
    return classes
