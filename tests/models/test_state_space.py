"""Mamba-2: a tree in one pass gives what the model gives for each path."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Mamba2Config, Mamba2ForCausalLM

from structgen.models.state_space import StateSpaceBackend
from tests.models.test_tree import SMALL, path_to


def make(**changes: Any) -> StateSpaceBackend:
    torch.manual_seed(0)
    shape = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 3, "num_heads": 4}
    shape |= {"head_dim": 8, "state_size": 6, "n_groups": 2, "conv_kernel": 4, "chunk_size": 8}
    model = Mamba2ForCausalLM(Mamba2Config(**{**shape, **changes}))
    for (
        parameter
    ) in model.parameters():  # as far from their beginnings as training would bring them
        parameter.data += 0.1 * torch.randn_like(parameter)
    return StateSpaceBackend(model)


def alone(backend: StateSpaceBackend, text: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return backend.model(torch.tensor([text]), use_cache=False).logits[0, -1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"n_groups": 1, "conv_kernel": 2},
        {"n_groups": 4, "use_conv_bias": False, "use_bias": True},
        {"time_step_limit": (0.05, 0.2), "residual_in_fp32": False},
    ],
)
def test_a_tree_is_its_paths(changes: dict[str, Any]) -> None:
    backend = make(**changes)
    assert backend.tree_obstacle() is None
    rng = random.Random(0)
    session = backend.start_tree()
    text: list[int] = []
    for turn in range(7):
        added = [rng.randrange(50) for _ in range(rng.choice([1, 2, 5, 80]))]
        size = rng.choice([0, 1, 5, 12])
        tokens = [rng.randrange(50) for _ in range(size)]
        parents = [rng.randrange(-1, node) for node in range(size)]
        logits = session.forward_tree(added, tokens, parents)
        text += added
        assert logits.shape == (size + 1, 50)
        for node in range(-1, size):
            drafted = [tokens[i] for i in path_to(node, parents)]
            expected = alone(backend, text + drafted)
            torch.testing.assert_close(logits[node + 1], expected, rtol=0, atol=1e-5)
        kept = path_to(rng.randrange(-1, size), parents) if turn != 2 else []
        session.keep_path(kept)
        text += [tokens[node] for node in kept]


def test_batches() -> None:
    backend = make()
    session = backend.start()
    session.forward([[1, 2, 3], [4]])
    logits = session.forward([[5], [6, 7]])
    torch.testing.assert_close(logits[0], alone(backend, [1, 2, 3, 5]), rtol=0, atol=1e-5)
    torch.testing.assert_close(logits[1], alone(backend, [4, 6, 7]), rtol=0, atol=1e-5)
    session.keep([1])
    logits = session.forward([[8]])
    torch.testing.assert_close(logits[0], alone(backend, [4, 6, 7, 8]), rtol=0, atol=1e-5)


def test_misuse() -> None:
    backend = make()
    session = backend.start_tree()
    with pytest.raises(ValueError, match="at least one"):
        session.forward_tree([], [1], [-1])
    session.forward_tree([1], [1], [-1])
    with pytest.raises(ValueError, match="last tree"):
        session.forward_tree([1], [], [])
    batch = backend.start()
    with pytest.raises(ValueError, match="at least one"):
        batch.forward([[1], []])
    batch.forward([[1], [2]])
    with pytest.raises(ValueError, match="2 texts"):
        batch.forward([[1]])
    with pytest.raises(ValueError, match="not a Mamba-2"):
        StateSpaceBackend(LlamaForCausalLM(LlamaConfig(**SMALL)))


def test_a_model_that_does_more_is_found_out() -> None:
    backend = make()
    backend.model.backbone.layers[1].register_forward_hook(lambda layer, args, output: 2 * output)
    assert backend.tree_obstacle() == "its logits for a tree are not those of its paths"
