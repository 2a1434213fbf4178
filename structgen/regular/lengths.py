"""How many characters the texts of a language have."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator

from structgen.errors import LimitExceededError
from structgen.regular.language import EMPTY, Language, intersection, length

__all__ = [
    "is_unbounded",
    "least_length",
    "length_bound",
    "remaining",
    "shortest_length",
    "without_last_counter",
]

MAX_STEPS = 20_000
MAX_LENGTH_BOUND = 10_000
MAX_BOUND_STEPS = 100


def least_length(term: Language) -> int:
    """No text has fewer characters: see `Language.least_length`.

    Example:
        >>> from structgen.regular import regex
        >>> least_length(regex("a{3}|bcdef") & regex("x{2}|.*y{5}"))
        3
    """
    return _estimate(term, lambda part: part.least_length, max)


def remaining(term: Language) -> int:
    """How far a text seems to be from its end: see `Language.remaining`."""
    return _estimate(term, lambda part: part.remaining, sum)


def _estimate(
    term: Language, of: Callable[[Language], int], of_all: Callable[[Iterable[int]], int]
) -> int:
    if term.nullable:
        return 0
    if term.kind == "cat":
        return sum(map(of, _in_a_row(term)))
    if term.kind == "or":
        return min(map(of, term.terms))
    if term.kind == "and":
        return of_all(map(of, term.terms))
    return of(term.terms[0]) * term.least if term.kind == "repeat" else 1


def _in_a_row(term: Language) -> Iterator[Language]:
    """What a language is the concatenation of; without recursion, as a text has many characters."""
    while term.kind == "cat":
        first, term = term.terms
        yield first
    yield term


def shortest_length(term: Language) -> int:
    """The number of characters of a shortest text of a language that is not empty.

    A search over derivatives, those first that may have the shortest texts (Hart, Nilsson and
    Raphael, 'A formal basis for the heuristic determination of minimum cost paths', 1968).

    Raises:
        LimitExceededError: It takes more than `MAX_STEPS` languages.

    Example:
        >>> from structgen.regular import regex
        >>> shortest_length(regex("(ab)+") & regex("(aba|b)+"))
        4
    """
    if not term.extended:
        return term.least_length
    depths = {term: 0}
    queue = [(term.least_length, 0, term)]
    while True:
        least, order, reached = heapq.heappop(queue)  # there is a text
        if reached.nullable or not reached.extended:
            return least
        depth = depths[reached] + 1
        for target in reached.derivatives:
            if target is EMPTY or target.__dict__.get("is_live") is False:
                continue
            if depth < depths.get(target, depth + 1):
                depths[target] = depth
                heapq.heappush(queue, (depth + target.least_length, -len(depths), target))
        if len(depths) > MAX_STEPS:
            raise LimitExceededError(
                "How long a match of a combination of patterns is could not be decided in time",
                limit="regex_states",
            )


def length_bound(term: Language) -> int | None:
    """A bound on the shortest lengths of all rests: see `Language.length_bound`."""
    bound = _explored_bound(term) if term.extended else _structural_bound(term, {})
    return bound if bound is not None and bound <= MAX_LENGTH_BOUND else None


def _structural_bound(term: Language, known: dict[Language, int]) -> int:
    """A `length_bound` from the terms; `known`: those found before, as terms share terms."""
    bound = known.get(term)
    if bound is None:
        if term.kind == "cat":
            parts = _in_a_row(term)
            bound = sum(max(part.shortest_length, _structural_bound(part, known)) for part in parts)
        elif term.kind == "or":
            bound = max(_structural_bound(part, known) for part in term.terms)
        elif term.kind == "repeat":
            part = term.terms[0]
            bound = _structural_bound(part, known) + term.least * part.shortest_length
        else:
            bound = 1 if term.kind == "chars" else 0
        known[term] = bound
    return bound


def _explored_bound(term: Language) -> int | None:
    near = {term}
    queue = [term]
    for reached in queue:
        for target in reached.derivatives:
            if target not in near and target.__dict__.get("is_live") is not False:
                near.add(target)
                queue.append(target)
        if len(near) > MAX_BOUND_STEPS:
            return None
    return max(reached.shortest_length for reached in near if reached.is_live)


def is_unbounded(term: Language) -> bool:
    """Whether there are texts of any length, as far as is plain to see; `term` is not empty.

    Example:
        >>> from structgen.regular import regex
        >>> is_unbounded(regex("a(b|c*)")), is_unbounded(regex("a(b|c{0,9})"))
        (True, False)
    """
    if term.kind == "cat":
        return any(map(is_unbounded, _in_a_row(term)))
    if term.kind == "or":
        return any(map(is_unbounded, term.terms))
    return term.kind == "repeat" and (term.most is None or is_unbounded(term.terms[0]))


def without_last_counter(term: Language) -> tuple[Language, int | None]:
    """The language with the limit of a last repetition taken out: (language, longest text).

    `[a-z][a-z0-9]{0,254}` is `[a-z][a-z0-9]*` of at most 255 characters. The second part is None
    where the language has no such form and stays as it is. An intersection with `length(0, n)` is
    taken apart as well.

    Example:
        >>> from structgen.regular import regex
        >>> without_last_counter(regex("[a-z][0-9]{0,9}")) == (regex("[a-z][0-9]*"), 10)
        True
    """
    if term.kind == "and":
        for part in term.terms:
            if part is length(0, part.most) and part.kind == "repeat":
                return intersection(other for other in term.terms if other is not part), part.most
        return term, None
    *before, last = _in_a_row(term)
    if last.kind != "repeat" or any(part.kind != "chars" for part in (*before, *last.terms)):
        return term, None
    if last.most is None:
        return term, None
    longest = len(before) + last.most
    last = last.terms[0].repeat(last.least)
    for part in reversed(before):
        last = part + last
    return last, longest
