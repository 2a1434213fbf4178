"""Speculation gives, token for token, what one-by-one decoding gives, whatever is drafted."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import structgen as sg
from structgen.decoding.generator import MAX_SPECULATORS
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.decoding.speculation.options import DRAFTERS, FORCED
from structgen.matcher import Matcher
from tests.fakes import EOS, VOCABULARY, TreeBackend, tree_generator

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 6},
        "n": {"type": "array", "items": {"type": "integer", "maximum": 40}, "maxItems": 3},
        "ok": {"type": "boolean"},
    },
    "required": ["name", "ok"],
    "additionalProperties": False,
}


def member(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"name": schema}, "required": ["name"]}


LEAVES: list[Any] = [
    {"type": "string", "maxLength": 5},
    {"type": "string", "pattern": "^(ab|12)+$", "maxLength": 8},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "ipv4"},
    {"enum": ["name", "na", "naab", "é"]},
    {"const": {"ab": [1, 2, 12]}},
    {"type": "integer", "minimum": -3, "maximum": 120},
    {"type": "number", "multipleOf": 0.5, "minimum": 0, "maximum": 3},
    {"type": "boolean"},
    {"type": ["null", "boolean"]},
    {"anyOf": [{"const": 12}, {"type": "string", "maxLength": 2}]},
    {"oneOf": [{"const": True}, {"enum": ["ab", "12"]}]},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    {"type": "array", "prefixItems": [{"const": 1}, {"enum": ["ab"]}], "items": False},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 2},
]
SCHEMAS: list[Any] = [True, PERSON, *LEAVES, *map(member, LEAVES)]
GRAMMARS: list[Any] = [
    sg.regex("(ab|12){3}-[a-z]{2}"),
    sg.choice(["name", "naab", "né", "nè"]),
    sg.regex("(ab)*"),
    sg.ebnf('root ::= "name" sum\nsum ::= ("1" | "12") ("+" sum)?'),
    sg.gbnf('root ::= "{" pair ("," pair)* "}"\npair ::= [a-c] ":" ("true" | "12")'),
    sg.lark('start: "ab" start "12" | "name"'),
]
MODES: list[dict[str, Any]] = [
    {"temperature": 0.0, "fast_forward": False},
    {"temperature": 0.0, "fast_forward": True},
    {"temperature": 1.0, "fast_forward": False, "top_k": 40},
    {"temperature": 0.7, "fast_forward": True, "top_p": 0.95},
]


class Adversary:
    """Random tokens, most of them illegal, with chances that say nothing."""

    name = "adversary"

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)

    def begin(self, prompt: Sequence[int]) -> None:
        assert prompt

    def propose(self, point: Point) -> Guess:
        tokens = {self.rng.choice([EOS, self.rng.randrange(VOCABULARY.size)]) for _ in range(9)}
        allowed = sg.allocate_bitmask(1, VOCABULARY.size)[0]
        point.matcher.fill_bitmask(allowed)
        legal = sg.allowed_tokens(allowed).tolist()
        tokens |= set(self.rng.sample(legal, min(2, len(legal))))
        return [(token, self.rng.choice([0.0, 0.01, 0.3, 0.999, 1.0])) for token in tokens]

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        assert rows and added


def some_logits(seed: int) -> torch.Tensor:
    return torch.randn(VOCABULARY.size, generator=torch.Generator().manual_seed(seed)) * 4


def check(made: sg.Generator, source: Any, speculation: Any, **options: Any) -> sg.Result:
    """With speculation the result is the same; and the model was fed just what it says."""
    options = {"max_new_tokens": 30, "at_limit": "complete", "seed": 5, **options}
    kind = "schema" if isinstance(source, dict) else "grammar"
    expected = made.generate("prompt", **{kind: source}, **options)
    found: sg.Result = made.generate("prompt", **{kind: source}, speculation=speculation, **options)
    assert found.tokens == expected.tokens
    assert (found.text, found.finish_reason) == (expected.text, expected.finish_reason)
    assert found.stats.forward_passes <= expected.stats.forward_passes
    assert found.stats.forced_tokens == expected.stats.forced_tokens
    assert found.stats.tokens == len(found.tokens)
    assert isinstance(made.backend, TreeBackend)
    if made.backend.trees:
        session = made.backend.trees[-1]
        fed = session.text[len("prompt") :]
        assert fed == found.tokens[: len(fed)]
        assert session.passes == found.stats.forward_passes
    return found


@pytest.mark.parametrize("mode", range(len(MODES)))
def test_all_drafters_together(mode: int) -> None:
    """One generator answers everything, so that memories of other grammars are in the way."""
    made, _ = tree_generator(some_logits(mode))
    speculation = sg.Speculation(drafters=(FORCED, *DRAFTERS, Adversary()), nodes=24)
    drafted = accepted = 0
    for source in [*SCHEMAS, *GRAMMARS]:
        for _ in range(2):
            stats = check(made, source, speculation, **MODES[mode]).stats
            assert stats.drafts is not None
            drafted += stats.drafts.drafted
            accepted += stats.drafts.accepted
    assert 0 < accepted < drafted, "some drafts are right and some are wrong"


@pytest.mark.parametrize("drafter", [FORCED, *DRAFTERS])
@pytest.mark.parametrize("most_children", [1, None])
def test_each_drafter_alone(drafter: str, most_children: int | None) -> None:
    made, _ = tree_generator(some_logits(7))
    speculation = sg.Speculation(drafters=(drafter,), nodes=12, most_children=most_children)
    accepted = 0
    for mode in MODES[:3]:
        for source in (PERSON, LEAVES[12], GRAMMARS[0], GRAMMARS[5]):
            for _ in range(2):
                drafts = check(made, source, speculation, **mode).stats.drafts
                assert drafts is not None and set(drafts.by_drafter) <= {drafter}
                accepted += drafts.accepted
    assert accepted > 0


def test_a_second_answer_is_nearly_free() -> None:
    made, _ = tree_generator(some_logits(1))
    speculation = sg.Speculation(nodes=30)
    first, second = (check(made, PERSON, speculation, fast_forward=False) for _ in range(2))
    assert second.stats.forward_passes < first.stats.forward_passes / 2
    assert second.stats.tokens_per_pass > 4
    drafts = second.stats.drafts
    assert drafts is not None
    assert drafts.accepted == sum(accepted for _, accepted in drafts.by_depth.values())
    assert drafts.drafted == sum(drafted for drafted, _ in drafts.by_depth.values())


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("mode", range(len(MODES)))
def test_limits_and_windows(limit: int, mode: int) -> None:
    for window in (None, len("prompt") + limit):
        made, backend = tree_generator(some_logits(3), window)
        for _ in range(2):
            found = check(
                made, PERSON, sg.Speculation(nodes=20), **MODES[mode],
                max_new_tokens=limit if window is None else 100,
            )  # fmt: skip
            assert len(found.tokens) <= limit
        for session in backend.trees:
            assert window is None or len(session.text) <= window
    with pytest.raises(sg.GenerationError, match="shorten the prompt"):
        made.generate("x" * 20, schema=PERSON, speculation=sg.Speculation())


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_streams_and_batches(temperature: float) -> None:
    made, _ = tree_generator(some_logits(4))
    options: dict[str, Any] = {
        "schema": PERSON, "temperature": temperature, "max_new_tokens": 40, "at_limit": "complete"
    }  # fmt: skip
    for speculation in ("auto", sg.Speculation(nodes=9)):
        prompts = ["p", "longer", "a rather long prompt"]
        plain = made.generate(prompts, seed=[1, 2, 3], **options)
        found = made.generate(prompts, seed=[1, 2, 3], speculation=speculation, **options)
        assert [result.tokens for result in found] == [result.tokens for result in plain]
        stream = made.generate("p", seed=1, stream=True, speculation=speculation, **options)
        pieces = list(stream)
        assert all(pieces) and "".join(pieces) == stream.result.text == plain[0].text


def test_no_nodes_is_one_by_one() -> None:
    made, _ = tree_generator(some_logits(5))
    found = check(made, PERSON, sg.Speculation(nodes=0), fast_forward=False)
    assert found.stats.drafts is not None and found.stats.drafts.drafted == 0
    assert found.stats.forward_passes in (len(found.tokens), len(found.tokens) + 1)


def test_auto_where_the_model_cannot() -> None:
    made, backend = tree_generator(some_logits(5))
    backend.obstacle = "its cache cannot be cropped"
    found = check(made, PERSON, "auto")
    assert found.stats.drafts is None and not backend.trees
    with pytest.raises(sg.GenerationError, match="cannot be cropped"):
        made.generate("p", schema=PERSON, speculation=sg.Speculation())


class Wrong(Adversary):
    """Says one thing."""

    def __init__(self, guess: Any) -> None:
        super().__init__()
        self.guess = guess

    def propose(self, point: Point) -> Guess:
        if isinstance(self.guess, Exception):
            raise self.guess
        return self.guess  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ([(VOCABULARY.size, 0.5)], "proposed token 268"),
        ([(-1, 0.5)], "proposed token -1"),
        ([(5, math.nan)], "the chance nan"),
        ([(5, 2.0)], "the chance 2.0"),
        ([(5,)], "failed: ValueError"),
        (5, "failed: TypeError"),
        ([("a", 0.5)], "failed: TypeError"),
        (RuntimeError("no idea"), "adversary.*no idea"),
    ],
)
def test_drafters_that_fail(guess: Any, message: str) -> None:
    made, _ = tree_generator()
    with pytest.raises(sg.GenerationError, match=message):
        made.generate("p", schema=True, speculation=sg.Speculation(drafters=(Wrong(guess),)))


@pytest.mark.parametrize("where", ["grow", "mask"])
def test_drafts_that_do_not_fit_in_the_tables(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = tree_generator(some_logits(6))
    full = sg.LimitExceededError("full", limit="engine_tables")
    if where == "grow":
        speculation = sg.Speculation(drafters=(Wrong(full),))
    else:
        speculation = sg.Speculation(nodes=9)
        fill = Matcher.fill_tree

        def only_without_nodes(self: Matcher, tokens: Any, *rest: Any) -> Any:
            if len(tokens):
                raise full
            return fill(self, tokens, *rest)

        monkeypatch.setattr(Matcher, "fill_tree", only_without_nodes)
    found = check(made, PERSON, speculation, fast_forward=False)
    assert found.stats.drafts is not None and found.stats.drafts.drafted == 0


@pytest.mark.parametrize("bad", [-math.inf, math.nan])
def test_models_that_give_no_choice(bad: float) -> None:
    made, _ = tree_generator(torch.full((VOCABULARY.size,), bad))
    for speculation in (None, sg.Speculation(nodes=5)):
        with pytest.raises(sg.GenerationError, match=r"NaN|no probability"):
            made.generate("p", schema=PERSON, speculation=speculation, fast_forward=False)


def test_text_that_the_tokens_cannot_spell() -> None:
    vocabulary = sg.Vocabulary([b"a", b"b", b""], eos_token_ids=[2])
    logits = torch.tensor([3.0, 0.0, 0.0])
    backend = TreeBackend(logits)
    made = sg.Generator.from_backend(backend, _Letters(), vocabulary)
    options: dict[str, Any] = {"grammar": sg.regex("a{3}c|b"), "fast_forward": False}
    for _ in range(2):  # the second time there are drafts
        with pytest.raises(sg.VocabularyError, match="0x63"):
            made.generate("p", speculation=sg.Speculation(nodes=6), **options)


class _Letters:
    """Each letter a token."""

    def encode(self, text: str, add_special_tokens: bool = True) -> Any:
        return SimpleNamespace(ids=["ab".index(letter) for letter in text if letter in "ab"])

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [0]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nodes": -1}, "nodes"),
        ({"nodes": 64}, "nodes"),
        ({"nodes": True}, "nodes"),
        ({"nodes": 2.0}, "nodes"),
        ({"drafters": ("oracle",)}, "no drafter 'oracle'"),
        ({"drafters": ("state", "forced", "state")}, "names: state, forced, state"),
        ({"verifier": "hope"}, "no verifier 'hope'"),
        ({"most_children": 0}, "most_children"),
    ],
)
def test_options_out_of_range(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sg.Speculation(**options)


def test_what_is_remembered_is_bounded() -> None:
    made, _ = tree_generator()
    for nodes in range(MAX_SPECULATORS + 3):
        made.generate("p", schema={"const": 12}, speculation=sg.Speculation(nodes=nodes))
        made.generate("p", schema={"const": 12}, speculation=sg.Speculation(nodes=0))
    assert len(made._speculators) == MAX_SPECULATORS
    kept = {options.nodes for options, _ in made._speculators}
    assert {0, MAX_SPECULATORS + 2} <= kept, "the one used longest ago went first"


def test_misuse() -> None:
    made, _ = tree_generator()
    with pytest.raises(ValueError, match="speculation must be"):
        made.generate("p", schema=True, speculation="yes")
