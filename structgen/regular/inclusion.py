"""Which languages hold others, as far as their counts show it.

Nested counts can read one text in many ways: `(a{0,9}b?){0,9}` may be in any of its rounds after
`aaa`, each with other counts left. Whatever follows the one with fewer left can follow the one with
more, so those that are held by another are left out, and what remains grows no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structgen.regular.language import Language

__all__ = ["holds", "without_held"]

FEW = 4  # so many with the same repeated part are no trouble
MANY = 256  # and so many are different texts, not counts of one


def without_held(terms: Iterable[Language]) -> list[Language]:
    """The languages but for those that another one holds by its counts.

    Example:
        >>> from structgen.regular import regex
        >>> union = [regex(f"a{{0,{n}}}b") for n in (3, 7, 1, 5)]
        >>> without_held(union) == [regex("a{0,7}b")]
        True
    """
    kept = list(terms)
    groups: dict[Language, list[Language]] = {}
    for term in kept:
        first = _first(term)
        if first.kind == "repeat" and first.most is not None:
            groups.setdefault(first.terms[0], []).append(term)
    held = {
        term
        for group in groups.values()
        if FEW <= len(group) <= MANY
        for term in group
        if any(other is not term and holds(other, term) for other in group)
    }
    return [term for term in kept if term not in held] if held else kept


def holds(outer: Language, inner: Language) -> bool:
    """Whether each text of `inner` is one of `outer`, as far as the counts of like terms show it.

    Example:
        >>> from structgen.regular import regex
        >>> holds(regex("(a{0,5}b){2,}"), regex("(a{1,5}b){3,4}")), holds(regex("a*"), regex("b*"))
        (True, False)
    """
    waiting = [(outer, inner)]
    while waiting:
        outer, inner = waiting.pop()
        if outer is inner:
            continue
        if outer.kind != inner.kind or outer.kind not in ("cat", "repeat"):
            return False
        if outer.kind == "repeat" and not (
            outer.least <= inner.least
            and (outer.most is None or (inner.most is not None and inner.most <= outer.most))
        ):
            return False
        waiting += zip(outer.terms, inner.terms, strict=True)
    return True


def _first(term: Language) -> Language:
    while term.kind == "cat":
        term = term.terms[0]
    return term
