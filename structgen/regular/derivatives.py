"""Derivatives: what may follow each first character of a language.

Those of a term are made from those of its terms, which are kept: an intersection of patterns is
the product of their automata, of which only the states that are reached are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from structgen.regular.charset import SCALARS, Ranges, complement, normalise
from structgen.regular.language import EMPTY, EPSILON, Language, intersection, union

__all__ = ["derivatives"]

_Spans = list[tuple[int, int]]


def derivatives(term: Language) -> dict[Language, Ranges]:
    """{language of the rest: first characters}, as `Language.derivatives` says.

    Example:
        >>> from structgen.regular import text
        >>> found = derivatives(text("ab") | text("cd") | text("eb"))
        >>> found[text("b")], found[text("d")]
        (((97, 97), (101, 101)), ((99, 99),))
    """
    kind = term.kind
    if kind == "chars":
        rest = complement(term.ranges)
        return {EPSILON: term.ranges, EMPTY: rest} if rest else {EPSILON: term.ranges}
    if kind == "cat":
        first, second = term.terms
        if first.nullable:
            return _combined(
                term.terms,
                lambda rests: union((rests.get(0, EMPTY) + second, rests.get(1, EMPTY))),
            )
        return _each(first, lambda rest: rest + second)
    if kind == "repeat":
        part = term.terms[0]
        again = part.repeat(max(term.least - 1, 0), None if term.most is None else term.most - 1)
        return _each(part, lambda rest: rest + again)
    if kind == "not":
        return _each(term.terms[0], lambda rest: ~rest)
    if kind == "or":
        return _combined(term.terms, lambda rests: union(rests.values()))
    if kind == "and":
        count = len(term.terms)
        return _combined(
            term.terms,
            lambda rests: intersection(rests.values()) if len(rests) == count else EMPTY,
        )
    if term.definition is not None:
        definition = term.definition
        compared = list(dict.fromkeys(definition.compared()))
        numbers = {language: number for number, language in enumerate(compared)}
        return _combined(
            compared, lambda rests: definition.derive(lambda part: rests.get(numbers[part], EMPTY))
        )
    return {EMPTY: SCALARS}


def _each(term: Language, change: Callable[[Language], Language]) -> dict[Language, Ranges]:
    """The derivatives of one term, changed."""
    found: dict[Language, Ranges] = {}
    for rest, ranges in term.derivatives.items():
        changed = change(rest)
        before = found.get(changed)
        found[changed] = ranges if before is None else normalise((*before, *ranges))
    return found


def _combined(
    terms: Sequence[Language], combine: Callable[[dict[int, Language]], Language]
) -> dict[Language, Ranges]:
    """The derivatives of several terms, combined for each character.

    Args:
        terms: The terms.
        combine: From what is left of each term, by its number, where that is not empty.
    """
    # Sweep over the points where what is left of some term changes.
    ends: dict[int, list[int]] = {0: [], 0xD800: [], 0xE000: [], 0x110000: []}
    begins: dict[int, list[tuple[int, Language]]] = {}
    for number, term in enumerate(terms):
        for rest, ranges in term.derivatives.items():
            if rest is not EMPTY:
                for low, high in ranges:
                    begins.setdefault(low, []).append((number, rest))
                    ends.setdefault(high + 1, []).append(number)
    spans: dict[frozenset[tuple[int, Language]], _Spans] = {}
    rests: dict[int, Language] = {}
    points = sorted({*ends, *begins})
    for start, end in zip(points, points[1:], strict=False):
        for number in ends.get(start, ()):
            del rests[number]
        rests.update(begins.get(start, ()))
        if start != 0xD800:  # surrogates are no scalar values
            spans.setdefault(frozenset(rests.items()), []).append((start, end - 1))
    found: dict[Language, _Spans] = {}
    for key, where in spans.items():
        found.setdefault(combine(dict(key)), []).extend(where)
    return {rest: normalise(where) for rest, where in found.items()}
