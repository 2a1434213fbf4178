"""Packed token masks: int32[B, ceil(V/32)], bit i of word w allows token 32*w + i."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

__all__ = ["allocate_bitmask", "allowed_tokens", "apply_bitmask", "is_allowed"]

_FLOATS = ("float32", "float16", "bfloat16", "float64")
_BFLOAT16_MINUS_INFINITY = np.uint16(0xFF80).view(np.int16)
_BLOCK = 1024  # columns of a row that one CUDA program treats


def allocate_bitmask(batch: int, vocabulary_size: int) -> NDArray[np.int32]:
    """A mask buffer that allows nothing.

    Args:
        batch: B, the number of rows.
        vocabulary_size: V.

    Returns:
        int32[B, ceil(V/32)].

    Raises:
        ValueError: A number is negative.

    Example:
        >>> allocate_bitmask(2, 33).shape
        (2, 2)
    """
    if batch < 0 or vocabulary_size < 0:
        raise ValueError(f"A bitmask has no {batch} rows of {vocabulary_size} tokens")
    return np.zeros((batch, (vocabulary_size + 31) // 32), np.int32)


def allowed_tokens(row: NDArray[np.int32]) -> NDArray[np.int64]:
    """The ids that a mask row allows, ascending.

    Args:
        row: int32[W].

    Raises:
        ValueError: The row has another shape or dtype.

    Example:
        >>> allowed_tokens(np.array([5, 1], np.int32)).tolist()
        [0, 2, 32]
    """
    return np.flatnonzero(_bits(_row(row)))


def is_allowed(row: NDArray[np.int32], token_id: int) -> bool:
    """Whether a mask row allows a token; one beyond the row is forbidden.

    Args:
        row: int32[W].
        token_id: The token.

    Raises:
        ValueError: The row has another shape or dtype, or the id is negative.

    Example:
        >>> row = np.array([5, 1], np.int32)
        >>> is_allowed(row, 2), is_allowed(row, 3), is_allowed(row, 64)
        (True, False, False)
    """
    words = _row(row)
    if token_id < 0:
        raise ValueError(f"Token {token_id} is negative")
    return token_id < 32 * len(words) and bool(words[token_id // 32] >> token_id % 32 & 1)


def apply_bitmask(logits: Any, bitmask: Any) -> None:
    """Set the logits of forbidden tokens to minus infinity, in place.

    On CUDA this copies the mask over without waiting (through page-locked memory, so the caller
    may change it at once) and launches one Triton kernel, which writes only what is forbidden and
    is compiled on first use. Without Triton, a few torch operations on the device do the same.
    While a CUDA graph is captured the mask must be on the device already.

    Args:
        logits: float32, float16, bfloat16 or float64, [V] or [B, V]: numpy or torch, on any device.
            Rows may lie apart, but each must be contiguous. Columns beyond the mask are forbidden.
        bitmask: int32[W] or int32[B, W], numpy or torch; rows contiguous.

    Raises:
        ValueError: Shapes, dtypes, strides or devices do not fit.
        TypeError: `logits` or `bitmask` is neither a numpy array nor a torch tensor.

    Example:
        >>> logits = np.zeros(4, np.float32)
        >>> apply_bitmask(logits, np.array([0b0101], np.int32))
        >>> logits.tolist()
        [0.0, -inf, 0.0, -inf]
    """
    _check(logits, bitmask)
    if isinstance(logits, np.ndarray):
        if not isinstance(bitmask, np.ndarray) and bitmask.device.type != "cpu":
            raise ValueError(f"The bitmask is on {bitmask.device}, the logits in host memory")
        _forbid(logits, np.asarray(bitmask), -np.inf)
        return
    import torch

    values = logits.detach()
    in_host = isinstance(bitmask, np.ndarray) or bitmask.device.type == "cpu"
    if values.device.type == "cpu" and in_host:
        if values.dtype == torch.bfloat16:  # which numpy lacks: write its bits
            _forbid(values.view(torch.int16).numpy(), np.asarray(bitmask), _BFLOAT16_MINUS_INFINITY)
        else:
            _forbid(values.numpy(), np.asarray(bitmask), -np.inf)
        return
    if values.numel() == 0:
        return
    words = torch.tensor(bitmask) if isinstance(bitmask, np.ndarray) else bitmask
    if values.device.type == "cuda":
        words = _to_cuda(words, values.device)
        kernel = _cuda_kernel()
        if kernel is not None:
            with torch.cuda.device(values.device):
                _launch(kernel, values, words)
            return
    _forbid_on_device(values, words.to(values.device))


def _check(logits: Any, bitmask: Any) -> None:
    for name, array in (("logits", logits), ("bitmask", bitmask)):
        if not hasattr(array, "dtype") or not hasattr(array, "ndim"):
            raise TypeError(
                f"{name} must be a numpy array or a torch tensor, not {type(array).__name__}"
            )
    if logits.ndim not in (1, 2) or bitmask.ndim != logits.ndim:
        raise ValueError(
            f"logits and bitmask must both have one or both two dimensions, not {logits.ndim} and "
            f"{bitmask.ndim}"
        )
    if logits.ndim == 2 and logits.shape[0] != bitmask.shape[0]:
        raise ValueError(f"logits have {logits.shape[0]} rows, the bitmask {bitmask.shape[0]}")
    if _name(logits) not in _FLOATS or _name(bitmask) != "int32":
        raise ValueError(
            f"logits must be one of {', '.join(_FLOATS)} and the bitmask int32, not "
            f"{_name(logits)} and {_name(bitmask)}"
        )
    for name, array in (("logits", logits), ("bitmask", bitmask)):
        if 0 not in array.shape and array.shape[-1] > 1 and _last_stride(array) != 1:
            raise ValueError(f"Each row of the {name} must be contiguous")
    if isinstance(logits, np.ndarray):
        if not logits.flags.writeable:
            raise ValueError("The logits are read-only")
    elif logits.ndim == 2 and logits.shape[0] > 1 and logits.stride(0) == 0:
        raise ValueError("The rows of the logits are the same memory: clone them")


def _name(array: Any) -> str:
    return str(array.dtype).removeprefix("torch.")


def _last_stride(array: Any) -> int:
    if isinstance(array, np.ndarray):
        return array.strides[-1] // array.itemsize
    return int(array.stride(-1))


def _row(row: Any) -> NDArray[np.int32]:
    words = np.asarray(row)
    if words.ndim != 1 or words.dtype != np.int32:
        raise ValueError(f"A mask row is int32[W], not {words.dtype}{list(words.shape)}")
    return words


def _bits(words: NDArray[np.int32]) -> NDArray[np.bool_]:
    """bool[..., 32*W]: the bits of the words, lowest first."""
    in_order = np.ascontiguousarray(words, "<i4").view(np.uint8)
    return np.unpackbits(in_order, axis=-1, bitorder="little").view(np.bool_)


def _forbid(logits: NDArray[Any], words: NDArray[np.int32], value: Any) -> None:
    covered = min(logits.shape[-1], 32 * words.shape[-1])
    forbidden = _bits(np.invert(words))[..., :covered]
    np.copyto(logits[..., :covered], value, where=forbidden)
    logits[..., covered:] = value


def _to_cuda(words: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The words on the device, without waiting for it."""
    import torch

    if words.device == device:
        return words
    if words.device.type != "cpu":
        raise ValueError(f"The bitmask is on {words.device}, the logits on {device}")
    staged = torch.empty(words.shape, dtype=torch.int32, pin_memory=True)
    staged.copy_(words)
    return staged.to(device, non_blocking=True)


@cache
def _cuda_kernel() -> Any:
    """The Triton kernel; None where Triton is not installed."""
    try:
        import triton
        from triton import language as tl
    except ImportError:
        return None

    @triton.jit
    def forbid(  # type: ignore[no-untyped-def]
        logits, words, logits_stride, words_stride, columns, covered, BLOCK: tl.constexpr
    ):
        row = tl.program_id(0).to(tl.int64)
        column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
        word = tl.load(words + row * words_stride + column // 32, mask=column < covered, other=0)
        forbidden = ((word >> (column % 32)) & 1) == 0
        place = logits + row * logits_stride + column
        tl.store(place, float("-inf"), mask=forbidden & (column < columns))

    return forbid


def _launch(kernel: Any, logits: torch.Tensor, words: torch.Tensor) -> None:
    """One program for each row and block of columns."""
    if logits.ndim == 1:
        logits, words = logits.unsqueeze(0), words.unsqueeze(0)
    rows, columns = logits.shape
    covered = 32 * words.shape[1]
    grid = (rows, (columns + _BLOCK - 1) // _BLOCK)
    kernel[grid](logits, words, logits.stride(0), words.stride(0), columns, covered, BLOCK=_BLOCK)


def _forbid_on_device(logits: torch.Tensor, words: torch.Tensor) -> None:
    """The same with torch alone, for devices without Triton."""
    import torch

    covered = min(logits.shape[-1], 32 * words.shape[-1])
    shifts = torch.arange(32, dtype=torch.int32, device=logits.device)
    forbidden = (words.unsqueeze(-1) >> shifts & 1).flatten(-2) == 0
    logits[..., :covered].masked_fill_(forbidden[..., :covered], float("-inf"))
    logits[..., covered:] = float("-inf")
