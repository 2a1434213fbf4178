r"""Assertions anywhere in a pattern, against a naive oracle, Python's `re` and tables."""

from __future__ import annotations

import random
import re

import pytest

from structgen.errors import LimitExceededError
from structgen.regular import regex
from tests.regular.random_patterns import check, random_tree, texts


@pytest.mark.parametrize("seeds", [range(n, n + 50) for n in range(0, 400, 50)], ids=str)
def test_random_patterns_match_by_the_definition(seeds: range) -> None:
    for seed in seeds:
        draw = random.Random(seed)
        check(random_tree(draw, draw.choice((2, 3, 4))), length=4)


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        (r"^((?!mode)(?!Mode).)*$", ["", "a mod"], ["a mode", "Mode"]),
        (r"^([^,]+(,|$)){3,}$", ["a,b,c", "a,b,c,"], ["a,b", "a,,b,c"]),
        (r"(?<=\$)\d+", ["$1", "a$20"], ["1", "$ 1"]),
        (r"(?<!\$)\b\d+\b", ["1", "$1 2"], ["$1", "a1"]),
        (r"^(?:(?<!-)-|[a-z])+(?<!-)$", ["a-b"], ["a--b", "a-"]),
        (r"^(?:\b[a-z]+\b ?)+$", ["ab cd"], ["ab  cd", " ab"]),
        (r"(?<=^|,)x(?=,|$)", ["x", "a,x", "x,b"], ["ax", "x b"]),
        (r"(?<=a(?=bc)b)c", ["abc"], ["bc"]),
        (r"(?<!^.*b.*)a$", ["a", "ca"], ["ba", "bca"]),
        (r"^(?=(?:..)*$)(?:a|b(?!b))*$", ["", "ab", "ba"], ["a", "bb"]),
        (r"a^b|c$d", [], ["ab", "cd", ""]),
        (r"^(?:a?(?=b)){2}b", ["ab", "b"], ["aab", "a"]),
    ],
)
def test_assertions_in_repetitions_and_behind(
    pattern: str, inside: list[str], outside: list[str]
) -> None:
    language = regex(pattern, "ecma", search=True)
    for value in inside:
        assert language.matches(value), value
    for value in outside:
        assert not language.matches(value), value
    assert language.is_live == bool(inside)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\Aa\b",
        r"a\Z",
        r"\B",
        r"a\B",
        r"(?m:^a$)",
        r"(?m)^b|^$",
        r"(?a:\bé)",
        r"\bé",
        r"(?:^|é)a(?:$|\b)",
        r"(?<=\n)a$",
        r"(?:a$)+",
        r"(?<!\w)b",
    ],
)
def test_assertions_as_python_reads_them(pattern: str) -> None:
    whole, contains = regex(pattern), regex(pattern, search=True)
    for text in texts(4):
        value = text.replace("-", "\n").replace("ab", "é")
        assert whole.matches(value) == bool(re.fullmatch(pattern, value)), value
        assert contains.matches(value) == bool(re.search(pattern, value)), value


def test_a_pattern_without_assertion_under_repetition_is_a_plain_term() -> None:
    for pattern in ("^[a-z]+$", "a", "(?!b)[a-z]*$", "^(?:a|b)$|^c"):
        assert regex(pattern, "ecma", search=True).kind != "defined"


def test_too_many_assertions_at_once_are_refused() -> None:
    choices = "".join(f"(?:(?=.{{{n}}}a)|(?=.{{{n + 1}}}b))" for n in range(12))
    with pytest.raises(LimitExceededError, match="regex_states"):
        assert regex(f"(?:{choices}.)+").is_live
