"""Distributions by the last tokens: of the model's words, and of the text itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row

__all__ = ["Ngrams", "Trigrams"]

MAX_ENTRIES = 1 << 17  # then all are forgotten
_ORDERS = (4, 3, 2)
_KEPT = 10  # tokens for each context


class Ngrams:
    """For each n-gram of accepted text, the mean of the model's distributions after it.

    A draft follows the distribution, not only its peak: where decoding is random, growing a tree
    weighs it with the waiting times that the draw itself will use.

    Source:
        Song et al., 'STAND: Accelerated Test-Time Scaling with Model-Free Speculative Sampling',
        2025, sections 3.1 and 3.2.
    """

    name = "ngrams"

    def __init__(self) -> None:
        self._sums: dict[tuple[int, ...], tuple[int, dict[int, float]]] = {}

    def begin(self, prompt: Sequence[int]) -> None:
        """What is known stays known."""

    def propose(self, point: Point) -> Guess:
        """The distribution after the longest n-gram that is known."""
        for order in _ORDERS:
            found = self._sums.get(point.context[-order:])
            if found is not None:
                count, sums = found
                return [(token, total / count) for token, total in sums.items()]
        return ()

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Add the rows of the accepted path."""
        if len(self._sums) > MAX_ENTRIES:
            self._sums.clear()
        for row in rows:
            if row.token is None:
                continue
            for order in _ORDERS:
                count, sums = self._sums.get(row.context[-order:], (0, {}))
                joined = Counter(sums)
                joined.update(dict(row.guess))
                self._sums[row.context[-order:]] = count + 1, dict(joined.most_common(_KEPT))


class Trigrams:
    """For each pair of tokens, how often each token came next in what was generated.

    Source:
        Liu et al., 'Adaptive Draft-Verification for Efficient Large Language Model Decoding'
        (ADED), AAAI 2025: a tri-gram matrix updated from the model's output.
    """

    name = "trigrams"

    def __init__(self) -> None:
        self._counts: dict[tuple[int, ...], Counter[int]] = {}
        self._last: tuple[int, ...] = ()

    def begin(self, prompt: Sequence[int]) -> None:
        """What is known stays known."""
        self._last = tuple(prompt[-2:])

    def propose(self, point: Point) -> Guess:
        """Shares of what came next; one more case is kept for what never did."""
        counts = self._counts.get(point.context[-2:])
        if counts is None:
            return ()
        cases = counts.total() + 1
        return [(token, count / cases) for token, count in counts.most_common(_KEPT)]

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Count the tokens that the text has gained."""
        if len(self._counts) > MAX_ENTRIES:
            self._counts.clear()
        for token in added:
            self._counts.setdefault(self._last, Counter())[token] += 1
            self._last = (*self._last, token)[-2:]
