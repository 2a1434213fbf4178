"""Masks, steps and completions against the naive recogniser, on random grammars."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pytest

from structgen import regular
from structgen.automaton import Engine, engine_of, kernels
from structgen.automaton.completion import shortest_completion
from structgen.network import (
    NO_NAMES,
    RETURN,
    Call,
    Capture,
    Choice,
    Definition,
    Key,
    Names,
    Network,
    Scan,
)
from structgen.regular import Language
from structgen.vocabulary import Vocabulary
from tests.naive import naive_accepts

Symbol = int | str | tuple[str, ...]
Rules = tuple[tuple[tuple[Symbol, ...], ...], ...]


class At(NamedTuple):
    """A place in an alternative. Symbols: a byte's letter, a rule's number, or a JSON string."""

    rules: Rules
    alternative: tuple[Symbol, ...]
    position: int
    outcome: int = 0  # of the piece that the alternative ends

    def expand(self, network: Network) -> Definition:
        symbol = self.alternative[self.position]
        then = _place(network, self.rules, self.alternative, self.position + 1, self.outcome)
        if isinstance(symbol, str):
            return Scan(((ord(symbol), ord(symbol), then),))
        if isinstance(symbol, int):
            return Call(network.state(Rule(self.rules, symbol)), then)
        kind, *arguments = symbol
        if kind == "ways":
            piece = network.state(Ways(self.rules, int(arguments[0])))
            if arguments[1] == "tail" and self.outcome and then == network.returning(self.outcome):
                return Call(piece, RETURN)
            if arguments[1] == "any":
                return Call(piece, network.literal(b",", then))
            letters = enumerate((b"a", b"", b",b"), 1)
            return Call(
                piece, network.switch({n: network.literal(text, then) for n, text in letters})
            )
        if kind == "string":
            least, most = (int(argument) for argument in arguments)
            return Call(network.json_string(None, least, most), then)
        if kind == "capture":
            piece = Rule(self.rules, int(arguments[1]))
            return Capture(network.state(piece), Captured(arguments[0], self, None))
        if kind == "names":
            return Choice((network.json_names([(name, then) for name in arguments]),))
        known, *met = dict.fromkeys(arguments)
        names = functools.reduce(Names.add, met, NO_NAMES)
        return Call(network.json_string_except([known], names), then)


class Captured(NamedTuple):
    """After a captured text: a comma, then the text again or (kind "differ") another string."""

    kind: str
    place: At
    text: bytes | None  # None: the sketch

    def after(self, text: bytes) -> Key:
        return self._replace(text=text)

    def sketch(self) -> Key:
        return self

    def expand(self, network: Network) -> Definition:
        rules, alternative, position, outcome = self.place
        then = _place(network, rules, alternative, position + 1, outcome)
        if self.text is None:
            other = network.call(network.json_string(), network.UNKNOWN)
            known = network.UNKNOWN if self.kind == "again" else other
            return Choice((network.literal(b",", known),))
        if self.kind == "again":
            return Choice((network.literal(b"," + self.text, then),))
        name = self.text.decode("latin-1")
        piece = network.json_string_except([name])
        return Choice((network.literal(b",", network.call(piece, then)),))


class Ways(NamedTuple):
    """Reads an "a" and a text of a rule, and tells by which alternative."""

    rules: Rules
    index: int

    def expand(self, network: Network) -> Definition:
        return Choice(
            tuple(
                network.literal(b"a", _place(network, self.rules, alternative, 0, outcome))
                for outcome, alternative in enumerate(self.rules[self.index], 1)
            )
        )


class Last(NamedTuple):
    """May read one more byte, and ends either way."""

    outcome: int

    def expand(self, network: Network) -> Definition:
        edges = ((ord("b"), ord("b"), network.returning(self.outcome)),)
        return Scan(edges, returns=True, outcome=self.outcome)


class Rule(NamedTuple):
    rules: Rules
    index: int

    def expand(self, network: Network) -> Definition:
        alternatives = self.rules[self.index]
        return Choice(tuple(_place(network, self.rules, a, 0) for a in alternatives))


def _place(
    network: Network,
    rules: Rules,
    alternative: tuple[Symbol, ...],
    position: int,
    outcome: int = 0,
) -> int:
    if position == len(alternative):
        return network.state(Last(outcome)) if outcome == 2 else network.returning(outcome)
    return network.state(At(rules, alternative, position, outcome))


class RuleGrammar(NamedTuple):
    rules: Rules

    def start(self, network: Network) -> int:
        return network.state(Rule(self.rules, 0))


CAPTURED = 3  # the rule that captures read
CAPTURES: tuple[Symbol, ...] = (
    ("capture", "again", str(CAPTURED)),
    ("capture", "differ", str(CAPTURED)),
)
STRINGS: tuple[Symbol, ...] = (
    ("string", "0", "2"),
    ("string", "1", "1"),
    ("string", "2", "300"),
    ("names", "a", "ab", "é", "\n"),
    ("names", "\U0001f600"),
    ("except", "a", "b\\", "é"),
    ("except", "ab", "a", "", "aa", "b", "aab"),
)


def random_rules(rng: random.Random, *, outcomes: bool = False) -> Rules:
    """Rules without left recursion (each alternative begins with a byte, a string or nothing)."""
    count = CAPTURED

    def symbol(first: bool) -> Symbol:
        choice = rng.random()
        if outcomes and choice < 0.4:
            return ("ways", str(rng.randrange(count)), rng.choice(("switch", "tail", "any")))
        if choice < 0.25:
            return rng.choice(STRINGS)
        if choice < 0.4:
            return rng.choice(CAPTURES)
        if choice < 0.6 and not first:
            return rng.randrange(count)
        return rng.choice("ab,")

    def alternative(productive: bool) -> tuple[Symbol, ...]:
        length = rng.randint(0, 3)
        symbols = [symbol(first=i == 0) for i in range(length)]
        if productive:
            symbols = ["a" if isinstance(s, int) or s[0] == "ways" else s for s in symbols]
        return tuple(symbols)

    rules = [
        tuple(alternative(productive=i == 0) for i in range(rng.randint(1, 3)))
        for _ in range(count)
    ]
    return (*rules, (("a",), ("b", "a"), ("a", "a", 0)))


def small_vocabulary() -> Vocabulary:
    pieces = [bytes([b]) for b in range(256)]
    pieces += [bytes(p) for p in itertools.product(b'ab,"\\', repeat=2)]
    pieces += [bytes(p) for p in itertools.product(b'a,"', repeat=3)]
    pieces += [b"\\u00", b"\\ud83d", b"\\ude00", b"61", b'\\u0061"', b'e9"a', b'\xc3\xa9"', b"\xa9"]
    pieces += [b'\\n"', b"aaaa", b",\xe3\x81", b",\xe3\x81\x82a", b"\x81\x82a", b"\xe3\x81\x82,a"]
    pieces += [
        b"a\x80",
        b",a\x80",
        b"\xc3a",
        b",\xc3aa",
        b"a\xe3\x81a",
        b"a\xff",
        b"\xa9\x80",
        b"",
        b"",
    ]
    return Vocabulary(pieces, eos_token_ids=[len(pieces) - 2, len(pieces) - 1])


VOCABULARY = small_vocabulary()


def allowed_tokens(engine: Engine, config: int) -> set[int]:
    row = np.full((VOCABULARY.size + 31) // 32, -1, np.int32)
    engine.fill(config, row)
    bits = np.unpackbits(row.view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits).tolist())


def naive_tokens(grammar: RuleGrammar, text: bytes) -> set[int]:
    allowed = {
        token
        for token, piece in enumerate(VOCABULARY.tokens)
        if piece and naive_accepts(grammar, text + piece)[0]
    }
    if naive_accepts(grammar, text)[1]:
        allowed |= set(VOCABULARY.eos_token_ids)
    return allowed


@pytest.mark.parametrize(
    ("seed", "outcomes"), [*((n, False) for n in range(40)), *((n, True) for n in range(40))]
)
def test_masks_equal_the_naive_recogniser(seed: int, outcomes: bool) -> None:
    rng = random.Random(seed)
    grammar = RuleGrammar(random_rules(rng, outcomes=outcomes))
    engine = engine_of(VOCABULARY)
    start = engine.initial(grammar)
    for _ in range(3):
        config, text = start, b""
        for _ in range(6):
            allowed = allowed_tokens(engine, config)
            assert allowed == naive_tokens(grammar, text), (grammar, text)
            assert allowed, "a live configuration is never a dead end"
            going_on = sorted(allowed - set(VOCABULARY.eos_token_ids))
            if not going_on:
                break
            token = rng.choice([t for t in going_on if t >= 256] or going_on)
            config = engine.step_token(config, token)
            text += VOCABULARY.tokens[token]
        completed = text + shortest_completion(engine, config)
        assert naive_accepts(grammar, completed)[1], (grammar, text, completed)


class StringGrammar(NamedTuple):
    language: Language
    most: int | None = None

    def start(self, network: Network) -> int:
        return network.json_string(self.language, 0, self.most)


def _has(characters: Iterable[tuple[int, int]], character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in characters)


def _search(pattern: str) -> Language:
    return regular.regex(pattern, "ecma", search=True)


@pytest.mark.parametrize(
    ("grammar", "live"),
    [
        (StringGrammar(_search("a,a")), "a,é"),
        (StringGrammar(_search("aa$")), "a,é"),
        (StringGrammar(_search("é|b") & _search("a")), "a,é"),
        (StringGrammar(_search("^a,") | _search("b")), "a,é"),
        (StringGrammar(~regular.text("aé")), "a,é"),
        (StringGrammar(~_search("^a")), ""),
        (StringGrammar(_search("a$") & _search("b")), ""),
        (StringGrammar(_search("^[a\n]*$"), 4), "a"),
        (StringGrammar(_search("^a{2,300}$")), ""),
        (StringGrammar(_search("^a*,")), "a"),
        (StringGrammar(_search("^[a,]{3,}$"), 4), "a,"),
        (StringGrammar(_search("^[a,]*é$"), 3), "a,"),
        (StringGrammar(_search("^(a*é|,)$"), 3), "a"),
        (StringGrammar(_search("^.*,$")), "a,é"),
        (StringGrammar(_search("^[^,]+,[^a]$")), "aé"),
        (StringGrammar(_search("^([a,]+é)+$")), "a,"),
        (StringGrammar(_search("^([^,]+,){0,2}[^,]+$")), "aé"),
        (StringGrammar(_search("^([^,]+,){0,2}[^,]+$"), 5), "aé"),
    ],
)
def test_masks_of_strings_equal_steps(grammar: StringGrammar, live: str) -> None:
    characters = grammar.language.live.characters
    assert "".join(c for c in "a,é" if _has(characters, c)) == live
    engine = engine_of(VOCABULARY)
    for text in (b"", b'"', b'"a', b'"a,', b'"\xc3', b'"\\', b'"\\u00', b'"\\ud83d'):
        config = engine.step_bytes(engine.initial(grammar), text)
        if config < 0:
            continue
        steps = {
            token
            for token, piece in enumerate(VOCABULARY.tokens)
            if piece and engine.step_bytes(config, piece) >= 0
        }
        assert allowed_tokens(engine, config) == steps, text


class ExceptGrammar(NamedTuple):
    """Strings of a language but for some names, of which the first is known beforehand."""

    language: Language
    names: tuple[str, ...]

    def start(self, network: Network) -> int:
        met = functools.reduce(Names.add, self.names[1:], NO_NAMES)
        return network.json_string_except(self.names[:1], met, self.language)


@pytest.mark.parametrize("pattern", ["^[ab]*$", "^.+,", "^(a.*|,[ab,]+)$", "^[^a]{2,}$"])
@pytest.mark.parametrize("names", [("",), ("a", "ab", "aab,a"), (",b", ",", "aé,a", ",,,", 'é"')])
def test_strings_but_for_some_equal_a_difference_of_languages(
    pattern: str, names: tuple[str, ...]
) -> None:
    language = _search(pattern)
    assert regular.leaves_room(language)
    engine = engine_of(VOCABULARY)
    rest = StringGrammar(language & ~regular.union(map(regular.text, names)))
    one, other = engine.initial(ExceptGrammar(language, names)), engine.initial(rest)
    rng = random.Random(0)
    for _ in range(40):
        texts = [engine.step_bytes(start, b"") for start in (one, other)]
        for _ in range(6):
            allowed = allowed_tokens(engine, texts[0])
            assert allowed == allowed_tokens(engine, texts[1])
            going_on = sorted(allowed - set(VOCABULARY.eos_token_ids))
            if not going_on:
                break
            token = rng.choice(going_on)
            texts = [engine.step_token(config, token) for config in texts]


@pytest.mark.parametrize("seed", range(10))
def test_masks_do_not_depend_on_what_was_asked_before(seed: int) -> None:
    grammar = RuleGrammar(random_rules(random.Random(seed)))
    used, fresh = engine_of(VOCABULARY), Engine(VOCABULARY)
    assert allowed_tokens(used, used.initial(grammar)) == allowed_tokens(
        fresh, fresh.initial(grammar)
    )


def test_full_tables_say_so_and_reset_empties_them() -> None:
    engine = Engine(VOCABULARY)
    config = engine.initial(RuleGrammar(((("a",),),)))
    before = allowed_tokens(engine, config)
    engine.reset(engine.generation)
    assert engine.generation == 1
    assert engine.counts()["configurations"] == 0
    config = engine.initial(RuleGrammar(((("a",),),)))
    assert allowed_tokens(engine, config) == before


def test_a_repeated_mask_walks_nothing() -> None:
    engine = Engine(VOCABULARY)
    config = engine.initial(RuleGrammar((((("string", "0", "9"),),),)))
    config = engine.step_bytes(config, b'"a')
    allowed_tokens(engine, config)
    before = engine.counts()
    allowed_tokens(engine, config)
    assert engine.counts() == before
    assert kernels.RETURN == RETURN


def test_ambiguity_does_not_multiply_stacks() -> None:
    """`S: S S | "a"` without left recursion: a text has exponentially many trees."""
    grammar = RuleGrammar(((("a", 1),), ((), (0, 1))))
    engine = Engine(VOCABULARY)
    config = engine.initial(grammar)
    for length in range(1, 101):
        config = engine.step_bytes(config, b"a")
        assert len(engine.pairs(config)) <= 2
        assert engine.counts()["cells"] <= 2 * length + 2
    assert engine.is_accepting(config)
    assert engine.counts()["visited_nodes"] == 0
    assert allowed_tokens(engine, config) == naive_tokens(grammar, b"aa")
