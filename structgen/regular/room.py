"""Whether texts can always go on in infinitely many ways."""

from __future__ import annotations

from functools import lru_cache

from structgen.errors import LimitExceededError
from structgen.regular.language import Language

__all__ = ["leaves_room", "spare_texts"]

MAX_LANGUAGES = 64


@lru_cache(maxsize=1024)
def leaves_room(language: Language) -> bool:
    """Whether every beginning of a text of `language` is one of infinitely many of its texts.

    No, too, where more than `MAX_LANGUAGES` derivatives would have to be looked at.

    Example:
        >>> from structgen import regular
        >>> [leaves_room(regular.regex(pattern)) for pattern in ("[ab]{2,}", "[ab]*c")]
        [True, False]
    """
    successors: dict[Language, list[Language]] = {}
    waiting = [language]
    try:
        while waiting:
            term = waiting.pop()
            if term in successors:
                continue
            if len(successors) == MAX_LANGUAGES:
                return False
            successors[term] = [each for each in term.derivatives if each.is_live]
            waiting += successors[term]
    except LimitExceededError:
        return False
    # A language is infinite if a circle can be reached: a walk that never ends visits one.
    endless = {term for term in successors if term in _reachable(successors, term)}
    return all(term in endless or endless & _reachable(successors, term) for term in successors)


def _reachable(successors: dict[Language, list[Language]], start: Language) -> set[Language]:
    found: set[Language] = set()
    waiting = [*successors[start]]
    while waiting:
        term = waiting.pop()
        if term not in found:
            found.add(term)
            waiting += successors[term]
    return found


def spare_texts(language: Language, text: str, most: int) -> int:
    """The fewest texts of a language that begin as `text` does, over all beginnings of `text`.

    Beginnings that no text of the language has do not count.

    Args:
        language: The language.
        text: The text, in the language or not.
        most: The count ends here, and sooner where texts are long: the answer is never too large.

    Example:
        >>> from structgen import regular
        >>> [spare_texts(regular.regex("[ab]{1,3}"), text, 9) for text in ("a", "ab", "b?")]
        [7, 3, 7]
    """
    fewest, term = most, language
    try:
        fewest = _count(term, fewest)
        for point in map(ord, text):
            term = next(
                target
                for target, ranges in term.derivatives.items()
                if any(low <= point <= high for low, high in ranges)
            )
            if not term.is_live:
                break
            fewest = _count(term, fewest)
    except LimitExceededError:
        return 0
    return fewest


def _count(language: Language, most: int) -> int:
    """How many texts a language has, counted up to `most`, or those that are not too long."""
    total = seen = 0
    level = {language: 1}
    while seen <= MAX_LANGUAGES:
        seen += len(level)
        total += sum(ways for term, ways in level.items() if term.nullable)
        if total >= most or not level:
            return min(total, most)
        following: dict[Language, int] = {}
        for term, ways in level.items():
            for target, ranges in term.derivatives.items():
                if target.is_live:
                    size = sum(high - low + 1 for low, high in ranges)
                    following[target] = following.get(target, 0) + ways * size
        level = following
    return total
