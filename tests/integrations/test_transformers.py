"""The logits processor, row by row as `generate` calls it."""

from __future__ import annotations

import math

import pytest
import torch

import structgen as sg

TOKENS = [b"a", b"b", b"c", b"ab", b""]
VOCABULARY = sg.Vocabulary(TOKENS, eos_token_ids=[4])
COMPILED = sg.compile(sg.regex("(ab|ba|ca)c?"), VOCABULARY)


def allowed(processor: sg.LogitsProcessor, rows: list[list[int]]) -> list[list[int]]:
    scores = processor(torch.tensor([[9, 9, *row] for row in rows]), torch.zeros(len(rows), 6))
    return [[i for i, x in enumerate(row) if x != -math.inf] for row in scores.tolist()]


def test_rows_end_at_different_times() -> None:
    processor = sg.LogitsProcessor(COMPILED)
    assert allowed(processor, [[], []]) == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert allowed(processor, [[3], [1]]) == [[2, 4], [0]]
    assert allowed(processor, [[3, 4], [1, 0]]) == [[4], [2, 4]]
    assert allowed(processor, [[3, 4, 0], [1, 0, 2]]) == [[4], [4]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([[0], [1]], [[0, 1], [0, 1]], [[2, 4], [2, 4]]),  # both from the first
        ([[0], [1]], [[1, 0], [0, 1]], [[2, 4], [2, 4]]),  # exchanged
        ([[0], [1], [2]], [[2, 0], [2, 0], [0, 1]], [[2, 4], [2, 4], [2, 4]]),
        ([[1, 0], [3, 2]], [[1, 0, 2], [1, 0, 4]], [[4], [4]]),
    ],
)
def test_beams(before: list[list[int]], after: list[list[int]], expected: list[list[int]]) -> None:
    processor = sg.LogitsProcessor(COMPILED)
    rows: list[list[int]] = [[] for _ in before]
    allowed(processor, rows)
    for length in range(1, len(before[0]) + 1):
        allowed(processor, [row[:length] for row in before])
    assert allowed(processor, after) == expected


def test_errors() -> None:
    processor = sg.LogitsProcessor(COMPILED)
    allowed(processor, [[]])
    with pytest.raises(sg.GenerationError, match="token 1, which is not allowed"):
        allowed(processor, [[1, 1]])
    with pytest.raises(sg.GenerationError, match="from 1 to 2 rows"):
        allowed(processor, [[1], [1]])


@pytest.mark.parametrize("prompt", [[9], [9, 8], [8, 9, 9], [8, 9, 9, 0]])
def test_another_prompt_needs_another_processor(prompt: list[int]) -> None:
    processor = sg.LogitsProcessor(COMPILED)
    assert allowed(processor, [[]]) == [[0, 1, 2, 3]]
    with pytest.raises(sg.GenerationError, match="new LogitsProcessor"):
        processor(torch.tensor([prompt]), torch.zeros(1, 6))


def test_the_same_prompt_may_begin_again() -> None:
    processor = sg.LogitsProcessor(COMPILED)
    for rows in ([[]], [[0]], [[]], [[1]]):
        allowed(processor, rows)
    assert allowed(processor, [[1, 0]]) == [[2, 4]]
