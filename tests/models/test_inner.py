"""A model in two parts says what it says whole; its first layers are those of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, GPT2Config, LlamaConfig

from structgen.bitmask import allocate_bitmask
from structgen.errors import GenerationError
from structgen.models.causal import CausalBackend, CausalSession, SparseCausalSession
from structgen.models.inner import InnerTreeSession, fingerprint, inner_obstacle
from structgen.models.shallow import layer_count, shallow
from structgen.models.sparse_head import SPARSE_SHARE, allowed_logits

SMALL: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
LLAMA = LlamaConfig(**SMALL)
GPT2 = GPT2Config(vocab_size=64, n_positions=64, n_embd=16, n_layer=2, n_head=2)
CAPPED = Gemma2Config(**SMALL, head_dim=4, final_logit_softcapping=5.0)


def make(config: Any, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(config).eval()


def mask(*rows: list[int], width: int = 64) -> np.ndarray:
    bitmask = allocate_bitmask(len(rows), width)
    for row, tokens in zip(bitmask.view(np.uint32), rows, strict=True):
        for token in tokens:
            row[token // 32] |= np.uint32(1 << token % 32)
    return bitmask


@pytest.mark.parametrize(
    ("config", "obstacle"), [(LLAMA, None), (GPT2, None), (CAPPED, "not its last hidden states")]
)
def test_parts_are_tried_out(config: Any, obstacle: str | None) -> None:
    found = inner_obstacle(make(config))
    assert found is None if obstacle is None else obstacle in str(found)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_allowed_logits_are_those_of_the_head(bias: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    width = 640
    head = torch.nn.Linear(16, width, bias=bias, dtype=dtype)
    few, many = [0, 31, 32, 639], list(range(3, width, 2))
    assert len(few) < SPARSE_SHARE * width < len(many)
    hidden = torch.randn(5, 16, dtype=dtype)
    rows = [few, many, [], [7], many[:-1]]
    with torch.inference_mode():
        found = allowed_logits(hidden, head, mask(*rows, width=width))
        expected = head(hidden)
    for row, tokens in enumerate(rows):
        torch.testing.assert_close(found[row, tokens], expected[row, tokens])
        others = torch.ones(width, dtype=torch.bool)
        others[tokens] = False
        assert bool(torch.isneginf(found[row, others]).all())


@pytest.mark.parametrize("config", [LLAMA, GPT2])
def test_sessions_compute_allowed_logits_only(config: Any) -> None:
    model = make(config)
    backend = CausalBackend(model)
    session = backend.start()
    assert isinstance(session, SparseCausalSession)
    whole = CausalSession(model)
    for rows, allowed in (
        ([[1, 2, 3], [4]], mask([1], [2, 5])),
        ([[5], [6, 7]], mask(list(range(64)), [])),
        ([[5], [6]], None),
    ):
        if allowed is not None:
            session.allow(allowed)
        found, expected = session.forward(rows), whole.forward(rows)
        finite = torch.isfinite(found)
        torch.testing.assert_close(found[finite], expected[finite])
        counts = (
            [64, 64] if allowed is None else np.unpackbits(allowed.view(np.uint8), axis=-1).sum(-1)
        )
        assert finite.sum(-1).tolist() == list(counts)


def test_what_a_session_tells() -> None:
    model = make(LLAMA)
    session = CausalBackend(model).start_tree()
    assert isinstance(session, InnerTreeSession)
    session.inner.keep_layers = True
    assert session.known == 0 and session.last_hidden is None
    session.forward_tree([1, 2, 3], [4, 5, 6], [-1, 0, 0])
    assert session.inner.layers is not None
    session.keep_path([0, 2])
    with torch.inference_mode():
        body = model.base_model(torch.tensor([[1, 2, 3, 4, 6]]), output_hidden_states=True)
    assert session.last_hidden is not None
    torch.testing.assert_close(session.last_hidden, body.last_hidden_state[0, -1])
    for found, expected in zip(session.inner.layers, body.hidden_states, strict=True):
        torch.testing.assert_close(found[:, :4], expected[:, :4])
    assert session.known == 5
    cache = session.text_cache(2)
    with torch.inference_mode():
        rest = shallow(model, 2)(torch.tensor([[7]]), past_key_values=cache).last_hidden_state
        whole = shallow(model, 2)(torch.tensor([[1, 2, 3, 4, 6, 7]])).last_hidden_state
    torch.testing.assert_close(rest[0, -1], whole[0, -1])
    assert session.text_cache(2).get_seq_length() == 5, "the session's own is as it was"


def test_first_layers() -> None:
    model = make(LLAMA)
    tokens = torch.arange(7)[None]
    with torch.inference_mode():
        states = model.base_model(tokens, output_hidden_states=True).hidden_states
        for layers in (1, 2):
            found = shallow(model, layers)(tokens).last_hidden_state
            torch.testing.assert_close(found, model.base_model.norm(states[layers]))
        whole = shallow(model, 3)(tokens).last_hidden_state
        torch.testing.assert_close(whole, states[3])
    assert layer_count(model) == 3 == len(model.base_model.layers)
    for layers in (0, 4):
        with pytest.raises(ValueError, match="cannot be cut after"):
            shallow(model, layers)
    with pytest.raises(GenerationError, match="list of layers"):
        shallow(make(GPT2), 1)


def test_fingerprints_tell_models_apart() -> None:
    prints = {fingerprint(make(config, seed)) for config in (LLAMA, GPT2) for seed in (0, 1)}
    assert len(prints) == 4
    assert fingerprint(make(LLAMA)) in prints
