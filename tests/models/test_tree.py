"""Trees of drafts: one pass gives what every path gives alone, and leaves a good cache behind."""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    Mamba2Config,
    MistralConfig,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
)

from structgen.models.causal import CausalBackend

SMALL: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 600,
}
CONFIGS: dict[str, Any] = {
    "llama": LlamaConfig(**SMALL, num_key_value_heads=4),
    "grouped queries": LlamaConfig(**SMALL, num_key_value_heads=2),
    "qwen3": Qwen3Config(**SMALL, num_key_value_heads=2, head_dim=8),
    "gpt2": GPT2Config(vocab_size=50, n_positions=600, n_embd=16, n_layer=2, n_head=2),
    "sliding windows": MistralConfig(**SMALL, num_key_value_heads=2, sliding_window=5),
    "sliding windows, phi3": Phi3Config(
        **SMALL, num_key_value_heads=2, sliding_window=7, pad_token_id=0
    ),
    "some layers slide, two rotations": Gemma3TextConfig(
        **SMALL,
        num_key_value_heads=2,
        head_dim=8,
        sliding_window=6,
        layer_types=["sliding_attention", "full_attention"],
    ),
    "the upper layer slides": Qwen2Config(
        **SMALL,
        num_key_value_heads=2,
        use_sliding_window=True,
        sliding_window=5,
        max_window_layers=1,
    ),
}


def make(config: Any, attention: str = "sdpa", cache: str | None = None) -> CausalBackend:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    model.generation_config.cache_implementation = cache
    return CausalBackend(model)


def alone(backend: CausalBackend, text: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return backend.model(torch.tensor([text])).logits[0, -1]


def path_to(node: int, parents: list[int]) -> list[int]:
    path: list[int] = []
    while node >= 0:
        path.insert(0, node)
        node = parents[node]
    return path


@pytest.mark.parametrize(
    ("attention", "cache"), [("sdpa", None), ("eager", None), ("sdpa", "static")]
)
@pytest.mark.parametrize("name", CONFIGS)
def test_a_tree_is_its_paths(name: str, attention: str, cache: str | None) -> None:
    backend = make(CONFIGS[name], attention, cache)
    rng = random.Random(0)
    session = backend.start_tree()
    text: list[int] = []
    for turn in range(12):
        added = [rng.randrange(50) for _ in range(rng.randint(1, 4))]
        size = rng.choice([0, 1, 5, 9])
        tokens = [rng.randrange(50) for _ in range(size)]
        parents = [rng.randrange(-1, node) for node in range(size)]
        logits = session.forward_tree(added, tokens, parents)
        text += added
        assert logits.shape == (size + 1, 50)
        for node in range(-1, size):
            drafted = [tokens[i] for i in path_to(node, parents)]
            expected = alone(backend, text + drafted)
            torch.testing.assert_close(logits[node + 1], expected, rtol=0, atol=1e-5)
        kept = path_to(rng.randrange(-1, size), parents) if turn != 3 else []
        session.keep_path(kept)
        text += [tokens[node] for node in kept]


@pytest.mark.parametrize("cache", [None, "static"])
def test_the_cache_stays_good_over_many_cuts(cache: str | None) -> None:
    backend = make(CONFIGS["grouped queries"], cache=cache)
    rng = random.Random(1)
    session = backend.start_tree()
    text: list[int] = []
    while len(text) < 400:
        added, tokens = [rng.randrange(50)], [rng.randrange(50) for _ in range(4)]
        session.forward_tree(added, tokens, [-1, -1, 1, 1])
        kept = rng.choice([[], [0], [1], [1, 2], [1, 3]])
        session.keep_path(kept)
        text += added + [tokens[node] for node in kept]
    logits = session.forward_tree([7], [], [])
    torch.testing.assert_close(logits[0], alone(backend, [*text, 7]), rtol=0, atol=1e-5)


def test_a_static_cache_stays_where_it_is() -> None:
    """Until the text outgrows it."""
    session = make(CONFIGS["llama"], cache="static").start_tree()
    places = set()
    for turn in range(90):
        session.forward_tree([turn % 50], [1, 2, 3], [-1, -1, 1])
        session.keep_path([1, 2])
        (layer, *_) = session._room.cache.layers
        places.add((layer.keys.data_ptr(), layer.keys.shape[2]))
        assert int(layer.cumulative_length) == 3 * (turn + 1)
    assert sorted(width for _, width in places) == [256, 512]
    slides = make(CONFIGS["sliding windows"], cache="static").start_tree()
    assert type(slides._room.cache).__name__ == "DynamicCache"


@pytest.mark.parametrize(
    ("config", "obstacle"),
    [
        (
            Mamba2Config(
                vocab_size=50, hidden_size=16, num_hidden_layers=1, num_heads=4, head_dim=8,
                state_size=4, n_groups=1,
            ),
            "attention|positions|cache",
        ),
        (BloomConfig(vocab_size=50, hidden_size=16, n_layer=1, n_head=2), "positions"),
    ],
    ids=["recurrent", "positions from the mask"],
)  # fmt: skip
def test_models_that_cannot(config: Any, obstacle: str) -> None:
    with pytest.raises(ValueError, match=obstacle):
        make(config, "eager").start_tree()


def test_a_model_that_ignores_the_mask_is_found_out() -> None:
    backend = make(CONFIGS["llama"])
    forward = backend.model.forward

    def without_mask(*, attention_mask: Any = None, position_ids: Any = None, **rest: Any) -> Any:
        return forward(**rest)

    without_mask.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
    backend.model.forward = without_mask
    assert backend.tree_obstacle() == "its logits for a tree are not those of its paths"


def test_misuse() -> None:
    session = make(CONFIGS["llama"]).start_tree()
    with pytest.raises(ValueError, match="at least one"):
        session.forward_tree([], [1], [-1])
    session.forward_tree([1], [1], [-1])
    with pytest.raises(ValueError, match="last tree"):
        session.forward_tree([1], [], [])
