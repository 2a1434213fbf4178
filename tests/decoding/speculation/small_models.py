"""Small random models of transformers over the fakes' vocabulary."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

import structgen as sg
from structgen.models.causal import CausalBackend
from tests.fakes import VOCABULARY, Tokenizer


def small_model(seed: int = 0, **changes: Any) -> Any:
    """A llama with random weights, sharp enough that it has opinions."""
    options: dict[str, Any] = {
        "vocab_size": VOCABULARY.size, "hidden_size": 16, "intermediate_size": 24,
        "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 256, "tie_word_embeddings": True, "initializer_range": 0.5,
    }  # fmt: skip
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(LlamaConfig(**{**options, **changes}))


def small_generator(seed: int = 0, **changes: Any) -> sg.Generator:
    """A generator over such a model."""
    backend = CausalBackend(small_model(seed, **changes))
    return sg.Generator.from_backend(backend, Tokenizer(), VOCABULARY)
