"""Masks as reports."""

from __future__ import annotations

import re

import pytest

import structgen as sg
from structgen.inspect_mask import describe_bytes, inspect_mask, longest_prefix

TOKENS = [bytes([byte]) for byte in range(256)] + [b"ab", b"ba", b'"}', b"", b""]
VOCABULARY = sg.Vocabulary(TOKENS, eos_token_ids=[259, 260])


@pytest.mark.parametrize(
    ("pattern", "text", "taken", "may_end", "forced"),
    [
        ("ab+", b"", b"", False, b"ab"),
        ("ab+", b"ab", b"ab", True, b""),
        ("ab+", b"abc", b"ab", True, b""),
        ("(aé|aü)x", b"a", b"a", False, b"\xc3"),
        ("(aé|aü)x", b"a\xc3\xa9", "aé".encode(), False, b"x"),
        ("a|b", b"a", b"a", True, b""),
    ],
)
def test_report(pattern: str, text: bytes, taken: bytes, may_end: bool, forced: bytes) -> None:
    report = inspect_mask(sg.compile(sg.regex(pattern), VOCABULARY), text)
    assert (report.taken, report.may_end, report.forced) == (taken, may_end, forced)
    assert report.end_tokens == ((259, 260) if may_end else ())
    assert report.vocabulary_size == VOCABULARY.size


@pytest.mark.parametrize("text", [b"", b"a", b"ab", b"abab"])
def test_groups_hold_every_allowed_token_and_witnesses_are_texts_of_the_language(
    text: bytes,
) -> None:
    pattern = '(ab)*([x-z]|[0-9]+|"}?)'
    compiled = sg.compile(sg.regex(pattern), VOCABULARY)
    report = inspect_mask(compiled, text)
    assert sum(group.count for group in report.groups) == report.allowed
    for group in report.groups:
        assert group.witness is not None
        assert re.fullmatch(pattern, group.witness.decode())
        assert group.witness.startswith(text + group.examples[0])


def test_groups() -> None:
    report = inspect_mask(sg.compile(sg.regex('[a-z]|[0-9]|[AB]|"|~'), VOCABULARY), b"")
    assert [(group.begins, group.count) for group in report.groups] == [
        ("a letter", 26),
        ("a digit", 10),
        ("'\"'", 1),
        ("'A'", 1),
        ("'B'", 1),
        ("'~'", 1),
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (b"", "nothing"),
        (b"a", "'a'"),
        (b"ab", "'a', 'b'"),
        (b"abcxyzABC059", "'0', '5', '9', 'A' to 'C', 'a' to 'c', 'x' to 'z'"),
        (b" \t\n\r", "space, tab, newline, carriage return"),
        (b"\x00\x7f", "0x00, 0x7F"),
        (range(256), "any printable character, 0x00 to 0x08, tab, newline, 0x0B, 0x0C, "),
        (range(32, 127), "any printable ASCII character"),
        (set(range(32, 127)) - set(b'"\\'), "any printable ASCII character except '\"', '\\\\'"),
        (range(0xC2, 0xF5), "any character beyond ASCII"),
        (b"\xc3", "some character beyond ASCII"),
        (range(0x80, 0xC0), "the rest of a character"),
    ],
)
def test_describe_bytes(values: bytes, words: str) -> None:
    assert describe_bytes(values).startswith(words)


def test_longest_prefix_leaves_the_matcher() -> None:
    matcher = sg.compile(sg.regex("(ab)*c"), VOCABULARY).matcher()
    matcher.accept_bytes(b"ab")
    assert longest_prefix(matcher, b"ababacc") == 5
    assert longest_prefix(matcher, b"") == 0
    assert longest_prefix(matcher, b"c") == 1
    assert matcher.accept_bytes(b"abc")
