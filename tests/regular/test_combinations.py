"""Combinations of patterns: what is decided about them, against all short texts."""

from __future__ import annotations

import itertools
import random

import pytest

from structgen.regular import ANY, EMPTY, Language, characters, length, regex, spare_texts

ALPHABET = "ab1"
MOST = 5
TEXTS = ["".join(t) for n in range(MOST + 1) for t in itertools.product(ALPHABET, repeat=n)]
OVER_ALPHABET = characters((ord(c), ord(c)) for c in ALPHABET).repeat(0, MOST)
PATTERNS = [
    "ab",
    "a.*1",
    "^a",
    "b$",
    "^[ab]*$",
    "^(a|b)*a(a|b){2}$",
    "^(ab)+$",
    "1{2,}",
    "^.{4}$",
    "^(.{2})*$",
    "(?=.*b)1",
    r"\d\d",
]


def combination(draw: random.Random) -> tuple[Language, list[str]]:
    """A language over the alphabet, and its texts by the meaning of the patterns."""
    language, texts = OVER_ALPHABET, TEXTS
    for _ in range(draw.randint(1, 4)):
        chosen = [regex(p, "ecma", search=True) for p in draw.sample(PATTERNS, draw.randint(1, 2))]
        part = chosen[0]
        for other in chosen[1:]:
            part |= other
        kept = [text for text in texts if any(one.matches(text) for one in chosen)]
        if draw.random() < 0.4:
            part, kept = ~part, [text for text in texts if text not in kept]
        language, texts = language & part, kept
    least = draw.choice([0, 0, 2, MOST])
    return language & length(least), [text for text in texts if len(text) >= least]


@pytest.mark.parametrize("seed", range(400))
def test_random_combinations(seed: int) -> None:
    language, texts = combination(random.Random(seed))
    assert language.is_live == bool(texts)
    if texts:
        assert language.shortest_length == min(map(len, texts))
        assert language.least_length <= language.shortest_length
        for text in texts[::7]:
            assert language.matches(text)


@pytest.mark.parametrize(
    ("patterns", "least", "is_live"),
    [
        (["^([a-z][0-9])+$"], 10_000, True),
        (["^([a-z][0-9])+$", "^((c1d3g3).{4,8}){6,6}", "[tu]{2}$"], 100, False),
        (["^([a-z][0-9])+$", "^((c1d3g3).{4,8}){6,6}", "(t|8){10,10}$"], 1_000, True),
        (
            ["ab1|b12", "bc1|c12", "ca1|a12", r"^.{16}$", r"^\w*$", r"\d\d", "[aA][12].*[zZ]"],
            0,
            True,
        ),
        ([f"{c}.*{c}" for c in "abcdefghijkl"], 0, True),
        (["^(a|b)*a(a|b){30}$"], 0, True),
    ],
)
def test_large_combinations_are_decided(patterns: list[str], least: int, is_live: bool) -> None:
    language = length(least)
    for pattern in patterns:
        language &= regex(pattern, "ecma", search=True)
    assert language.is_live == is_live


def test_a_language_and_its_complement() -> None:
    first, second = regex("a.*b"), regex("c|d*")
    assert first & second & ~first is EMPTY
    assert first | second | ~first is ANY


@pytest.mark.parametrize("pattern", ["[ab]{1,3}", "a(b|1){0,4}", "(ab|1){2}", "ab?1?", "[ab1]{5}"])
def test_how_many_texts_each_beginning_leaves(pattern: str) -> None:
    language = regex(pattern)
    texts = [text for text in TEXTS if language.matches(text)]
    for text in TEXTS:
        left = [sum(each.startswith(text[:end]) for each in texts) for end in range(len(text) + 1)]
        fewest = min(count for count in left if count)
        for most in (1, 5, 1_000):
            assert spare_texts(language, text, most) == min(fewest, most)
