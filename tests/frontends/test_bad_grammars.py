"""Grammars that are wrong, or hard: a clear error or bounded work in every notation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import structgen as sg
from tests.frontends.texts import VOCABULARY

Read = Callable[[Any], sg.Grammar]


def lexed(text: Any) -> sg.Grammar:
    return sg.lark(text, lexer="basic")


NOTATIONS: dict[str, Read] = {"lark": sg.lark, "lexer": lexed, "ebnf": sg.ebnf, "gbnf": sg.gbnf}


def written(text: str, notation: str) -> str:
    """Rules written for EBNF, in a notation."""
    if notation in ("ebnf", "gbnf"):
        return text
    return text.replace("root", "start").replace(" ::=", ":")


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ('root ::= "a" nothing', sg.GrammarError, "'nothing' is not defined"),
        ('root ::= "a" root', sg.GrammarError, "no text matches"),
        ('root ::= "a" | x\nx ::= "b" x', sg.GrammarError, "no text matches 'x'"),
        ('root ::= x\nx ::= y\ny ::= x "a"', sg.GrammarError, "no text matches"),
        ('root ::= "a" "\ud800"', sg.GrammarError, "lone surrogate"),
        ("\0", sg.GrammarError, "Line 1, column 1"),
        ('other ::= "a"', sg.GrammarError, "to start with"),
        ("", sg.GrammarError, "to start with"),
        ('root ::= "a" | ' + '"b" | ' * 1_600_000 + '"c"', sg.LimitExceededError, "characters"),
        ('root ::= "' + "a" * 10_000_000 + '"', sg.LimitExceededError, "characters"),
        ("root ::= " + "(" * 5_000 + '"a"' + ")" * 5_000, sg.LimitExceededError, "nested"),
        ("root ::= " + "(" * 400_000, (sg.GrammarError, sg.LimitExceededError), "Line 1|nested"),
        ('"' * 400_000, sg.GrammarError, "Line 1"),
        ("x " * 200_000, sg.GrammarError, "Line 1"),
    ],
)
def test_errors(notation: str, text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        NOTATIONS[notation](written(text, notation))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("text", [b'root ::= "a"', b"\xff\xfe", None, 3])
def test_what_is_no_text(notation: str, text: Any) -> None:
    with pytest.raises(TypeError, match="A grammar text is a str"):
        NOTATIONS[notation](text)


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    ("text", "length"),
    [
        ('root ::= root root | "a"', 5_000),
        ('root ::= root "+" root | root root | "a"', 2_000),
        ('root ::= root root root | root root | "a"', 60),
        ('root ::= n root "b"? | "a" root | "a"\nn ::= ("c")?', 5_000),
        ('root ::= (("a"*)*)*', 5_000),
        ('root ::= (("a"+)+)+ "b"?', 5_000),
        ('root ::= x\nx ::= y | "a" x?\ny ::= x', 2_000),
        ('root ::= x\nx ::= y x | "a"\ny ::= x? x?', 40),
        ('root ::= "a" root "a" | "a" | "b"?', 400),
        (
            "root ::= r0\n"
            + "\n".join(f'r{i} ::= r{i + 1} | r{i + 1} "a"' for i in range(60))
            + '\nr60 ::= "a" | r0',
            200,
        ),
        (
            "root ::= " + " | ".join(f"r{i}" for i in range(300)) + "\n"
            + "\n".join(f'r{i} ::= "a" r{(7 * i + 1) % 300} | "a"' for i in range(300)),
            500,
        ),
    ],
)  # fmt: skip
def test_ambiguity_and_loops_that_read_nothing(notation: str, text: str, length: int) -> None:
    matcher = sg.compile(NOTATIONS[notation](written(text, notation)), VOCABULARY).matcher()
    row = sg.allocate_bitmask(1, VOCABULARY.size)
    for _ in range(length):
        assert matcher.accept_bytes(b"a")
    matcher.fill_bitmask(row[0])
    assert matcher.is_accepting
    assert row[0, ord("a") >> 5] >> (ord("a") & 31) & 1


def test_a_request_that_grows_without_end_is_told() -> None:
    """Each letter may begin or end any number of rules: more places than the tables have."""
    matcher = sg.compile(sg.gbnf('root ::= root root root | "a" | "b"?'), VOCABULARY).matcher()
    with pytest.raises(sg.LimitExceededError, match="engine_tables"):
        matcher.accept_bytes(b"a" * 10_000)
    assert matcher.accept_bytes(b"a") and matcher.is_accepting
