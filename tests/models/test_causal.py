"""The key-value cache: texts of different lengths together give what each gives alone."""

from __future__ import annotations

import random

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from structgen.models.causal import CausalBackend


@pytest.fixture(scope="module", params=["llama", "gpt2", "sliding window"])
def backend(request: pytest.FixtureRequest) -> CausalBackend:
    torch.manual_seed(0)
    if request.param == "gpt2":
        config = GPT2Config(vocab_size=50, n_positions=64, n_embd=16, n_layer=2, n_head=2)
        return CausalBackend(GPT2LMHeadModel(config))
    shape = {
        "vocab_size": 50,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 64,
    }
    if request.param == "llama":
        return CausalBackend(LlamaForCausalLM(LlamaConfig(**shape)))
    return CausalBackend(MistralForCausalLM(MistralConfig(**shape, sliding_window=4)))


def alone(backend: CausalBackend, text: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return backend.model(torch.tensor([text])).logits[0, -1]


@pytest.mark.parametrize("seed", range(4))
def test_ragged_batches(backend: CausalBackend, seed: int) -> None:
    rng = random.Random(seed)
    session = backend.start()
    texts: list[list[int]] = [[] for _ in range(4)]
    for turn in range(6):
        rows = [[rng.randrange(50) for _ in range(rng.randint(1, 4))] for _ in texts]
        logits = session.forward(rows)
        for text, row, found in zip(texts, rows, logits, strict=True):
            text.extend(row)
            torch.testing.assert_close(found, alone(backend, text), rtol=1e-4, atol=1e-5)
        if turn in (1, 3):
            kept = sorted(rng.sample(range(len(texts)), len(texts) - 1))
            session.keep(kept)
            texts = [texts[row] for row in kept]


def test_attributes_and_misuse(backend: CausalBackend) -> None:
    assert (backend.vocabulary_size, backend.window) == (50, 64)
    session = backend.start()
    with pytest.raises(ValueError, match="at least one"):
        session.forward([[1], []])
    session.forward([[1], [2]])
    with pytest.raises(ValueError, match="2 texts"):
        session.forward([[1]])
