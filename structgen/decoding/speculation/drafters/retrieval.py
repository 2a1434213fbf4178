"""What came after the same tokens in a store of texts, as far as other drafters find it likely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from structgen.decoding.speculation.drafters.heads import heads_folder
from structgen.decoding.speculation.drafters.protocol import CONTEXT_TOKENS, Guess, Point, Row
from structgen.errors import GenerationError

__all__ = ["JUDGES", "Datastore", "Retrieval"]

JUDGES = ("hydra", "medusa", "draft", "exit")  # drafters whose guesses are distributions
_LEAST = 2  # tokens in common with the store
_MOST_PLACES = 512  # that are counted
_KEPT = 8  # tokens of a guess
_BREAK = -1  # between texts
_NOTHING: tuple[int, Sequence[tuple[int, float]]] = (0, ())


class Datastore:
    """Texts in which contexts are found by a suffix array.

    Suffixes are ordered by as many tokens as a context has.

    Args:
        texts: Their tokens.

    Source:
        Manber and Myers, 'Suffix Arrays: A New Method for On-Line String Searches', SIAM Journal
        on Computing 22(5), 1993 (ordering by doubled prefixes).

    Example:
        >>> store = Datastore([[1, 2, 3], [1, 2, 4], [2, 3]])
        >>> store.after([9, 1, 2])
        (2, [(3, 0.5), (4, 0.5)])
        >>> len(store)
        8
    """

    def __init__(self, texts: Iterable[Sequence[int]]) -> None:
        parts = [np.append(np.asarray(text, np.int64), _BREAK) for text in texts]
        self._tokens = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        self._order = _suffix_order(self._tokens)
        self._size = len(self._tokens) - len(parts)

    def __len__(self) -> int:
        """How many tokens the texts have."""
        return self._size

    def after(self, context: Sequence[int]) -> tuple[int, Sequence[tuple[int, float]]]:
        """What came after the longest end of a context that occurs in the texts.

        Args:
            context: The last `CONTEXT_TOKENS` count.

        Returns:
            How long that end is, and the tokens with their shares; 0 and nothing where it is
            shorter than two tokens or texts ended there.
        """
        context = list(context[-CONTEXT_TOKENS:])
        known, unknown = 0, len(context) + 1
        while unknown - known > 1:  # an end that occurs has shorter ends that do
            length = (known + unknown) // 2
            low, high = self._places(context[-length:])
            known, unknown = (length, unknown) if low < high else (known, length)
        if known < _LEAST:
            return _NOTHING
        low, high = self._places(context[-known:])
        step = -(-(high - low) // _MOST_PLACES)
        nexts = self._tokens[self._order[low:high:step] + known]
        tokens, counts = np.unique(nexts[nexts != _BREAK], return_counts=True)
        best = np.argsort(-counts, kind="stable")[:_KEPT]
        total = len(nexts)
        return known, [(int(tokens[i]), float(counts[i]) / total) for i in best]

    def _places(self, wanted: list[int]) -> tuple[int, int]:
        """The range of the suffix order where suffixes begin with these tokens."""
        bounds = []
        for beyond in (False, True):
            low, high = 0, len(self._order)
            while low < high:
                middle = (low + high) // 2
                place = self._order[middle]
                begins = self._tokens[place : place + len(wanted)].tolist()
                if begins < wanted or (beyond and begins == wanted):
                    low = middle + 1
                else:
                    high = middle
            bounds.append(low)
        return bounds[0], bounds[1]


class Retrieval:
    """Retrieved drafts, pruned by drafters that have a distribution, and merged with theirs.

    Where one of `JUDGES` has spoken of a point before this drafter is asked, retrieved tokens that
    none of them lists are left out, and with them all that would have been retrieved after them.

    Args:
        store: The texts; None takes those that the model's heads were trained on.

    Source:
        Quan et al., 'RASD: Retrieval-Augmented Speculative Decoding', ACL 2025: pruning of the
        retrieval tree, and fusion of trees by longest common prefixes (of which growing one tree
        from all guesses is the result).
    """

    name = "retrieval"

    def __init__(self, store: Datastore | None = None) -> None:
        self._store = store

    def begin(self, prompt: Sequence[int]) -> None:
        """The store does not change."""

    def propose(self, point: Point) -> Guess:
        """What came after the longest end of the context that the store has.

        Raises:
            GenerationError: No store was given, and there are no texts of the model.
        """
        if self._store is None:
            self._store = _training_texts(point)
        length, shares = self._store.after(point.context)
        judges = [point.said[name] for name in JUDGES if point.said.get(name)]
        if judges:
            listed = {token for guess in judges for token, _ in guess}
            shares = [(token, share) for token, share in shares if token in listed]
        trust = length / (length + 1)
        return [(token, trust * share) for token, share in shares]

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Nothing is learnt."""


def _training_texts(point: Point) -> Datastore:
    from structgen.decoding.speculation.training.texts import read_answers

    if point.inside is None:
        raise GenerationError(
            "The drafter 'retrieval' needs texts: give it a Datastore, or use a model of "
            "transformers whose heads were trained"
        )
    answers = read_answers(heads_folder(point.inside.session.inner.model) / "texts")
    if not answers:
        raise GenerationError(
            "There are no texts of this model for the drafter 'retrieval': make them with "
            "`structgen train-heads`, or give it a Datastore"
        )
    return Datastore(answers)


def _suffix_order(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n], the beginnings of suffixes in the order of at least `CONTEXT_TOKENS` + 1 tokens."""
    _, rank = np.unique(tokens, return_inverse=True)
    length = 1
    while length <= CONTEXT_TOKENS:
        second = np.full(len(tokens), -1, np.int64)
        second[:-length] = rank[length:]
        pairs = rank.astype(np.int64) * (len(tokens) + 1) + second + 1
        _, rank = np.unique(pairs, return_inverse=True)
        length *= 2
    return np.argsort(rank, kind="stable")
