"""EBNF and GBNF: what texts of rules mean, and what is said of malformed ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import structgen as sg
from tests.frontends.texts import check

Reader = Callable[[str], Any]

# (grammar, accepted, refused), in both dialects
BOTH: list[tuple[str, list[str], list[str]]] = [
    ('root ::= "a" "b" | "c"', ["ab", "c"], ["a", "abc", ""]),
    ('root ::= ("a" | "b")* "c"?', ["", "abc", "c"], ["cc"]),
    ('root ::= "a"{2} "b"{1,} "c"{0,2} "d"{,1}', ["aab", "aabbccd"], ["ab", "aabccc", "aabdd"]),
    ("root ::= [a-c_] [^a-c] [-x] [\\]\\-]", ["azx-", "_d-]"], ["dax-", "aax-", "azy-"]),
    ('root ::= "\\x41\\u00e9\\U0001F600\\n\\"\\\\"', ['Aé\U0001f600\n"\\'], ["A"]),
    ('root ::= x # a comment\nx ::= "a" | x "b" # left', ["a", "abb"], ["b", ""]),
    ('root ::= "a" |\n "b"', ["a", "b"], ["ab"]),
    ('root ::= ( "a"\n "b" )', ["ab"], ["a"]),
    ('root ::= | "a"', ["", "a"], ["aa"]),
    ("root ::= .", ["a", "é", "\U0001f600"], ["", "ab"]),
    ('a-rule ::= "a"\nroot ::= a-rule{2,3}', ["aa", "aaa"], ["a", "aaaa"]),
    ('root ::= ("a" | root root)', ["a", "aaaaa"], [""]),
    ('root ::= e\ne ::= e "+" t | t\nt ::= [0-9]+ | "(" e ")"', ["1+(2+3)+4"], ["1+", "(1"]),
    ('root ::= "[" [^\\]]* "]" [é-ü]', ["[ab]ê"], ["[]]ê", "[]a"]),
]
EBNF = [
    ("root ::= 'a\\n' \"b\"", ["a\\nb"], ["a\nb"]),
    ("root ::= #x41 [#x42-#x44#x5A]", ["AB", "AZ"], ["AE", "A"]),
    ("[1] root ::= a b\n[2] a ::= 'x' /* c */ b ::= 'y'", ["xy"], ["x"]),
    ("root ::= (Char - [<&])+\nChar ::= [#x20-#x7E]", ["abc"], ["a<", ""]),
    ("root ::= (c* - (c* '?>' c*)) '?>'\nc ::= [a?>]", ["a?a>?>", "?>"], ["a?>?>", "?>a"]),
    ("root ::= 'a' ; // one\nx ::= 'b';", ["a"], ["b"]),
    ("root ::= 'a' 'b'\n 'c'", ["abc"], ["ab"]),
]
GBNF = [
    ('root::="a"\n\n# c\nb::=root', ["a"], [""]),
    ('root ::= (\n  "a" # first\n  | "b"\n)+', ["ab"], [""]),
    ("root ::= [^\\n]+ [\\t ]", ["ab "], ["a\n "]),
]


@pytest.mark.parametrize("read", [sg.ebnf, sg.gbnf])
@pytest.mark.parametrize(("text", "accepted", "refused"), BOTH, ids=range(len(BOTH)))
def test_both(read: Reader, text: str, accepted: list[str], refused: list[str]) -> None:
    check(read(text), accepted, refused)


@pytest.mark.parametrize(("text", "accepted", "refused"), EBNF, ids=range(len(EBNF)))
def test_ebnf(text: str, accepted: list[str], refused: list[str]) -> None:
    check(sg.ebnf(text), accepted, refused)


@pytest.mark.parametrize(("text", "accepted", "refused"), GBNF, ids=range(len(GBNF)))
def test_gbnf(text: str, accepted: list[str], refused: list[str]) -> None:
    check(sg.gbnf(text), accepted, refused)


def test_another_start() -> None:
    check(sg.ebnf('x ::= "a"', start="x"), ["a"], [""])


@pytest.mark.parametrize("read", [sg.ebnf, sg.gbnf])
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('root ::= "a" nam\nname ::= "b"', (13, 16), "did you mean 'name'?"),
        ('root ::= "a" root', (0, 4), "no text matches 'root'"),
        ('root ::= "a\n', (9, 11), "does not end"),
        ("root ::= [ab\n", (9, 12), "does not end"),
        ('root ::= ("a" "b"\n', (9, 10), "not closed"),
        ("root ::= [z-a]", (10, 13), "first character of a range"),
        ('root ::= "a"{3,2}', (12, 17), "first number is larger"),
        ('root ::= "a"{x}', (12, 13), "expected a count"),
        ('root ::= "\\q"', (10, 12), "no known escape"),
        ('root ::= "\\u00"', (10, 12), "4 hexadecimal digits"),
        ('root ::= "\\ud800"', (9, 17), "lone surrogate"),
        ("root ::= []", (9, 11), "no character"),
        ('root ::= "a"\nroot ::= "b"', (13, 17), "more than once"),
        ("= 1", (0, 1), "expected"),
        ('root ::= "a" )', (13, 14), "found ')'"),
        ('root ::= "x"\n\n  y = 2', (18, 19), "::="),
    ],
)
def test_errors(read: Reader, text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(sg.GrammarError) as caught:
        read(text)
    assert words in str(caught.value)
    assert caught.value.span == place
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root ::= 'a' - 'a'", "takes every text away"),
        ("root ::= root 'a' | 'b' - root", "not recursive"),
        ("root ::= 'a' -", "expected what is taken away"),
        ("root ::= (= 'a') 'b'", "look-ahead"),
        ("root ::= TagDispatch(('a', b))", "structural_tags"),
        ("root ::= #xD800", "hexadecimal code"),
    ],
)
def test_errors_of_ebnf(text: str, words: str) -> None:
    with pytest.raises(sg.GrammarError, match=words):
        sg.ebnf(text)


@pytest.mark.parametrize("read", [sg.ebnf, sg.gbnf])
@pytest.mark.parametrize(
    ("text", "limit"),
    [("x" * 10_000_000, "grammar_text"), ("root ::= " + "(" * 200 + ")" * 200, "grammar_nesting")],
)
def test_limits(read: Reader, text: str, limit: str) -> None:
    with pytest.raises(sg.LimitExceededError) as caught:
        read(text)
    assert caught.value.limit == limit
