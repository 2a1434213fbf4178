"""Packed token masks: int32[B, ceil(V/32)], bit i of word w allows token 32*w + i."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["allocate_bitmask", "allowed_tokens", "apply_bitmask"]


def allocate_bitmask(batch: int, vocabulary_size: int) -> NDArray[np.int32]:
    """A mask buffer that allows nothing.

    Args:
        batch: B, the number of rows.
        vocabulary_size: V.

    Returns:
        int32[B, ceil(V/32)].

    Example:
        >>> allocate_bitmask(2, 33).shape
        (2, 2)
    """
    return np.zeros((batch, (vocabulary_size + 31) // 32), np.int32)


def allowed_tokens(row: NDArray[np.int32]) -> NDArray[np.int64]:
    """The ids that a mask row allows, ascending.

    Args:
        row: int32[W].

    Example:
        >>> allowed_tokens(np.array([5, 1], np.int32)).tolist()
        [0, 2, 32]
    """
    return np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))


def apply_bitmask(logits: Any, bitmask: Any) -> None:
    """Set the logits of forbidden tokens to minus infinity, in place.

    Args:
        logits: floating[V] or floating[B, V], numpy or torch, on any device; columns beyond the
            mask are forbidden.
        bitmask: int32[W] or int32[B, W], numpy or torch.

    Raises:
        ValueError: The shapes or dtypes do not fit.

    Example:
        >>> logits = np.zeros(4, np.float32)
        >>> apply_bitmask(logits, np.array([0b0101], np.int32))
        >>> logits.tolist()
        [0.0, -inf, 0.0, -inf]
    """
    if logits.ndim not in (1, 2) or bitmask.ndim != logits.ndim:
        raise ValueError(
            f"logits and bitmask must both have one or both two dimensions, not {logits.ndim} and "
            f"{bitmask.ndim}"
        )
    if logits.ndim == 2 and logits.shape[0] != bitmask.shape[0]:
        raise ValueError(f"logits have {logits.shape[0]} rows, the bitmask {bitmask.shape[0]}")
    if "int32" not in str(bitmask.dtype) or "float" not in str(logits.dtype):
        raise ValueError(
            f"logits must be floating and the bitmask int32, not {logits.dtype}, {bitmask.dtype}"
        )
    width = min(logits.shape[-1], 32 * bitmask.shape[-1])
    if isinstance(logits, np.ndarray):
        mask = np.ascontiguousarray(bitmask).view(np.uint8)
        allowed = np.unpackbits(mask, axis=-1, bitorder="little")
        logits[..., :width][allowed[..., :width] == 0] = -np.inf
        logits[..., width:] = -np.inf
        return
    import torch

    words = torch.as_tensor(bitmask).to(logits.device, non_blocking=True)
    shifts = torch.arange(32, dtype=torch.int32, device=logits.device)
    forbidden = (words.unsqueeze(-1) >> shifts & 1).flatten(-2) == 0
    logits[..., :width].masked_fill_(forbidden[..., :width], float("-inf"))
    logits[..., width:] = float("-inf")
