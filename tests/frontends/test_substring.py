"""Any span of a passage, against Python's `in`."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

import structgen as sg
from structgen.frontends.substring import _sorted_suffixes
from tests.automaton.test_masks import VOCABULARY, allowed_tokens, naive_tokens
from tests.frontends.texts import accepts, check


@pytest.mark.parametrize("passage", ["", "a", "banana", "mississippi", "aéb€é\U0001f600é", "a\0a"])
def test_every_span_and_nothing_else(passage: str) -> None:
    source = sg.substring(passage)
    spans = {passage[i:j] for i in range(len(passage) + 1) for j in range(i, len(passage) + 1)}
    others = {"".join(t) for n in (1, 2, 3) for t in itertools.product(passage + "x", repeat=n)}
    check(source, sorted(spans), sorted(others - spans))


def test_a_passage_that_is_searched() -> None:
    rng = random.Random(1)
    passage = "".join(rng.choices("ab c", k=40_000))
    source = sg.substring(passage)
    for _ in range(20):
        start = rng.randrange(len(passage))
        span = passage[start : start + rng.randint(1, 60)]
        assert accepts(source, span)
        other = span[:-1] + rng.choice("abcd")
        assert accepts(source, other) == (other in passage)


@pytest.mark.parametrize("alphabet", ["a", "ab", "abcdefgh", "\0\1"])
@pytest.mark.parametrize("size", [0, 1, 2, 30, 500])
def test_sorted_suffixes(alphabet: str, size: int) -> None:
    data = "".join(random.Random(size).choices(alphabet, k=size)).encode()
    found = _sorted_suffixes(np.frombuffer(data, np.uint8).astype(np.int64))
    assert found.tolist() == sorted(range(size), key=lambda at: data[at:])


def test_masks_equal_the_naive_recogniser() -> None:
    source = sg.substring("ab,ba,aab,é")
    compiled = sg.compile(source, VOCABULARY)
    for text in (b"", b"a", b"ab,", b",a"):
        config = compiled.engine.step_bytes(compiled.initial()[1], text)
        assert allowed_tokens(compiled.engine, config) == naive_tokens(source, text)


def test_inside_another_grammar() -> None:
    source = sg.lark('start: "<" %regex {"substring_chars": "abc"} ">"')
    check(source, ["<>", "<bc>"], ["<ac>", "<abc"])


def test_refusals() -> None:
    with pytest.raises(sg.GrammarError, match="lone surrogate"):
        sg.substring("\ud800")
    with pytest.raises(sg.LimitExceededError, match="passage_bytes"):
        sg.substring("a" * (1 << 24) + "b")
