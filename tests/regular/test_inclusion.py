"""Nested counts: what is left out changes no language, and keeps them small."""

import re
from itertools import product

import pytest

from structgen.regular import Language, regex
from structgen.regular.inclusion import holds

PATTERNS = [
    "(a{0,9}b?){0,9}",
    "(a{1,4}b{0,2}){2,3}",
    "((a{0,2}b){0,3}a?){0,4}",
    "(a{2,5}|a{1,3}b|(ab){0,7}){1,6}",
    "(a{0,3}(b{0,3}a?){0,3}){0,3}b",
]


def after(term: Language, text: str) -> Language:
    for character in text:
        term = next(
            target
            for target, ranges in term.derivatives.items()
            if any(low <= ord(character) <= high for low, high in ranges)
        )
    return term


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_language_is_that_of_re(pattern: str) -> None:
    language = regex(pattern)
    for length in range(11):
        for letters in product("ab", repeat=length):
            text = "".join(letters)
            assert language.matches(text) == bool(re.fullmatch(pattern, text)), text


@pytest.mark.parametrize("text", ["a" * 300, "ab" * 150, "aab" * 100])
def test_ambiguous_counts_do_not_grow(text: str) -> None:
    term = after(regex("(a{0,1000000}b?){0,1000000}"), text)
    assert len(term.terms) < 16


@pytest.mark.parametrize(
    "outer, inner, expected",
    [
        ("a{0,5}", "a{0,4}", True),
        ("a{0,5}", "a{0,6}", False),
        ("a{1,5}", "a{0,4}", False),
        ("a*", "a{3,}", True),
        ("a{3,7}", "a{3,}", False),
        ("(a{0,5}b){2,}", "(a{1,5}b){3,4}", True),
        ("(a{1,5}b){2,}", "(a{0,5}b){3,4}", False),
        ("a{0,5}b", "a{0,4}c", False),
    ],
)
def test_what_holds_what(outer: str, inner: str, expected: bool) -> None:
    assert holds(regex(outer), regex(inner)) == expected
