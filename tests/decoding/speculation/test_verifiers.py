"""The law of recursive rejection, by enumeration."""

from __future__ import annotations

import itertools
import random

import pytest
import torch

from structgen.decoding.speculation.verifiers import trials


def drawn_orders(law: dict[int, float], count: int) -> dict[tuple[int, ...], float]:
    """The chance of each sequence of `count` tokens that is drawn without replacement."""
    found = {}
    for order in itertools.permutations(law, count):
        chance, left = 1.0, 1.0
        for token in order:
            chance *= law[token] / left
            left -= law[token]
        found[order] = chance
    return found


def outcome(target: torch.Tensor, law: dict[int, float], count: int) -> torch.Tensor:
    """The distribution of the answer over all drafts and decisions: float64[V]."""
    answer = torch.zeros_like(target)
    for order, chance in drawn_orders(law, count).items():
        left = target
        for token, accepted, rest in trials(target, order, law):
            answer[token] += chance * accepted
            chance *= 1.0 - accepted
            left = rest
        answer += chance * left
    return answer


def distribution(rng: random.Random, size: int, support: int) -> list[float]:
    weights = [rng.random() ** 3 for _ in range(support)] + [0.0] * (size - support)
    rng.shuffle(weights)
    total = sum(weights)
    return [weight / total for weight in weights]


@pytest.mark.parametrize("seed", range(60))
def test_rejection_has_the_law_of_the_target(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randint(2, 5)
    target = torch.tensor(distribution(rng, size, rng.randint(1, size)), dtype=torch.float64)
    offered = distribution(rng, size, rng.randint(1, size))
    law = {token: chance for token, chance in enumerate(offered) if chance > 0}
    for count in range(len(law) + 1):
        distance = (outcome(target, law, count) - target).abs().sum() / 2
        assert distance < 1e-9


def test_a_draft_that_exhausts_the_target_is_accepted() -> None:
    target = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    steps = list(trials(target, [0, 1], {0: 0.5, 1: 0.5}))
    assert [(token, chance) for token, chance, _ in steps] == [(0, 0.0), (1, 1.0)]
