"""Grammars over lexemes, against a lexer and a recogniser that know nothing of each other."""

from __future__ import annotations

import itertools
import random
import re

import pytest

import structgen as sg
from structgen.errors import GrammarError
from structgen.grammar import (
    Alternatives,
    ContextFreeGrammar,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    build_lexed,
)
from structgen.regular import regex
from tests.frontends.texts import VOCABULARY
from tests.grammar.oracle import matches

PATTERNS = ["a", "b", "ab", "aab", "[ab]+", "a+", "ba*b", "c", "a+c", "(ca)+", "b(c|aa)?", "abcab"]
WORDS = sg.Vocabulary(
    ["".join(each).encode() for n in (1, 2, 3) for each in itertools.product("abc", repeat=n)]
    + [b""],
    eos_token_ids=[39],
)
TEXTS = ["".join(each) for n in range(7) for each in itertools.product("abc", repeat=n)]


def lexemes(text: str, patterns: list[str]) -> list[str] | None:
    """The patterns of a text's lexemes, by trying every longer beginning; None: there are none."""
    found = []
    while text:
        matching = [
            (end, -number)
            for end in range(1, len(text) + 1)
            for number, pattern in enumerate(patterns)
            if re.fullmatch(pattern, text[:end])
        ]
        if not matching:
            return None
        end, number = max(matching)
        found.append(patterns[-number])
        text = text[end:]
    return found


def random_rules(rng: random.Random, patterns: list[str]) -> dict[str, Expression]:
    names = "stu"[: rng.randint(1, 3)]

    def expression(depth: int) -> Expression:
        choice = rng.random()
        if depth == 0 or choice < 0.5:
            if rng.random() < 0.35:
                return Reference(rng.choice(names))
            pattern = rng.choice(patterns)
            return Terminal(regex(pattern), pattern)
        if choice < 0.75:
            return Sequence(tuple(expression(depth - 1) for _ in range(rng.randint(0, 3))))
        if choice < 0.9:
            return Alternatives(tuple(expression(depth - 1) for _ in range(rng.randint(1, 3))))
        least = rng.randint(0, 2)
        return Repetition(expression(depth - 1), least, rng.choice([None, least, least + 2]))

    return {
        name: Alternatives(tuple(expression(2) for _ in range(rng.randint(1, 3)))) for name in names
    }


def rewritten(node: Expression, token: dict[str, Expression]) -> Expression:
    if isinstance(node, Terminal):
        return token[node.name]
    if isinstance(node, Sequence):
        return Sequence(tuple(rewritten(part, token) for part in node.parts))
    if isinstance(node, Alternatives):
        return Alternatives(tuple(rewritten(option, token) for option in node.options))
    if isinstance(node, Repetition):
        return Repetition(rewritten(node.body, token), node.least, node.most)
    return node


def lexed(
    bodies: dict[str, Expression], patterns: list[str], ignored: list[str]
) -> ContextFreeGrammar:
    """The grammar with the ignored patterns before every terminal and at the end."""
    skip = Repetition(Alternatives(tuple(Terminal(regex(each), each) for each in ignored)))
    between = [Reference("skip")] if ignored else []
    tokens: dict[str, Expression] = {
        each: Sequence((*between, Terminal(regex(each), each))) for each in patterns
    }
    rules = {name: Rule(name, rewritten(body, tokens)) for name, body in bodies.items()}
    rules["skip"] = Rule("skip", skip if ignored else Sequence(()))
    rules["text"] = Rule("text", Sequence((Reference("s"), *between)))
    terminals = [(each, regex(each)) for each in patterns]
    return build_lexed(rules, "text", "", terminals, ["skip"] if ignored else [])


@pytest.mark.parametrize("seed", range(150))
def test_the_texts_are_those_whose_lexemes_the_rules_accept(seed: int) -> None:
    rng = random.Random(seed)
    patterns = rng.sample(PATTERNS, rng.randint(2, 5))
    ignored = rng.sample(patterns, rng.randint(0, len(patterns) - 2) // 2)
    used = [each for each in patterns if each not in ignored]
    bodies = random_rules(rng, used)
    letters: dict[str, Expression] = {each: Literal(chr(65 + n)) for n, each in enumerate(used)}
    plain = {name: Rule(name, rewritten(body, letters)) for name, body in bodies.items()}
    try:
        source = lexed(bodies, patterns, ignored)
    except GrammarError as error:
        assert "o text matches" in str(error)
        compiled = None
        if "lexer" not in str(error):
            return
    else:
        compiled = sg.compile(source, VOCABULARY)
    for text in rng.sample(TEXTS, 60):
        cut = lexemes(text, patterns)
        kept = None if cut is None else [each for each in cut if each not in ignored]
        word = None if kept is None else "".join(chr(65 + used.index(each)) for each in kept)
        expected = word is not None and matches(plain, "s", word)
        if compiled is None:
            assert not expected, text
            continue
        matcher = compiled.matcher()
        got = matcher.accept_bytes(text.encode()) and matcher.is_accepting
        assert got == expected, (text, cut, str(source))
    if compiled is not None:
        check_masks(source, rng)


def check_masks(source: ContextFreeGrammar, rng: random.Random) -> None:
    """Follow masks at random: each is what steps accept, and every text can be completed."""
    compiled = sg.compile(source, WORDS)
    for _ in range(3):
        matcher = compiled.matcher()
        for _ in range(4):
            row = sg.allocate_bitmask(1, WORDS.size)[0]
            matcher.fill_bitmask(row)
            allowed = [
                token for token in range(WORDS.size - 1) if row[token >> 5] >> (token & 31) & 1
            ]
            stepped = [
                n for n, text in enumerate(WORDS.tokens) if matcher.fork().accept_bytes(text)
            ]
            assert allowed == [token for token in stepped if WORDS.tokens[token]], str(source)
            if not allowed:
                assert matcher.is_accepting
                break
            assert matcher.accept_token(rng.choice(allowed))
        assert matcher.accept_bytes(matcher.shortest_completion()), str(source)
        assert matcher.is_accepting
