"""Drafters that look inside a model: nothing they draft changes the text."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config

import structgen as sg
from structgen.decoding.speculation.drafters.draft_model import DraftModel
from structgen.decoding.speculation.drafters.early_exit import EarlyExit, best_exit
from structgen.decoding.speculation.drafters.heads import (
    Heads,
    Hydra,
    Medusa,
    TrainedHeads,
    heads_folder,
)
from structgen.decoding.speculation.drafters.protocol import Drafter
from structgen.decoding.speculation.drafters.retrieval import Datastore, Retrieval
from structgen.decoding.speculation.training.fit import save_heads
from tests.decoding.speculation.small_models import small_generator, small_model
from tests.decoding.speculation.test_equality import GRAMMARS, MODES, PERSON, SCHEMAS
from tests.fakes import VOCABULARY, tree_generator

WIDTH = 16


def some_heads(sees_tokens: bool, count: int = 3) -> Heads:
    """Heads with random weights."""
    torch.manual_seed(1)
    weights = {}
    for number in range(1, count + 1):
        read = (number + 1 if sees_tokens else 1) * WIDTH
        weights[f"{number}.down"] = torch.randn(5, read)
        weights[f"{number}.up"] = torch.randn(WIDTH, 5)
    return Heads(weights)


def first_layers(made: sg.Generator, count: int) -> Any:
    """The model's first layers as a model of its own."""
    model = made.backend.model  # type: ignore[attr-defined]
    made_small = small_model(0, num_hidden_layers=count)
    made_small.load_state_dict(model.state_dict(), strict=False)
    return made_small


def answers(made: sg.Generator) -> list[list[int]]:
    """What the model answers without speculation."""
    return [
        made.generate(
            "prompt", schema=schema, max_new_tokens=24, at_limit="complete", fast_forward=False
        ).tokens
        for schema in (PERSON, SCHEMAS[14])
    ]


COMMON = list(range(97, 123)) + list(range(256, VOCABULARY.size))
DRAFTERS: dict[str, Callable[[sg.Generator], Drafter]] = {
    "medusa": lambda made: Medusa((some_heads(False), COMMON)),
    "hydra": lambda made: Hydra((some_heads(True), COMMON)),
    "exit": lambda made: EarlyExit(COMMON),
    "draft": lambda made: DraftModel(first_layers(made, 3), COMMON),
    "retrieval": lambda made: Retrieval(Datastore(answers(made))),
}


def check(made: sg.Generator, source: Any, speculation: Any, **options: Any) -> sg.Result:
    """With speculation the result is the same, in no more passes."""
    options = {"max_new_tokens": 24, "at_limit": "complete", "seed": 5, **options}
    kind = "schema" if isinstance(source, dict | bool) else "grammar"
    expected = made.generate("prompt", **{kind: source}, **options)
    found: sg.Result = made.generate("prompt", **{kind: source}, speculation=speculation, **options)
    assert found.tokens == expected.tokens
    assert (found.text, found.finish_reason) == (expected.text, expected.finish_reason)
    assert found.stats.forward_passes <= expected.stats.forward_passes
    return found


@pytest.mark.parametrize("name", DRAFTERS)
def test_each_drafter_alone(name: str) -> None:
    made = small_generator()
    speculation = sg.Speculation(drafters=(DRAFTERS[name](made),), nodes=10)
    drafted = accepted = 0
    for mode in MODES:
        for source in (PERSON, SCHEMAS[14], GRAMMARS[0], GRAMMARS[4]):
            drafts = check(made, source, speculation, **mode).stats.drafts
            assert drafts is not None
            drafted += drafts.drafted
            accepted += drafts.accepted
    assert 0 < accepted < drafted


@pytest.mark.parametrize("mode", range(len(MODES)))
def test_all_drafters_together(mode: int) -> None:
    made = small_generator(mode)
    inner = [make(made) for make in DRAFTERS.values()]
    speculation = sg.Speculation(drafters=("forced", "state", *inner), nodes=16)
    for source in [*SCHEMAS[::2], *GRAMMARS]:
        check(made, source, speculation, **MODES[mode])


@pytest.mark.parametrize("verifier", ["match", "rejection"])
def test_two_texts_in_turn(verifier: Any) -> None:
    """What drafters know of one text is no danger to another one."""
    made = small_generator(2)
    inner = [make(made) for make in DRAFTERS.values()]
    speculation = sg.Speculation(drafters=tuple(inner), nodes=9, verifier=verifier)
    options: dict[str, Any] = {
        "max_new_tokens": 20, "at_limit": "complete", "temperature": 0.9, "fast_forward": False
    }  # fmt: skip
    sources = [("a prompt", PERSON, 1), ("another prompt", SCHEMAS[12], 2)]
    streams = [
        made.generate(
            prompt, schema=schema, seed=seed, stream=True, speculation=speculation, **options
        )
        for prompt, schema, seed in sources
    ]
    for _ in itertools.zip_longest(*streams):
        pass
    for stream, (prompt, schema, seed) in zip(streams, sources, strict=True):
        plain = made.generate(prompt, schema=schema, seed=seed, **options)
        if verifier == "match":
            assert stream.result.tokens == plain.tokens
        compiled = made.compile(schema)
        matcher = compiled.matcher()
        assert matcher.accept_tokens(stream.result.tokens) == len(stream.result.tokens)


@pytest.mark.parametrize("window", [8, 12, 20])
def test_a_draft_model_with_a_small_window(window: int) -> None:
    made = small_generator()
    drafter = DraftModel(small_model(0, max_position_embeddings=window), COMMON)
    speculation = sg.Speculation(drafters=(drafter,), nodes=6)
    drafts = check(made, PERSON, speculation, fast_forward=False).stats.drafts
    assert drafts is not None and drafts.drafted > 0
    session = drafter._branches
    assert session is not None and session.length <= window


def test_models_that_cannot_draft() -> None:
    torch.manual_seed(0)
    capped = Gemma2Config(
        vocab_size=VOCABULARY.size, hidden_size=16, intermediate_size=16, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=8,
    )  # fmt: skip
    with pytest.raises(sg.GenerationError, match="cannot draft"):
        DraftModel(AutoModelForCausalLM.from_config(capped), COMMON)


def test_exits_are_judged_by_what_the_target_chose() -> None:
    """The last layers of this model do nothing, so its exits before them are always right."""
    made = small_generator(num_hidden_layers=8)
    layers = made.backend.model.base_model.layers  # type: ignore[attr-defined]
    for layer in layers[2:]:
        layer.self_attn.o_proj.weight.data.zero_()
        layer.mlp.down_proj.weight.data.zero_()
    drafter = EarlyExit(range(VOCABULARY.size))
    speculation = sg.Speculation(drafters=(drafter,), nodes=6, most_children=1)
    for seed in range(3):
        check(made, PERSON, speculation, fast_forward=False, seed=seed)
    chances = drafter.chances()
    assert chances[2] > 0.9 and chances[1] < chances[2]
    assert best_exit(chances, 8)[0] == 2
    drafts = check(made, PERSON, speculation, fast_forward=False).stats.drafts
    assert drafts is not None and drafts.accepted > 0.7 * drafts.drafted


@pytest.mark.parametrize("name", ["medusa", "hydra"])
def test_heads_of_the_cache_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path))
    made = small_generator()
    speculation = sg.Speculation(drafters=(name,), nodes=8)
    with pytest.raises(sg.GenerationError, match="train-heads"):
        made.generate("p", schema=PERSON, speculation=speculation)
    folder = heads_folder(made.backend.model)  # type: ignore[attr-defined]
    folder.mkdir(parents=True)
    save_heads(some_heads(name == "hydra"), COMMON, folder / f"{name}.safetensors")
    drafts = check(made, PERSON, speculation, fast_forward=False).stats.drafts
    assert drafts is not None and drafts.drafted > 0


def test_a_model_that_does_not_tell_its_states() -> None:
    made, _ = tree_generator()
    heads: TrainedHeads
    for heads in (Medusa((some_heads(False), COMMON)), Hydra((some_heads(True), COMMON))):
        with pytest.raises(sg.GenerationError, match="hidden states"):
            made.generate("p", schema=PERSON, speculation=sg.Speculation(drafters=(heads,)))
