"""Whether some text is in a language: a search for one, the most promising rest first."""

from __future__ import annotations

import heapq

from structgen.errors import LimitExceededError
from structgen.regular.language import EMPTY, Language, length
from structgen.regular.lengths import is_unbounded

__all__ = ["is_live"]

MAX_STEPS = 20_000


def is_live(term: Language) -> bool:
    """Whether some text is in a language.

    Terms without intersection, complement and definition are not empty but for the empty term.
    For others it is a search over derivatives: best first, by how much is still to come. What it
    finds out on its way is kept, so going on along a text costs little.

    Raises:
        LimitExceededError: It takes more than `MAX_STEPS` languages.

    Example:
        >>> from structgen.regular import regex, length
        >>> is_live(regex("(ab)*") & length(99)), is_live(regex("(ab)*") & length(99, 99))
        (True, False)
    """
    if not term.extended:
        return term is not EMPTY
    before: dict[Language, Language | None] = {term: None}
    queue = [(term.remaining, 0, term)]
    while queue:
        _, _, reached = heapq.heappop(queue)
        if _is_plainly_live(reached):
            step: Language | None = reached
            while step is not None:
                step.__dict__["is_live"] = True
                step = before[step]
            return True
        for target in reached.derivatives:
            if target is EMPTY or target in before or target.__dict__.get("is_live") is False:
                continue
            before[target] = reached
            heapq.heappush(queue, (target.remaining, len(before), target))
        if len(before) > MAX_STEPS:
            raise LimitExceededError(
                "Whether a combination of patterns has any match could not be decided in time",
                limit="regex_states",
            )
    for reached in before:  # from none of them is a match reached
        reached.__dict__["is_live"] = False
    return False


def _is_plainly_live(term: Language) -> bool:
    if term.nullable or not term.extended or term.__dict__.get("is_live") is True:
        return True
    if term.kind != "and" or len(term.terms) != 2:
        return False
    # A pattern that goes on for ever has texts that are long enough.
    return any(
        number is length(number.least) and not other.extended and is_unbounded(other)
        for number, other in (term.terms, term.terms[::-1])
    )
