"""An output head with few rows: the frequent tokens', and where few tokens are legal theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from structgen.bitmask import allowed_tokens
from structgen.decoding.speculation.drafters.protocol import Guess

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["TrimmedHead"]

_KEPT = 8  # tokens of a guess
_SURE = 0.999


class TrimmedHead:
    """Chances of the frequent tokens and, where no more than as many are legal, of all of those.

    A draft has to be likely, not exact, and most of a vocabulary is hardly ever written; the rows
    of the head that are left out need not be read.

    Args:
        weight: floating[V, d], the whole head's.
        tokens: The frequent ones, each below V.
        bias: floating[V], or None.

    Source:
        Goel et al., 'VocabTrim: Vocabulary Pruning for Efficient Speculative Decoding in LLMs',
        2025.
    """

    def __init__(
        self, weight: torch.Tensor, tokens: Sequence[int], bias: torch.Tensor | None = None
    ) -> None:
        self._tokens = np.unique(np.asarray(tokens, np.int64))
        self._weight = weight
        self._bias = bias
        self._rows = weight[self._index(self._tokens)]

    def guess(self, state: torch.Tensor, mask: NDArray[np.int32]) -> Guess:
        """The most probable tokens that are legal, and their chances among those looked at.

        Args:
            state: floating[d], what the whole head would be given.
            mask: int32[W], what is legal.

        Example:
            >>> import torch
            >>> head = TrimmedHead(torch.eye(3), [0])
            >>> state = torch.tensor([1.0, 2.0, 3.0])
            >>> head.guess(state, np.array([0b111], np.int32))
            [(0, 0.999)]
            >>> head.guess(state, np.array([0b100], np.int32))
            [(2, 1.0)]
        """
        import torch

        legal = allowed_tokens(mask)
        legal = legal[legal < len(self._weight)]
        few = len(legal) <= len(self._tokens)
        tokens = legal if few else self._tokens
        rows = self._weight[self._index(legal)] if few else self._rows
        if not len(tokens):
            return ()
        logits = torch.mv(rows, state.to(rows.dtype)).double()
        if self._bias is not None:
            logits += self._bias[self._index(tokens)]
        if not few:
            bits = mask.view(np.uint8)[tokens >> 3] >> (tokens & 7).astype(np.uint8) & 1
            logits[self._index(bits == 0)] = -torch.inf
            if not bits.any():
                return ()
        chances, best = logits.softmax(0).topk(min(_KEPT, len(tokens)))
        if len(legal) > 1:  # only where nothing else is legal a guess is certain
            chances = chances.clamp(max=_SURE)
        named = tokens[best.cpu().numpy()].tolist()
        return [
            (token, chance) for token, chance in zip(named, chances.tolist(), strict=True) if chance
        ]

    def _index(self, tokens: NDArray[np.int64] | NDArray[np.bool_]) -> torch.Tensor:
        """Ids, or truths by row, where the weight is."""
        import torch

        return torch.from_numpy(tokens).to(self._weight.device)
