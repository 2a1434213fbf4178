"""Masks against what their bits say, one token at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from structgen.bitmask import allocate_bitmask, allowed_tokens, apply_bitmask, is_allowed

FLOATS = ["float32", "float16", "bfloat16", "float64"]
# Rows, logits, mask words: as wide, wider and narrower than the mask; no row; no word.
SHAPES = [(3, 64, 2), (1, 33, 2), (2, 100, 2), (2, 5000, 157), (0, 64, 2), (2, 5, 0), (2, 0, 1)]


def masks(rows: int, words: int) -> np.ndarray:
    bits = np.random.default_rng(0).integers(-(2**31), 2**31, (rows, words))
    return bits.astype(np.int32)


def check(logits: Any, bitmask: Any) -> None:
    before = torch.as_tensor(logits).clone().double().cpu().numpy()
    words = np.asarray(torch.as_tensor(bitmask).cpu())
    apply_bitmask(logits, bitmask)
    after = torch.as_tensor(logits).double().cpu().numpy()
    if before.ndim == 1:
        before, words, after = before[None], words[None], after[None]
    for row in range(len(before)):
        for token in range(before.shape[1]):
            allowed = is_allowed(words[row], token)
            assert after[row, token] == (before[row, token] if allowed else -np.inf)


@pytest.mark.parametrize("rows, columns, words", SHAPES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_torch(dtype: str, rows: int, columns: int, words: int) -> None:
    bitmask = masks(rows, words)
    logits = torch.randn(rows, columns, dtype=getattr(torch, dtype))
    check(logits, torch.from_numpy(bitmask))
    for row in range(rows):
        check(torch.randn(columns).to(getattr(torch, dtype)), bitmask[row])
    # The last position of a model's output: the rows lie apart.
    check(torch.randn(rows, 3, columns, dtype=logits.dtype)[:, -1], bitmask)


@pytest.mark.parametrize("rows, columns, words", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_numpy(dtype: str, rows: int, columns: int, words: int) -> None:
    logits = np.random.default_rng(1).standard_normal((rows, columns)).astype(dtype)
    check(logits, masks(rows, words))
    check(logits.copy(), torch.from_numpy(masks(rows, words)))


def test_what_is_not_a_number() -> None:
    logits = np.array([np.nan, np.inf, -np.inf, np.nan, np.inf], np.float32)
    apply_bitmask(logits, np.array([0b00111], np.int32))
    assert np.array_equal(logits, [np.nan, np.inf, -np.inf, -np.inf, -np.inf], equal_nan=True)


def test_a_tensor_that_needs_gradients() -> None:
    weights = torch.zeros(4, requires_grad=True)
    logits = weights * 2
    apply_bitmask(logits, np.array([1], np.int32))
    assert logits.tolist() == [0, -np.inf, -np.inf, -np.inf]


_READ_ONLY = np.zeros(3, np.float32)
_READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    "logits, bitmask, error, message",
    [
        ([0.0], np.zeros(1, np.int32), TypeError, "logits must be a numpy array or a torch tensor"),
        (np.zeros(3), [0], TypeError, "bitmask must be a numpy array"),
        (np.zeros((1, 3)), np.zeros(1, np.int32), ValueError, "not 2 and 1"),
        (np.zeros((1, 1, 3)), np.zeros((1, 1, 1), np.int32), ValueError, "not 3 and 3"),
        (np.zeros((2, 3)), np.zeros((1, 1), np.int32), ValueError, "have 2 rows, the bitmask 1"),
        (np.zeros(3, np.int32), np.zeros(1, np.int32), ValueError, "and the bitmask int32, not"),
        (np.zeros(3), np.zeros(1, np.uint32), ValueError, "not float64 and uint32"),
        (np.zeros(3), np.zeros(1, np.int64), ValueError, "not float64 and int64"),
        (torch.zeros(3), torch.zeros(1).bool(), ValueError, "not float32 and bool"),
        (np.zeros(6)[::2], np.zeros(1, np.int32), ValueError, "row of the logits must be contig"),
        (torch.zeros(3, 2).T, np.zeros((2, 1), np.int32), ValueError, "logits must be contiguous"),
        (np.zeros(99), np.zeros(8, np.int32)[::2], ValueError, "bitmask must be contiguous"),
        (_READ_ONLY, np.zeros(1, np.int32), ValueError, "read-only"),
    ],
)
def test_misuse(logits: Any, bitmask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        apply_bitmask(logits, bitmask)


def test_rows() -> None:
    assert allocate_bitmask(3, 128256).shape == (3, 4008)
    assert not allocate_bitmask(3, 65).any()
    row = masks(1, 5)[0]
    allowed = allowed_tokens(row).tolist()
    assert allowed == [token for token in range(160) if is_allowed(row, token)]
    assert not is_allowed(row, 160)
    assert allowed_tokens(torch.from_numpy(row)).tolist() == allowed
    assert allowed_tokens(masks(9, 9)[:, 0]).size  # a column is a row that lies apart
    for call in (lambda: allowed_tokens(masks(1, 1)), lambda: is_allowed(np.zeros(3), 0)):
        with pytest.raises(ValueError, match="A mask row is int32"):
            call()
    with pytest.raises(ValueError, match="negative"):
        is_allowed(row, -1)
    with pytest.raises(ValueError, match="no -1 rows"):
        allocate_bitmask(-1, 4)


def test_kernel_on_the_interpreter() -> None:
    """The CUDA kernel, run by Triton's interpreter, and its alternative in torch."""
    pytest.importorskip("triton", reason="Triton is not installed")
    program = """
import torch
from structgen import bitmask
from tests.test_bitmask import FLOATS, SHAPES, masks
for name in FLOATS:
    for rows, columns, words in SHAPES[:4]:
        mask = torch.from_numpy(masks(rows, words))
        given = torch.randn(rows, columns).to(getattr(torch, name))
        expected, alternative = given.clone(), given.clone()
        bitmask.apply_bitmask(expected, mask)
        bitmask._forbid_on_device(alternative, mask)
        apart = torch.ones(rows, columns + 7, dtype=given.dtype)
        apart[:, :columns] = given
        bitmask._launch(bitmask._cuda_kernel(), apart[:, :columns], mask)
        bitmask._launch(bitmask._cuda_kernel(), given[0], mask[0])
        assert torch.equal(apart[:, :columns], expected) and (apart[:, columns:] == 1).all()
        assert torch.equal(alternative, expected) and torch.equal(given[0], expected[0])
"""
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA is not available")


@needs_cuda
@pytest.mark.parametrize("rows, columns, words", SHAPES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_cuda(dtype: str, rows: int, columns: int, words: int) -> None:
    def logits(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, device="cuda").to(getattr(torch, dtype))

    bitmask = masks(rows, words)
    check(logits(rows, columns), bitmask)
    check(logits(rows, columns), torch.from_numpy(bitmask).cuda())
    check(logits(rows, 3, columns)[:, -1], bitmask)
    if rows:
        check(logits(columns), bitmask[0])


@needs_cuda
def test_cuda_neither_waits_nor_copies() -> None:
    logits = torch.randn(8, 128256, device="cuda")
    bitmask = masks(8, 4008)
    apply_bitmask(logits, bitmask)  # compiles the kernel, reserves page-locked memory
    torch.cuda.synchronize()
    address, used = logits.data_ptr(), torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    torch.cuda.set_sync_debug_mode("error")
    try:
        apply_bitmask(logits, bitmask)
        bitmask[:] = 0  # the mask has been taken already
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert logits.data_ptr() == address
    assert torch.cuda.max_memory_allocated() - used <= 2 * bitmask.nbytes
    assert not torch.isinf(logits).all()


@needs_cuda
def test_cuda_is_one_launch() -> None:
    logits, bitmask = torch.randn(8, 5000, device="cuda"), torch.from_numpy(masks(8, 157)).cuda()
    apply_bitmask(logits, bitmask)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        apply_bitmask(logits, bitmask)
        torch.cuda.synchronize()
    kernels = [event for event in profile.events() if event.device_type.name == "CUDA"]
    assert len(kernels) == 1
