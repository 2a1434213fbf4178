"""Whether texts can always go on in infinitely many ways."""

from __future__ import annotations

from functools import lru_cache

from structgen.errors import LimitExceededError
from structgen.regular.language import Language

__all__ = ["leaves_room"]

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
