"""The output head, multiplied only where a mask allows tokens.

Of the logits at a place in a grammar only those of the allowed tokens matter: all others become
minus infinity. Where few are allowed, the head's other rows need not even be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from structgen.bitmask import allowed_tokens, apply_bitmask

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["allowed_logits"]

SPARSE_SHARE = 1 / 16  # of the tokens: up to about twice that, gathering rows is the faster way


def allowed_logits(hidden: torch.Tensor, head: Any, bitmask: NDArray[np.int32]) -> torch.Tensor:
    """The logits of the allowed tokens; minus infinity for all others.

    Args:
        hidden: floating[n, d].
        head: A linear layer of weight floating[V, d], with a bias or without.
        bitmask: int32[n, ceil(V/32)].

    Returns:
        floating[n, V].

    Example:
        >>> import torch
        >>> head = torch.nn.Linear(2, 64, bias=False)
        >>> bitmask = np.array([[0b110, 0]], np.int32)
        >>> allowed_logits(torch.ones(1, 2), head, bitmask).isfinite().nonzero()[:, 1].tolist()
        [1, 2]
    """
    import torch

    width = len(head.weight)
    logits = hidden.new_full((len(hidden), width), -torch.inf)
    bias = getattr(head, "bias", None)
    dense = []
    for row, words in enumerate(bitmask):
        allowed = allowed_tokens(words)
        if len(allowed) > SPARSE_SHARE * width:
            dense.append(row)
            continue
        tokens = torch.from_numpy(allowed[allowed < width]).to(hidden.device)
        values = torch.mv(head.weight[tokens], hidden[row])
        logits[row, tokens] = values if bias is None else values + bias[tokens]
    if dense:
        rows = head(hidden[dense])
        apply_bitmask(rows, torch.from_numpy(bitmask[dense]))
        logits[dense] = rows
    return logits
