"""The automaton of a set of numbers: an interval, multiples, and how they may be written."""

from __future__ import annotations

from collections.abc import Set
from fractions import Fraction
from functools import lru_cache

from structgen.frontends.json_schema.multiples import Multiples
from structgen.frontends.json_schema.notations import NotationAutomaton
from structgen.frontends.json_schema.numbers import NumberBounds

__all__ = ["number_texts"]


@lru_cache(maxsize=4096)
def number_texts(
    bounds: NumberBounds,
    not_multiples: Set[Fraction] = frozenset(),
    plain: bool | None = None,
) -> NotationAutomaton | None:
    """The automaton over the bytes of the JSON texts of some numbers; None: there are none.

    Which notations it reads is stated in docs/numbers.md. Equal arguments give the same automaton,
    which has endlessly many states, made when reached.

    Args:
        bounds: They are in these.
        not_multiples: They are multiples of none of these.
        plain: True: written without a fraction and an exponent; False: with one; None: either.

    Example:
        >>> automaton = number_texts(NumberBounds(maximum=100, integer=True))
        >>> [automaton.matches(text) for text in ("1E2", "8.5e1", "8.5e0", "1e3", "-6.7e32")]
        [True, True, False, False, True]
        >>> odd = number_texts(NumberBounds(integer=True), frozenset((Fraction(2),)))
        >>> [odd.matches(text) for text in ("3", "30", "1.5e1", "1.5e2")]
        [True, False, True, False]
    """
    if plain:
        bounds = bounds.intersect(NumberBounds(integer=True))
    step = bounds.multiple_of
    multiples = Multiples(step if isinstance(step, Fraction) else None, not_multiples)
    sides = [bounds.magnitudes(negative=negative) for negative in (False, True)]
    positive, negative = (side and multiples.inside(side) for side in sides)
    if positive is None and negative is None:
        return None
    return NotationAutomaton(positive=positive, negative=negative, multiples=multiples, plain=plain)
