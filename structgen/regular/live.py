"""Characters that may follow without an end, as strings do not run out of their letters."""

from __future__ import annotations

from typing import NamedTuple

from structgen.regular.charset import SCALAR_COUNT, SCALARS, Ranges
from structgen.regular.language import ANY, Language

__all__ = ["Live", "live"]


class Live(NamedTuple):
    """Characters of which every text can be continued (see `Language.live`).

    Attributes:
        characters: The characters.
        shortest: With at most this many characters there is a text that continues none of them.
        tail: After n of them, max(`shortest` - n, `tail`) more are enough; None: not known.
    """

    characters: Ranges
    shortest: int
    tail: int | None

    @property
    def size(self) -> int:
        """How many characters they are."""
        return sum(high - low + 1 for low, high in self.characters)

    def then(self, length: int) -> Live:
        """The same where a text of `length` characters must follow."""
        tail = None if self.tail is None else self.tail + length
        return Live(self.characters, self.shortest + length, tail)


_NOT_LIVE = Live((), 0, None)


def live(term: Language) -> Live:
    """Characters of which every text can be continued, as `Language.live` says.

    Example:
        >>> from structgen.regular import regex
        >>> live(regex("[a-c]*x"))
        Live(characters=((97, 99),), shortest=1, tail=1)
    """
    if term.kind == "cat":
        first, second = term.terms
        return first.live.then(second.shortest_length) if second.is_live else _NOT_LIVE
    if term.kind == "repeat":
        part = term.terms[0]
        if part.kind == "chars" and term.most is None:
            return Live(part.ranges, term.least, 0)
        if term.least > 1:
            return part.live.then((term.least - 1) * part.shortest_length)
        return part.live
    if term.kind == "or":
        return max((part.live for part in term.terms), key=lambda live: live.size)
    if term.kind == "and":
        # Continue to a text of one after the other; each stays satisfied by those that follow.
        if all(part.live.size == SCALAR_COUNT and _is_extensible(part) for part in term.terms):
            return Live(SCALARS, 0, None)
    elif term.kind == "not" and _is_finite(term.terms[0]):
        return Live(SCALARS, 0, None)
    return _NOT_LIVE


def _is_extensible(term: Language) -> bool:
    """Whether its texts stay in the language whatever follows them, as far as is plain."""
    if term.kind == "cat":
        return _is_extensible(term.terms[1])
    if term.kind in ("or", "and"):
        return all(map(_is_extensible, term.terms))
    return term is ANY


def _is_finite(term: Language) -> bool:
    """Whether the language has finitely many texts, as far as is plain to see."""
    if term.kind in ("not", "defined"):
        return False
    if term.kind == "repeat":
        return term.most is not None and _is_finite(term.terms[0])
    return (any if term.kind == "and" else all)(map(_is_finite, term.terms))
