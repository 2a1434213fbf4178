"""Terminals' expressions against where Python's `re` ends its match."""

from __future__ import annotations

import itertools
import re

import pytest

from structgen.errors import GrammarError
from structgen.frontends.lark.patterns import terminal_language


@pytest.mark.parametrize(
    ("pattern", "alphabet"),
    [
        (r'".*?(?<!\\)(\\\\)*?"', 'a"\\'),
        (r"/\*(.|\n)*?\*/", "/*a"),
        (r"'(?:[^'\\]|\\.)*?'", "'a\\"),
        (r"a.*?b", "abc"),
        (r"[ab]*?c", "abc"),
        (r"<b.*?b>", "<b>"),
        (r"a+b?", "ab"),
        (r"(?i:aB)|b+", "abAB"),
        (r"(?!ab)a.|b", "abc"),
        (r"(?=a)[ab]", "ab"),
        (r"ab+(?<!bb)c", "abc"),
        (r"(?s:a.)|(?-s:b.)", "ab\n"),
    ],
)
def test_a_terminal_ends_where_re_ends(pattern: str, alphabet: str) -> None:
    language = terminal_language(pattern)
    compiled = re.compile(pattern)
    for size in range(6):
        for text in map("".join, itertools.product(alphabet, repeat=size)):
            match = compiled.match(text)
            assert language.matches(text) == (match is not None and match.end() == size), text


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a$", "at end"),
        ("^a", "at beginning"),
        (r"\ba", "at boundary"),
        ("a(?=b)", "looks ahead at more"),
        ("a(?!b)", "looks ahead at more"),
        ("(?<=a)b", "looks behind at more"),
        ("a*?b+", "lazy repetition"),
        (r"(a)\1", "groupref"),
        ("a++", "possessive"),
        ("(", "Malformed"),
        ("(?L:a)", "Malformed"),
    ],
)
def test_what_depends_on_the_context_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(GrammarError, match=words):
        terminal_language(pattern)
