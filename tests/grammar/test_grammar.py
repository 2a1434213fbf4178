"""Grammar trees through the engine, against a recogniser of trees and the naive network."""

from __future__ import annotations

import itertools
import random
from string import ascii_lowercase

import pytest

import structgen as sg
from structgen.errors import GrammarError
from structgen.frontends.json_schema import json_schema
from structgen.grammar import (
    Alternatives,
    ContextFreeGrammar,
    Embedded,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    build,
)
from structgen.grammar.analysis import components
from structgen.regular import regex
from tests.automaton.test_masks import VOCABULARY, allowed_tokens
from tests.grammar.oracle import matches, random_rules
from tests.naive import naive_accepts

TEXTS = ["".join(t) for n in range(6) for t in itertools.product("ab", repeat=n)]
S, T, U = map(Reference, "stu")
A, B = Literal("a"), Literal("b")


def sequence(*parts: Expression) -> Sequence:
    return Sequence(parts)


def grammar(**bodies: Expression) -> ContextFreeGrammar:
    return build({name: Rule(name, body) for name, body in bodies.items()}, "s")


def accepted(source: ContextFreeGrammar, texts: list[str] = TEXTS) -> list[str]:
    compiled = sg.compile(source, VOCABULARY)
    found = []
    for text in texts:
        matcher = compiled.matcher()
        if matcher.accept_bytes(text.encode()) and matcher.is_accepting:
            found.append(text)
    return found


@pytest.mark.parametrize("seed", range(150))
def test_random_grammars(seed: int) -> None:
    rules = random_rules(random.Random(seed))
    texts = TEXTS[:31]
    expected = [text for text in texts if matches(rules, "s", text)]
    try:
        source = build(rules, "s")
    except GrammarError as error:
        assert "no text matches" in str(error)
        return
    assert accepted(source, texts) == expected, str(source)


@pytest.mark.parametrize("seed", range(12))
def test_masks_equal_the_naive_recogniser(seed: int) -> None:
    rng = random.Random(seed)
    try:
        source = build(random_rules(rng), "s")
    except GrammarError:
        source = grammar(s=Alternatives((sequence(S, S), A, sequence())))
    compiled = sg.compile(source, VOCABULARY)
    tokens = [t for t, piece in enumerate(VOCABULARY.tokens) if piece and set(piece) <= set(b"ab")]
    for text in (b"", b"a", b"ab"):
        matcher = compiled.matcher()
        if not matcher.accept_bytes(text):
            continue
        config = compiled.engine.step_bytes(compiled.initial()[1], text)
        expected = {t for t in tokens if naive_accepts(source, text + VOCABULARY.tokens[t])[0]}
        if naive_accepts(source, text)[1]:
            expected |= set(VOCABULARY.eos_token_ids)
        assert allowed_tokens(compiled.engine, config) == expected, str(source)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ({"s": Alternatives((sequence(S, A), B))}, r"ba*"),
        ({"s": Alternatives((sequence(T, A), B)), "t": Alternatives((sequence(S, B), A))}, None),
        ({"s": Alternatives((sequence(T, S, A), B)), "t": Repetition(A)}, None),
        ({"s": Alternatives((S, A))}, r"a"),
        ({"s": Alternatives((sequence(S, S), A))}, r"a+"),
        ({"s": Alternatives((sequence(S, S), sequence()))}, r""),
        ({"s": Repetition(Repetition(Repetition(A, 0, 1)))}, r"a*"),
        ({"s": Repetition(T, 2, 3), "t": Alternatives((sequence(), A))}, r"a{0,3}"),
        ({"s": sequence(T, T), "t": Alternatives((sequence(A, T, B), sequence()))}, None),
        ({"s": Repetition(Terminal(regex("a?"), "a?"), 3, 3)}, r"a{0,3}"),
        ({"s": sequence(T, U), "t": Alternatives((U, A)), "u": Alternatives((T, B))}, r"[ab]{2}"),
    ],
    ids=range(11),
)
def test_recursion(bodies: dict[str, Expression], expected: str | None) -> None:
    rules = {name: Rule(name, body) for name, body in bodies.items()}
    found = accepted(grammar(**bodies))
    assert found == [text for text in TEXTS if matches(rules, "s", text)]
    if expected is not None:
        assert found == [text for text in TEXTS if regex(expected).matches(text)]


def test_embedded() -> None:
    source = grammar(s=sequence(Literal("<"), Embedded(json_schema({"type": "integer"})), B))
    assert accepted(source, ["<1b", "<-12b", "<b", "1", "<[]b"]) == ["<1b", "<-12b"]


def test_many_times_in_a_row_costs_what_is_read() -> None:
    source = grammar(s=Repetition(T, 3, 100_000), t=Alternatives((sequence(A, T, B), B)))
    assert accepted(source, ["bb", "bbb", "aabbb", "abb" * 3]) == ["bbb", "abb" * 3]


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        ({"s": sequence(A, Reference("tt")), "ttt": A}, "'tt' is not defined: did you mean 'ttt'?"),
        ({"s": sequence(A, S)}, "no text matches 's'"),
        ({"s": Alternatives((A, T)), "t": sequence(A, U), "u": sequence(T, B)}, "matches 't'"),
        ({"t": A}, "no rule 's'"),
    ],
)
def test_errors(bodies: dict[str, Expression], words: str) -> None:
    with pytest.raises(GrammarError, match="defined|matches|no rule") as caught:
        grammar(**bodies)
    assert words in str(caught.value)


def test_a_terminal_with_more_ways_out_than_a_closure_holds() -> None:
    words = ["".join(letters) for letters in itertools.product(ascii_lowercase, repeat=3)]
    tokens = [*ascii_lowercase, *words, *(word + "a" for word in words), " ", "+", "a+b"]
    vocabulary = sg.Vocabulary([token.encode() for token in tokens], eos_token_ids=[])
    source = sg.lark('start: NAME | start "+" NAME\nNAME: /[a-z]+/\n%ignore " "')
    row = sg.allocate_bitmask(1, vocabulary.size)
    sg.fill_bitmasks([sg.compile(source, vocabulary).matcher()], row)
    assert set(sg.allowed_tokens(row[0])) == {i for i, t in enumerate(tokens) if t != "+"}


def test_ambiguity_costs_little() -> None:
    matcher = sg.compile(grammar(s=Alternatives((sequence(S, S), A))), VOCABULARY).matcher()
    for _ in range(300):
        assert matcher.accept_bytes(b"aaaaaaaaaa")
    assert matcher.is_accepting
    assert matcher.compiled.engine.counts()["cells"] < 2_000


def test_unreachable_rules_may_be_anything_that_is_defined() -> None:
    assert accepted(grammar(s=A, t=sequence(T, B))) == ["a"]


def test_components_of_a_long_chain() -> None:
    edges = {str(i): [str(i + 1)] for i in range(5000)} | {"5000": ["0"]}
    assert len(components(edges)) == 1


def test_printing() -> None:
    body = Alternatives((sequence(Repetition(sequence(A, S)), Alternatives((A, B))), sequence()))
    assert str(grammar(s=body)) == 's ::= ("a" s)* ("a" | "b") | ""'
