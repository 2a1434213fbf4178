"""Speculation gives the text of one-by-one decoding with every family of models."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    Gemma3TextConfig,
    LlamaConfig,
    Mamba2Config,
    MambaConfig,
    MistralConfig,
    T5Config,
    T5ForConditionalGeneration,
)

import structgen as sg
from structgen.models.families import backend_of
from tests.decoding.speculation.test_equality import MODES, PERSON
from tests.fakes import VOCABULARY, Tokenizer

SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY.size,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 300,
}
CONFIGS: dict[str, Any] = {
    "causal": LlamaConfig(**SMALL),
    "static cache": LlamaConfig(**{**SMALL, "max_position_embeddings": 600}),
    "sliding windows": MistralConfig(**SMALL, sliding_window=6),
    "some layers slide": Gemma3TextConfig(
        **SMALL, head_dim=8, sliding_window=9, layer_types=["sliding_attention", "full_attention"]
    ),
    "state space": Mamba2Config(
        vocab_size=VOCABULARY.size, hidden_size=16, num_hidden_layers=2, num_heads=4, head_dim=8,
        state_size=6, n_groups=2, chunk_size=8,
    ),
    "encoder-decoder": T5Config(
        vocab_size=VOCABULARY.size, d_model=16, d_kv=4, d_ff=32, num_layers=2, num_heads=4,
        decoder_start_token_id=0,
    ),
}  # fmt: skip
SOURCES: list[Any] = [PERSON, {"enum": ["name", "naab"]}, sg.regex("(ab|12){3}-[a-z]{2,9}")]


def make(config: Any) -> sg.Generator:
    torch.manual_seed(1)
    if isinstance(config, T5Config):
        model: Any = T5ForConditionalGeneration(config)
    else:
        model = AutoModelForCausalLM.from_config(config)
    model.get_output_embeddings().weight.data.mul_(60)  # so that choices are not near ties
    if config is CONFIGS["static cache"]:
        model.generation_config.cache_implementation = "static"
    return sg.Generator.from_backend(backend_of(model), Tokenizer(), VOCABULARY)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_text_is_the_same(name: str) -> None:
    made = make(CONFIGS[name])
    saved = 0
    for mode in MODES:
        for source in SOURCES:
            kind = "schema" if isinstance(source, dict) else "grammar"
            options = {kind: source, **mode, "seed": 3, "max_new_tokens": 40}
            options["at_limit"] = "complete"
            expected = made.generate("prompt ab12", **options)
            speculation = sg.Speculation(nodes=12)
            found = made.generate("prompt ab12", speculation=speculation, **options)
            assert (found.tokens, found.text) == (expected.tokens, expected.text)
            assert found.stats.drafts is not None
            saved += expected.stats.forward_passes - found.stats.forward_passes
            batch = made.generate(["na", "prompt ab12"], **{**options, "seed": [9, 3]})
            assert batch[1].tokens == expected.tokens
    assert saved > 20


def test_the_prompt_goes_to_the_encoder() -> None:
    made = make(CONFIGS["encoder-decoder"])
    letters = [VOCABULARY.tokens.index(bytes([letter])) for letter in range(97, 123)]
    for prompt in ("name", "ab12{"):
        tokens = Tokenizer().encode(prompt).ids
        with torch.no_grad():
            logits = made.backend.model(  # type: ignore[attr-defined]
                input_ids=torch.tensor([tokens]), decoder_input_ids=torch.tensor([[0]])
            ).logits[0, -1]
        expected = letters[int(logits[letters].argmax())]
        for speculation in (None, sg.Speculation(nodes=3)):
            result = made.generate(prompt, grammar=sg.regex("[a-z]"), speculation=speculation)
            assert result.tokens == [expected]


def test_an_answer_that_is_forced_at_once() -> None:
    made = make(CONFIGS["encoder-decoder"])
    forced, free = sg.regex("name"), sg.regex("[ab]{3}")
    assert made.generate("p", grammar=forced).text == "name"
    assert made.generate("p", grammar=forced, speculation=sg.Speculation()).text == "name"
    assert len(made.generate("p", grammar=free).text) == 3


def test_what_cannot_look_at_trees_decodes_plainly() -> None:
    made = make(BloomConfig(vocab_size=VOCABULARY.size, hidden_size=16, n_layer=1, n_head=2))
    expected = made.generate("p", schema=PERSON, max_new_tokens=40, at_limit="complete")
    found = made.generate(
        "p", schema=PERSON, max_new_tokens=40, at_limit="complete", speculation="auto"
    )
    assert found.tokens == expected.tokens
    assert found.stats.drafts is None
    with pytest.raises(sg.GenerationError, match="cannot look at trees of drafts: its positions"):
        made.generate("p", schema=PERSON, speculation=sg.Speculation())


def test_a_model_whose_memory_is_not_known_is_refused() -> None:
    config = MambaConfig(vocab_size=VOCABULARY.size, hidden_size=16, num_hidden_layers=1)
    with pytest.raises(sg.GenerationError, match="MambaForCausalLM keeps no cache of keys"):
        backend_of(AutoModelForCausalLM.from_config(config))


def test_an_encoder_decoder_that_does_not_say_where_it_begins() -> None:
    model = T5ForConditionalGeneration(CONFIGS["encoder-decoder"])
    model.config.decoder_start_token_id = None
    model.generation_config.decoder_start_token_id = None
    with pytest.raises(sg.GenerationError, match="decoder_start_token_id"):
        backend_of(model)
