"""Generation with a model and a tokenizer small enough to enumerate."""

from __future__ import annotations

import collections
import json
import math
from typing import Any

import jsonschema
import pytest
import torch

import structgen as sg
from structgen.decoding.fast_forward import FastForward
from tests.fakes import EOS, PIECES, VOCABULARY, Backend, Session, Tokenizer, generator

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 4},
        "ok": {"type": "boolean"},
        "n": {
            "type": "array",
            "items": {"type": "integer", "minimum": -9, "maximum": 40},
            "maxItems": 3,
        },
    },
    "required": ["name", "ok"],
    "additionalProperties": False,
}
GRAMMARS: dict[str, Any] = {
    "schema": SCHEMA,
    "compact": sg.json_schema(SCHEMA, whitespace="none"),
    "choice": sg.choice(["name", "naab", "né", "nè"]),
    "regex": sg.regex("(ab|12){3}-[a-z]{2}"),
}


def some_logits(seed: int = 0) -> torch.Tensor:
    return torch.randn(VOCABULARY.size, generator=torch.Generator().manual_seed(seed)) * 3


def check(result: sg.Result, name: str) -> None:
    """The result is a text of the grammar, and its tokens spell it."""
    matcher = sg.compile(GRAMMARS[name], VOCABULARY).matcher()
    assert matcher.accept_bytes(result.text.encode()) and matcher.is_accepting
    spelled = b"".join(PIECES[token] for token in result.tokens)
    if result.finish_reason == "complete":
        assert spelled == result.text.encode()
    else:
        assert result.text.encode().startswith(spelled)
    assert result.stats.tokens == len(result.tokens)
    if name in ("schema", "compact"):
        jsonschema.validate(result.value, SCHEMA)


def plain_greedy(name: str, logits: torch.Tensor, limit: int) -> list[int]:
    """The loop in five lines."""
    matcher = sg.compile(GRAMMARS[name], VOCABULARY).matcher()
    session = Session(logits)
    tokens = [ord("p")]
    while not matcher.is_terminated and len(tokens) <= limit:
        row = sg.allocate_bitmask(1, VOCABULARY.size)
        matcher.fill_bitmask(row[0])
        scores = session.forward([tokens[-1:]])[0]
        allowed = sg.allowed_tokens(row[0]).tolist()
        tokens.append(max(allowed, key=lambda token: float(scores[token])))
        assert matcher.accept_token(tokens[-1])
    return [token for token in tokens[1:] if token != EOS]


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_the_plain_loop(name: str, seed: int) -> None:
    logits = some_logits(seed)
    result = generator(logits).generate(
        "p",
        grammar=None if name == "schema" else GRAMMARS[name],
        schema=SCHEMA if name == "schema" else None,
        fast_forward=False,
        max_new_tokens=40,
        at_limit="complete",
    )
    assert result.tokens == plain_greedy(name, logits, 40)
    assert result.stats.forced_tokens == 0
    check(result, name)


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("fast_forward", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 60])
def test_every_answer_is_of_the_grammar(name: str, fast_forward: bool, limit: int) -> None:
    made = generator(some_logits())
    for seed in range(6):
        result = made.generate(
            "p",
            grammar=GRAMMARS[name] if name != "schema" else sg.json_schema(SCHEMA),
            seed=seed,
            temperature=1.0,
            top_p=0.95,
            max_new_tokens=limit,
            at_limit="complete",
            fast_forward=fast_forward,
        )
        check(result, name)
        assert len(result.tokens) <= limit


def test_the_model_is_fed_what_was_generated() -> None:
    made = generator(some_logits())
    result = made.generate("prompt", grammar=GRAMMARS["compact"], max_new_tokens=60)
    session = made.backend.sessions[-1]  # type: ignore[attr-defined]
    fed = session.texts[0][len("prompt") :]
    assert fed == result.tokens[: len(fed)]
    assert result.stats.forced_tokens > 0
    assert result.stats.forward_passes == session.passes
    assert session.passes < len(result.tokens)


def test_forced_answers_need_no_model() -> None:
    made = generator()
    result = made.generate("p", grammar=sg.choice(["name12"]))
    assert (result.text, result.finish_reason) == ("name12", "complete")
    assert [PIECES[token] for token in result.tokens] == [b"name", b"12"]
    assert result.stats.forward_passes == 0


@pytest.mark.parametrize(
    ("taken", "grammar", "expected"),
    [
        ("", sg.regex("name12"), [b"name", b"12"]),
        ("", sg.regex("name(12|3)"), [b"name"]),
        ("", sg.regex("na(me|x)"), []),  # name would replace na
        ("", sg.regex('x":[0-9]'), [b"x", b'":']),
        ("", sg.regex('x":["0-9]'), [b"x"]),  # ":" would replace ":
        ("", sg.regex("xa(b|c)"), [b"x"]),  # ab would replace a
        ("", sg.regex("x(é|è)"), [b"x"]),  # half a character
        ("é"[:1], sg.regex("éname"), [b"name"]),
        ("a", sg.regex("ab12"), [b"b", b"12"]),  # the a is already there
    ],
)
def test_forced_text_is_cut_as_the_tokenizer_does(
    taken: str, grammar: Any, expected: list[bytes]
) -> None:
    matcher = sg.compile(grammar, VOCABULARY).matcher()
    assert matcher.accept_tokens(list(taken.encode())) == len(taken.encode())
    forward = FastForward(Tokenizer(), VOCABULARY)
    tokens = forward.tokens(matcher, list(taken.encode()))
    assert [PIECES[token] for token in tokens] == expected
    assert matcher.accept_tokens(tokens) == len(tokens)


@pytest.mark.parametrize("fast_forward", [True, False])
def test_streams(fast_forward: bool) -> None:
    made = generator(some_logits())
    for name in GRAMMARS:
        options: dict[str, Any] = {
            "grammar": sg.json_schema(SCHEMA) if name == "schema" else GRAMMARS[name],
            "seed": 3,
            "temperature": 1.5,
            "max_new_tokens": 25,
            "at_limit": "complete",
            "fast_forward": fast_forward,
        }
        stream = made.generate("p", stream=True, **options)
        with pytest.raises(ValueError, match="not ended"):
            _ = stream.result
        pieces = list(stream)
        assert all(pieces)
        assert "".join(pieces) == stream.result.text == made.generate("p", **options).text
        assert list(stream) == []
        check(stream.result, name)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_batch_is_its_requests(temperature: float) -> None:
    made = generator(some_logits(1))
    prompts = ["p", "longer", "a rather long prompt", "p"]
    options: dict[str, Any] = {
        "schema": SCHEMA,
        "temperature": temperature,
        "max_new_tokens": 40,
        "at_limit": "complete",
    }
    alone = [
        made.generate(prompt, seed=seed, **options)
        for seed, prompt in zip([1, 2, 3, 4], prompts, strict=True)
    ]
    together = made.generate(prompts, seed=[1, 2, 3, 4], **options)
    assert [r.tokens for r in together] == [r.tokens for r in alone]
    assert [r.stats.forward_passes for r in together] == [r.stats.forward_passes for r in alone]
    assert len({r.stats.forward_passes for r in together}) > 1, "rows end at different times"
    assert made.generate([], **options) == []


def exact_distribution(compiled: sg.CompiledGrammar, logits: torch.Tensor) -> dict[str, float]:
    """Every text's chance: the product of the masked softmax over each of its tokenizations."""
    found: dict[str, float] = collections.defaultdict(float)

    def walk(matcher: sg.Matcher, fed: int, text: bytes, chance: float) -> None:
        row = sg.allocate_bitmask(1, VOCABULARY.size)[0]
        matcher.fill_bitmask(row)
        allowed = sg.allowed_tokens(row).tolist()
        scores = logits + torch.sin(torch.arange(len(logits)) * (fed + 1))
        weights = torch.softmax(scores[allowed].double(), 0).tolist()
        for token, weight in zip(allowed, weights, strict=True):
            if token == EOS:
                found[text.decode()] += chance * weight
                continue
            after = matcher.fork()
            assert after.accept_token(token)
            walk(after, fed + 1, text + PIECES[token], chance * weight)

    walk(compiled.matcher(), 1, b"", 1.0)
    return found


def test_sampling_has_the_exact_distribution() -> None:
    made = generator(some_logits(2) / 3)
    compiled = made.compile(sg.regex("(ab|a|name?)(b|12)?"))
    expected = exact_distribution(compiled, made.backend.logits)  # type: ignore[attr-defined]
    assert sum(expected.values()) == pytest.approx(1)
    count = 3000
    results = made.generate(
        ["p"] * count, grammar=compiled, seed=range(count), temperature=1.0, fast_forward=False
    )
    counts = collections.Counter(result.text for result in results)
    for text, chance in expected.items():
        deviation = math.sqrt(chance * (1 - chance) / count)
        assert abs(counts[text] / count - chance) < 5 * deviation + 1e-3, text
    assert set(counts) <= set(expected)


def test_the_limit() -> None:
    made = generator(some_logits())
    with pytest.raises(sg.GenerationError, match="after 5 tokens") as caught:
        made.generate("p", schema=SCHEMA, max_new_tokens=5)
    assert caught.value.partial_text and caught.value.partial_text.startswith("{")
    with pytest.raises(sg.GenerationError, match="after 5 tokens"):
        list(made.generate("p", schema=SCHEMA, max_new_tokens=5, stream=True))
    ended = made.generate("p", grammar=sg.regex("(ab)*"), max_new_tokens=3)
    assert ended.text in ("", "ab", "abab", "ababab"), "a complete text is no error at the limit"


def test_the_window() -> None:
    made = generator(some_logits(), window=12)
    result = made.generate("x" * 8, schema=SCHEMA, at_limit="complete")
    assert result.finish_reason == "length" and len(result.tokens) <= 12 - 8
    jsonschema.validate(json.loads(result.text), SCHEMA)
    with pytest.raises(sg.GenerationError, match="12 tokens.*shorten the prompt"):
        made.generate("x" * 12, schema=SCHEMA)


def test_compiled_grammars_are_kept() -> None:
    made = generator()
    assert made.compile(SCHEMA) is made.compile(json.loads(json.dumps(SCHEMA)))
    grammar = sg.regex("a")
    assert made.compile(grammar) is made.compile(grammar)
    assert made.compile(made.compile(True)) is made.compile(True)


@pytest.mark.parametrize(
    ("prompt", "options", "error", "message"),
    [
        ("p", {}, ValueError, "either"),
        ("p", {"schema": True, "grammar": sg.regex("a")}, ValueError, "either"),
        ("p", {"schema": True, "at_limit": "stop"}, ValueError, "at_limit"),
        ("p", {"schema": True, "max_new_tokens": 0}, ValueError, "max_new_tokens"),
        ("p", {"schema": True, "temperature": -1}, ValueError, "temperature"),
        ("p", {"schema": "{}"}, TypeError, "bare string"),
        ("p", {"schema": {"type": 3}}, sg.GrammarError, "type"),
        ("", {"schema": True}, sg.GenerationError, "empty"),
        (3, {"schema": True}, TypeError, "prompt"),
        ([3], {"schema": True}, TypeError, "prompt"),
        (["a", "b"], {"schema": True, "stream": True}, ValueError, "one prompt"),
        (["a", "b"], {"schema": True, "seed": [1]}, ValueError, "1 seeds for 2"),
        ([{"role": "user", "content": "a"}], {"schema": True}, sg.GenerationError, "template"),
        ("\ud800", {"schema": True}, sg.GenerationError, "lone surrogate"),
        ("p", {"schema": True, "max_new_tokens": 2.0}, TypeError, "float"),
        ("p", {"schema": True, "seed": "x"}, TypeError, "str"),
        ("p", {"schema": True, "seed": 1.5}, TypeError, "float"),
    ],
)
def test_misuse(prompt: Any, options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        generator().generate(prompt, **options)


def test_a_compiled_grammar_of_another_vocabulary() -> None:
    other = sg.compile(True, sg.Vocabulary([b"1"], eos_token_ids=[]))
    with pytest.raises(ValueError, match="another vocabulary"):
        generator().generate("p", grammar=other)


def test_text_that_the_tokens_cannot_spell() -> None:
    vocabulary = sg.Vocabulary([b"a", b""], eos_token_ids=[1])
    made = sg.Generator.from_backend(Backend(torch.zeros(2)), Tokenizer(), vocabulary)
    with pytest.raises(sg.VocabularyError, match="0x62"):
        made.generate("p", grammar=sg.regex("ab"), fast_forward=False)


def test_a_model_that_rules_out_what_is_allowed() -> None:
    logits = torch.full((VOCABULARY.size,), -math.inf)
    logits[ord("x")] = 0.0
    with pytest.raises(sg.GenerationError, match="no probability"):
        generator(logits).generate("p", grammar=sg.regex("[ab]"))


def test_logits_that_are_not_numbers() -> None:
    with pytest.raises(sg.GenerationError, match="NaN"):
        generator(torch.full((VOCABULARY.size,), math.nan)).generate("p", schema=True)


def test_a_tokenizer_that_changes_text() -> None:
    class Lowering(Tokenizer):
        def encode(self, text: str, add_special_tokens: bool = True) -> Any:
            return super().encode(text.replace("é", "e"))

    made = sg.Generator.from_backend(Backend(), Lowering(), VOCABULARY)
    with pytest.raises(sg.VocabularyError, match="fast_forward=False"):
        made.generate("p", schema=True)
