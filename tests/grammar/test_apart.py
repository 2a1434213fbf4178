"""Grammars whose words are apart, against a recogniser of trees."""

from __future__ import annotations

import random

import pytest

import structgen as sg
from structgen.errors import GrammarError
from structgen.frontends.json_schema import json_schema
from structgen.grammar import (
    Alternatives,
    Captured,
    Embedded,
    Literal,
    Reference,
    Rule,
    Sequence,
    build,
)
from structgen.regular import regex
from tests.automaton.test_masks import VOCABULARY, allowed_tokens
from tests.grammar.oracle import matches, random_rules
from tests.grammar.test_grammar import TEXTS, accepted
from tests.naive import naive_accepts


def random_grammar(rng: random.Random) -> tuple[dict[str, Rule], str]:
    """Rules each of which some text matches, were nothing apart, and what is."""
    while True:
        rules = random_rules(rng)
        try:
            build(rules, "s")
        except GrammarError:
            continue
        return rules, rng.choice(["a", "b", "ab"])


@pytest.mark.parametrize("seed", range(150))
def test_random_grammars(seed: int) -> None:
    rules, apart = random_grammar(random.Random(seed))
    texts = TEXTS[:31]
    expected = [text for text in texts if matches(rules, "s", text, apart)]
    try:
        source = build(rules, "s", apart=regex(f"[{apart}]"))
    except GrammarError as error:
        assert "always touch" in str(error)
        assert expected == []
        return
    assert accepted(source, texts) == expected


@pytest.mark.parametrize("seed", range(30))
def test_masks_equal_the_naive_recogniser(seed: int) -> None:
    rules, apart = random_grammar(random.Random(seed))
    rules["s"] = Rule("s", Alternatives((rules["s"].body, Literal("b"))))
    source = build(rules, "s", apart=regex(f"[{apart}]"))
    compiled = sg.compile(source, VOCABULARY)
    tokens = [t for t, piece in enumerate(VOCABULARY.tokens) if piece and set(piece) <= set(b"ab")]
    for text in (b"", b"a", b"ab"):
        if not compiled.matcher().accept_bytes(text):
            continue
        config = compiled.engine.step_bytes(compiled.initial()[1], text)
        expected = {t for t in tokens if naive_accepts(source, text + VOCABULARY.tokens[t])[0]}
        if naive_accepts(source, text)[1]:
            expected |= set(VOCABULARY.eos_token_ids)
        assert allowed_tokens(compiled.engine, config) == expected, str(source)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([Literal("a"), Literal("a")], "always touch"),
        ([Embedded(json_schema(True))], "embeds nothing"),
        ([Captured(regex("-a"), "T"), Literal("-")], "captured as T begins or ends"),
    ],
)
def test_errors(parts: list[Literal | Embedded | Captured], words: str) -> None:
    with pytest.raises(GrammarError, match=words):
        build({"s": Rule("s", Sequence(tuple(parts)))}, "s", apart=regex("[a-z]"))


def test_what_has_been_left_out_does_not_keep_words_apart() -> None:
    gap = Reference("gap")
    body = Sequence((Literal("if"), gap, Literal("x")))
    rules = {"s": Rule("s", body), "gap": Rule("gap", Sequence(()))}
    with pytest.raises(GrammarError, match="always touch"):
        build(rules, "s", apart=regex("[a-z]"))
