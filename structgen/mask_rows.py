"""Rows of masks in buffers that callers bring: int32, numpy or torch on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["allow_only", "check_width", "int32_rows"]


def int32_rows(buffer: Any, dimensions: int) -> NDArray[np.int32]:
    """A numpy view of a mask buffer.

    Args:
        buffer: A numpy array or a CPU torch tensor.
        dimensions: How many it must have.

    Raises:
        ValueError: It has others, is not int32, not contiguous, or read-only.
    """
    array = buffer
    if not isinstance(array, np.ndarray):
        try:
            array = buffer.numpy()
        except (AttributeError, TypeError, RuntimeError):
            shown = type(buffer).__name__
            if hasattr(buffer, "device"):
                shown = f"{buffer.dtype} on {buffer.device}"
            raise ValueError(
                f"A mask buffer is int32, a numpy array or a torch tensor on the CPU, not {shown}"
            ) from None
    flags = array.flags
    if array.dtype != np.int32 or array.ndim != dimensions or not flags.c_contiguous:
        raise ValueError(
            f"A mask buffer is contiguous int32 with {dimensions} dimension(s), "
            f"not {array.dtype}{list(array.shape)} with strides {list(array.strides)}"
        )
    if not flags.writeable:
        raise ValueError("The mask buffer is read-only")
    checked: NDArray[np.int32] = array
    return checked


def check_width(words: int, vocabulary_size: int) -> None:
    """Refuse rows that have no bit for some token.

    Raises:
        ValueError: `words` is less than ceil(V/32).
    """
    needed = (vocabulary_size + 31) // 32
    if words < needed:
        raise ValueError(
            f"A mask row of {words} words is too narrow: a vocabulary of {vocabulary_size} tokens "
            f"needs {needed}"
        )


def allow_only(row: NDArray[np.int32], token_ids: Sequence[int]) -> None:
    """Set the bits of these tokens in a row, int32[W], and clear all others."""
    row[:] = 0
    words = row.view(np.uint32)
    for token in token_ids:
        words[token >> 5] |= np.uint32(1 << (token & 31))
