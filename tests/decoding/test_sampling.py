"""Distributions, checked against a plain computation by sorting."""

from __future__ import annotations

import math

import pytest
import torch

from structgen.decoding import sampling as module
from structgen.decoding.sampling import (
    Sampling,
    choose,
    draw,
    probabilities,
    waiting_time,
    waiting_times,
)

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


@pytest.mark.parametrize("by", ["position", "seed"])
def test_draws_have_the_distribution(by: str) -> None:
    chances = probabilities(torch.tensor([LOGITS]), Sampling(1.0))
    steps = 20_000
    places = [(3, i) if by == "position" else (i - steps // 2, 3) for i in range(steps)]
    drawn = draw(chances.expand(steps, -1), places)
    counts = torch.bincount(torch.tensor(drawn), minlength=len(LOGITS)).double()
    expected = chances[0] * steps
    possible = expected > 0
    assert not counts[~possible].any()
    chi_squared = ((counts - expected) ** 2 / expected)[possible].sum()
    assert chi_squared < 18.5, "99.9 % of draws are below, with 4 degrees of freedom"


def test_successive_draws_are_independent() -> None:
    half = torch.full((1, 2), 0.5, dtype=torch.float64)
    steps = 20_000
    drawn = draw(half.expand(steps, -1), [(5, i) for i in range(steps)])
    for lag in (1, 2, 3):
        equal = sum(a == b for a, b in zip(drawn, drawn[lag:], strict=False))
        assert abs(equal / (steps - lag) - 0.5) < 4 * 0.5 / math.sqrt(steps)


def test_waiting_times_are_those_of_splitmix64() -> None:
    # The first outputs of the generator with seed 1234567, as its authors' C program prints them.
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    mask = (1 << 64) - 1
    assert [module._mixed(1234567 + (i + 1) * module._GOLDEN & mask) for i in range(4)] == known
    for seed, position in [(0, 0), (-1, 3), (2**70 + 5, 10**6)]:
        begun = module._mixed(module._mixed(seed & mask) + position & mask)
        for token in (0, 1, 49151):
            bits = module._mixed(begun + (token + 1) * module._GOLDEN & mask) >> 12
            time = waiting_times(seed, position, torch.tensor([token]))[0]
            assert float(time) == pytest.approx(-math.log((bits + 0.5) / 2**52), rel=1e-12)
            assert float(time) == pytest.approx(waiting_time(seed, position, token), rel=1e-12)


def test_temperature_zero_takes_the_most_probable() -> None:
    places = [(9, 9), (9, 9)]
    assert choose(torch.tensor([LOGITS, LOGITS[::-1]]), Sampling(), places) == [0, 6]


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
