"""Distributions, checked against a plain computation by sorting."""

from __future__ import annotations

import math

import pytest
import torch

from structgen.decoding.sampling import Sampling, choose, draw, probabilities

LOGITS = [2.0, -math.inf, 0.5, 1.0, -1.0, -math.inf, 0.9]


def naive(logits: list[float], sampling: Sampling) -> list[float]:
    """Temperature, then top-k, then top-p, over a sorted list."""
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    order = order[: sampling.top_k]
    weights = {i: math.exp(logits[i] / sampling.temperature) for i in order}
    total = sum(weights.values())
    kept: list[int] = []
    covered = 0.0
    for i in order:
        if covered >= (sampling.top_p or 1.0):
            break
        kept.append(i)
        covered += weights[i] / total
    total = sum(weights[i] for i in kept)
    return [weights[i] / total if i in kept else 0.0 for i in range(len(logits))]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [None, 1, 3, 100])
@pytest.mark.parametrize("top_p", [None, 0.05, 0.6, 0.9, 1.0])
def test_warping(temperature: float, top_k: int | None, top_p: float | None) -> None:
    sampling = Sampling(temperature, top_k, top_p)
    found = probabilities(torch.tensor([LOGITS, LOGITS[::-1]]), sampling)
    expected = naive(LOGITS, sampling)
    assert found[0].tolist() == pytest.approx(expected)
    assert found[1].tolist() == pytest.approx(expected[::-1])


def test_draws_have_the_distribution() -> None:
    chances = probabilities(torch.tensor([LOGITS]), Sampling(1.0))
    steps = 20_000
    drawn = draw(chances.expand(steps, -1), [(i + 0.5) / steps for i in range(steps)])
    counts = torch.bincount(torch.tensor(drawn), minlength=len(LOGITS)) / steps
    assert counts.tolist() == pytest.approx(chances[0].tolist(), abs=2 / steps)


@pytest.mark.parametrize("uniform", [0.0, math.nextafter(1.0, 0.0)])
def test_draws_at_the_ends_are_allowed(uniform: float) -> None:
    chances = torch.tensor([[0.0, 1e-300, 0.3, 0.7, 1e-300, 0.0]], dtype=torch.float64)
    assert chances[0, draw(chances, [uniform])[0]] > 0


def test_temperature_zero_takes_the_most_probable() -> None:
    assert choose(torch.tensor([LOGITS, LOGITS[::-1]]), Sampling(), [0.9, 0.9]) == [0, 6]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.1},
    ],
)
def test_numbers_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Sampling(**options)  # type: ignore[arg-type]
