"""A trimmed head says what the whole one would, of the tokens that it looks at."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from structgen.bitmask import allocate_bitmask
from structgen.decoding.speculation.drafters.early_exit import best_exit
from structgen.decoding.speculation.drafters.trimmed import TrimmedHead

WIDTH = 100
FREQUENT = [7, 3, 40, 41, 99, 3]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("legal", "looked_at"),
    [
        (list(range(WIDTH)), [3, 7, 40, 41, 99]),
        (list(range(50)), [3, 7, 40, 41]),
        ([1, 2, 3, 60], [1, 2, 3, 60]),
        ([60], [60]),
        ([], []),
        ([0, 1, 2, 4, 5, 6], []),
        ([0, 1, 2, 4, 5, 6, 99], [99]),
    ],
    ids=len,
)
def test_what_is_looked_at(legal: list[int], looked_at: list[int], bias: bool) -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(8, WIDTH, bias=bias)
    mask = allocate_bitmask(1, WIDTH)[0]
    for token in legal:
        mask.view(np.uint8)[token >> 3] |= np.uint8(1 << (token & 7))
    state = torch.randn(8)
    with torch.inference_mode():
        trimmed = TrimmedHead(head.weight, FREQUENT, head.bias)
        found = dict(trimmed.guess(state, mask))
        expected = head(state)[looked_at].double().softmax(0).tolist()
    assert sorted(found) == looked_at
    for token, chance in zip(looked_at, expected, strict=True):
        assert found[token] == pytest.approx(min(chance, 1.0 if len(legal) == 1 else 0.999))


@pytest.mark.parametrize("layers", [4, 30])
def test_the_best_exit_is_the_best_of_all(layers: int) -> None:
    rng = np.random.default_rng(layers)
    for _ in range(50):
        chances = {number: float(rng.random()) for number in range(1, layers)}

        def rate(exit_layer: int, length: int, chances: dict[int, float] = chances) -> float:
            expected = sum(chances[exit_layer] ** place for place in range(length + 1))
            return expected / (layers + length * exit_layer)

        exit_layer, length = best_exit(chances, layers)
        best = max(rate(number, place) for number in chances for place in range(7))
        assert rate(exit_layer, length) == pytest.approx(best)
