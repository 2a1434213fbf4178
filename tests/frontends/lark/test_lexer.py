"""Lark grammars with a lexer: against lark's own, and where they are meant to differ."""

from __future__ import annotations

import random

import lark
import pytest

import structgen as sg
from tests.frontends.texts import VOCABULARY, check

PROGRAM = r"""
    start: statement*
    statement: NAME "=" sum ";"
        | "if" sum ":" statement
        | "return" sum? ";"
    sum: sum "+" item | sum "++" | sum "or" item | item
    item: NAME | INT | FLOAT | HEX | TEXT | "not" item | "(" sum ")" | item "." NAME
    NAME: /[a-z_][a-z0-9_]*/
    INT: /[0-9]+/
    FLOAT: /[0-9]+\.[0-9]+(e[0-9]+)?/
    HEX: /0x[0-9a-f]+/
    TEXT: /'[^'\n]*'/
    COMMENT: /#[^\n]*/
    %ignore /[ \n]+/
    %ignore COMMENT
"""
WORDS = ["x", "if", "or", "not", "return", "=", "+", "++", ";", ":", "(", ")", ".", "1", "0x", "f"]
WORDS += ["1.5", "e2", "'", "#", "\n", " ", " ", " "]
SEEDS = [
    "x = 1 + 0xf or not y . z;",
    "if not(x++):return'a'or b;",
    "a=1.5e2 + +;",
    "return#c\n;if a:x=f;",
]


def test_the_language_is_that_of_larks_lalr_parser() -> None:
    compiled = sg.compile(sg.lark(PROGRAM, lexer="basic"), VOCABULARY)
    parser = lark.Lark(PROGRAM, parser="lalr", lexer="basic")
    rng = random.Random(0)
    judged = {True: 0, False: 0}
    for _ in range(6000):
        text = rng.choice(SEEDS)
        for _ in range(rng.randint(0, 3)):
            at, length = rng.randint(0, len(text)), rng.choice([0, 0, 1, 2])
            text = text[:at] + rng.choice([*WORDS, ""]) + text[at + length :]
        try:
            parser.parse(text)
            expected = True
        except lark.exceptions.UnexpectedInput:
            expected = False
        matcher = compiled.matcher()
        got = matcher.accept_bytes(text.encode()) and matcher.is_accepting
        assert got == expected, text
        judged[expected] += 1
    assert min(judged.values()) > 500


@pytest.mark.parametrize(
    ("text", "accepted", "refused"),
    [
        # a word that begins like a keyword is a name
        ('start: "if" N | N\nN: /[a-z]+/\n%ignore " "', ["if x", "iffy"], ["if", "if if"]),
        # of the same text, the higher priority
        ("start: A | B\nA: /a+/\nB.2: /[ab]+/", ["ab", "aa"], []),
        ('start: A "!" | B\nA: /a+/\nB.2: /[ab]+/', ["ab", "aa"], ["aa!"]),
        ('start: "a" "!" | B\nB.2: /[ab]/', ["a", "b"], ["a!"]),
        # of the same text and priority, a literal
        ('start: "a" "!" | B\nB: /[ab]/', ["a!", "b"], ["a"]),
        ('start: "a"i "!" | B\nB: /[ab]/', ["a!", "A!", "b"], ["a"]),
        # a terminal by two names is one terminal
        ('start: A "," "a"\nA: "a"', ["a,a"], []),
        # longest match, where lark takes the first alternative of an expression
        ('start: X "b"?\nX: /a|ab/', ["a", "ab", "abb"], []),
        # and the longest one of all terminals, where lark takes a higher priority first
        ('start: A B | C\nA.2: "a"\nB: "b"\nC: /ab+/', ["ab", "abb"], []),
        ('start: A B\nA.2: "a"\nB: "b"\nC: /ab+/', ["ab"], []),  # C is not used
        # what is forbidden may become plain several lexemes later
        ('start: ("." | "...")*', ["...", ".", "....", "......"], []),
        ('start: "."*\n_never: "..."', ["..."], []),
        ('start: "." "." "." | "...x"', ["...x", "..."], []),
        ('start: "." "." "." "x"| "...x"', ["...x"], []),
        ('start: "." "." ".x" | "...y"', ["...y", "...x"], ["...", "..x"]),
        ('start: "a" "b" "c" | "abd"', ["abc", "abd"], ["abcd"]),
        # ignored text ends a terminal; it is one too
        (
            'start: N+\nN: /[a-z]+/\nC: /#[a-z]*/\n%ignore C\n%ignore " "',
            ["a#b c", "#a b"],
            ["1", "#a"],
        ),
        (
            'start: "/" "/"\nC: "//" /[a-z]*/\n%ignore C\n%ignore " "',
            ["/ /", "/ //x /", "//x/ /"],
            ["//"],
        ),
        ("start: N+\nN: /é|éa/", ["éaéa", "éé"], ["a"]),
        # what no rule reads
        ('start: "a" "b"\nC: "ab"\n%ignore " "', ["ab", "a b"], []),
        ('start: "a" "b"\nC: "ab"\n//% reserve C\n%ignore " "', ["a b"], ["ab"]),
        ('start: N+\nN: /[a-z]+/\nC.1: "if"\n//% reserve C\n%ignore " "', ["iff x"], ["x if"]),
    ],
)
def test_lexemes(text: str, accepted: list[str], refused: list[str]) -> None:
    check(sg.lark(text, lexer="basic"), accepted, refused)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start: A\nA: /a*/", "A matches the empty text"),
        ('start: A B "!"\nA: /a+/\nB: "a"', "the lexer always finds a longer terminal"),
        ('start: %json {"type": "null"}', "embedded"),
        ('start: x\nx: x "a"', "no text matches 'start'"),
        ('start: "a"\n//% reserve B', "'B' is no terminal with a definition"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(sg.GrammarError, match=message):
        sg.lark(text, lexer="basic")


def test_terminals_are_reserved_only_with_a_lexer() -> None:
    with pytest.raises(sg.GrammarError, match="reserved only with a lexer"):
        sg.lark('start: "a"\nB: "b"\n//% reserve B')


def test_the_names_of_lexers() -> None:
    with pytest.raises(ValueError, match="contextual"):
        sg.lark('start: "a"', lexer="contextual")  # type: ignore[arg-type]


def test_tokens_run_over_terminals() -> None:
    tokens = [b"x", b"if", b" ", b"=1", b";if", b" x:", b"+", b"+1", b"or1", b";"]
    vocabulary = sg.Vocabulary([*tokens, b""], eos_token_ids=[10])
    matcher = sg.compile(sg.lark(PROGRAM, lexer="basic"), vocabulary).matcher()
    allowed = []
    for token in (0, 3, 7, 4):
        allowed.append({i for i, each in enumerate(tokens) if matcher.fork().accept_token(i)})
        assert matcher.accept_token(token)
    # "or1" goes on as a name after a name, and is one of its own after a number
    assert allowed == [{0, 1, 2, 8}, {0, 1, 2, 3, 8}, {2, 4, 6, 7, 9}, {2, 4, 6, 7, 9}]


def test_intersections_are_lexemes() -> None:
    text = r"""
        start: words ("or" words)*
        words: (NAME | NUMBER | "if")+
        NAME.2: WORD & ~KEYWORD
        NUMBER: WORD & /[0-9]+/
        WORD: /[\p{Ll}0-9]+/
        KEYWORD: "if" | "or"
        %ignore " "
    """
    check(sg.lark(text, lexer="basic"), ["if 12 ifx or x1", "or1 é or o"], ["or", "x or"])
