"""T5: a tree in one pass of the decoder gives what the model gives for each path."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
    UMT5Config,
    UMT5ForConditionalGeneration,
)

from structgen.models.encoder_decoder import EncoderDecoderBackend
from tests.models.test_tree import path_to

SMALL: dict[str, Any] = {
    "vocab_size": 50,
    "d_model": 16,
    "d_kv": 4,
    "d_ff": 32,
    "num_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 12,
    "decoder_start_token_id": 0,
}
PROMPT = [7, 8, 9, 10, 1]


def make(family: str = "t5", attention: str = "eager", **changes: Any) -> EncoderDecoderBackend:
    torch.manual_seed(0)
    config, model = {
        "t5": (T5Config, T5ForConditionalGeneration),
        "mt5": (MT5Config, MT5ForConditionalGeneration),
        "umt5": (UMT5Config, UMT5ForConditionalGeneration),
    }[family]
    made = model._from_config(config(**{**SMALL, **changes}), attn_implementation=attention)
    for name, parameter in made.named_parameters():  # biases that matter
        if "relative_attention_bias" in name:
            parameter.data = torch.randn_like(parameter)
    return EncoderDecoderBackend(made)


def alone(backend: EncoderDecoderBackend, text: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return backend.model(
            input_ids=torch.tensor([PROMPT]), decoder_input_ids=torch.tensor([text])
        ).logits[0, -1]


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("t5", {}),
        ("t5", {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
        ("mt5", {"num_decoder_layers": 3}),
    ],
)
def test_a_tree_is_its_paths(family: str, changes: dict[str, Any], attention: str) -> None:
    backend = make(family, attention, **changes)
    assert backend.tree_obstacle() is None
    rng = random.Random(0)
    session = backend.start_tree()
    ((first,),) = session.read([PROMPT])
    text: list[int] = []
    for turn in range(12):
        added = [rng.randrange(50) for _ in range(rng.randint(1, 4))] if turn else [first, 3]
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


def test_the_prompt_stays_the_same_for_all_nodes() -> None:
    """What the decoder sees of the encoder is computed once."""
    backend = make()
    session = backend.start_tree()
    session.read([PROMPT])
    session.forward_tree([0], [1, 2, 3], [-1, -1, 1])
    cross = [layer.keys.clone() for layer in session._cache.cross_attention_cache.layers]
    session.keep_path([1, 2])
    session.forward_tree([4], [5], [-1])
    for before, layer in zip(cross, session._cache.cross_attention_cache.layers, strict=True):
        assert layer.keys.shape[2] == len(PROMPT)
        torch.testing.assert_close(layer.keys, before, rtol=0, atol=0)


def test_batches_of_prompts() -> None:
    backend = make()
    session = backend.start()
    assert session.read([[3, 4], PROMPT, [5]]) == [[0], [0], [0]]
    session.forward([[0], [0, 6], [0]])
    session.keep([1])
    logits = session.forward([[7]])
    torch.testing.assert_close(logits[0], alone(backend, [0, 6, 7]), rtol=0, atol=1e-5)


def test_decoders_that_cannot() -> None:
    backend = make("umt5")  # a bias of each layer's own
    obstacle = "its decoder's positions are not those of T5, a bias of the first layer"
    assert backend.tree_obstacle() == obstacle
    with pytest.raises(ValueError, match="bias of the first layer"):
        backend.start_tree()
    config = BartConfig(
        vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1, decoder_start_token_id=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8,
    )  # fmt: skip
    bart = EncoderDecoderBackend(BartForConditionalGeneration(config))
    assert bart.tree_obstacle() == obstacle
    session = bart.start()
    assert session.read([PROMPT]) == [[2]]
    session.forward([[2]])
    found = session.forward([[5, 6]])
    torch.testing.assert_close(found[0], alone(bart, [2, 5, 6]), rtol=0, atol=1e-5)


def test_misuse() -> None:
    session = make().start_tree()
    with pytest.raises(ValueError, match="at least one"):
        session.forward_tree([], [1], [-1])
    with pytest.raises(ValueError, match="one text"):
        session.read([[1], [2]])
    session.forward_tree([1], [1], [-1])
    with pytest.raises(ValueError, match="last tree"):
        session.forward_tree([1], [], [])
    without = T5ForConditionalGeneration(T5Config(**{**SMALL, "decoder_start_token_id": None}))
    without.generation_config.decoder_start_token_id = None
    with pytest.raises(ValueError, match="decoder_start_token_id"):
        EncoderDecoderBackend(without)
