"""Rules with a parameter: matching names, heredocs, indentation; and words that are apart."""

from __future__ import annotations

import random
import re

import pytest

import structgen as sg
from tests.frontends.texts import VOCABULARY, check

XML = r"""
    start: element
    element: "<" NAME ">" (TEXT | element)* "</" SAME ">" | "<" NAME "/>"
    NAME: /[a-z]+/
    TEXT: /[^<>]/
    %declare SAME
    //% capture NAME as SAME
"""
HEREDOC = r"""
    start: "cat <<" WORD "\n" (LINE "\n")* END "\n"
    WORD: /[A-Z]+/
    LINE: /[^\n]*/
    %declare END
    //% capture WORD as END
"""
BLOCKS = r"""
    start: line{nothing}+
    nothing:
    line{at}: at ("pass\n" | "if x:\n" block [at "else:\n" block])
    block: INDENT first (line{AT})*
    first: "pass\n" | "if x:\n" block [AT "else:\n" block]
    INDENT: /[ \t]+/
    %declare AT
    //% capture INDENT as AT extending
"""
WORDS = r"""
    //% apart /[a-z0-9]/
    start: line{nothing}+
    nothing:
    line{at}: at ("pass" "\n" | ("if" | "while") expr ":" (expr "\n" | "\n" block))
    block: INDENT line{nothing} (line{AT})*
    expr: operand (("or" | "and" | "not" "in") operand)*
    operand: "not" operand | "(" expr ")" | NAME
    NAME: WORD & ~KEYWORD
    WORD: /[a-z]+/
    KEYWORD: "and" | "if" | "in" | "not" | "or" | "pass" | "while"
    INDENT: /[ \t]+/
    %declare AT
    %ignore "_"
    //% capture INDENT as AT extending
"""
CASES = [
    (XML, ["<a></a>", "<ab>x<b>y</b><ab/></ab>", "<a><a></a></a>"]),
    (HEREDOC, ["cat <<EOF\nEOF\n", "cat <<E\nEOF\n\nE\n", "cat <<E\nE\nE\n"]),
    (
        BLOCKS,
        [
            "pass\n",
            "if x:\n  pass\n  pass\npass\n",
            "if x:\n if x:\n  pass\n else:\n   pass\nelse:\n\tpass\n",
            "if x:\n\tif x:\n\t  pass\n\t  pass\n\tpass\n",
        ],
    ),
    (
        WORDS,
        [
            "if_x:x\n",
            "while(x)or_not(y)not_in_not_orr:\n pass\n if(a)and_b:\n  pass\n pass\npass\n",
            "if_not_not(a):notnot\nif((a)or(b)):passe\npass\n",
        ],
    ),
]
REFUSED = {
    XML: ["<a></b>", "<a></ab>", "<ab></a>", "<a><b></a></b>", "<a>"],
    HEREDOC: ["cat <<EOF\nEO\n", "cat <<E\nE", "cat <<\n\n"],
    BLOCKS: [
        " pass\n",
        "if x:\npass\n",
        "if x:\n  pass\n pass\n",
        "if x:\n  pass\n   pass\n",
        "if x:\n  if x:\n\t  pass\n",
        "if x:\n  if x:\n  pass\n",
        "if x:\n  pass\n  else:\n  pass\n",
    ],
    WORDS: ["ifx:x\n", "if_(a)or_(b)and:x\n", "if_x:a_or\n", "if_(a)notin_b:c\n", "if_notx:or\n"],
}


@pytest.mark.parametrize(("text", "accepted"), CASES)
def test_what_is_read(text: str, accepted: list[str]) -> None:
    check(sg.lark(text), accepted, REFUSED[text])


def is_python(text: str) -> bool:
    try:
        compile(text, "", "exec")
    except SyntaxError:
        return False
    return bool(re.fullmatch(r"([ \t]*(pass|if x:|else:)\n)+", text))


def test_indentation_is_pythons() -> None:
    compiled = sg.compile(sg.lark(BLOCKS), VOCABULARY)
    rng = random.Random(0)
    judged = {True: 0, False: 0}
    for _ in range(4000):
        depth = 0
        text = ""
        for _ in range(rng.randint(1, 6)):
            indentation = " " * depth if rng.random() < 0.95 else rng.choice(["", " ", "  ", "\t"])
            line = rng.choice(["pass", "if x:", "else:", "pass"])
            text += f"{indentation}{line}\n"
            depth = depth + 1 if line.endswith(":") else rng.randint(0, depth)
        expected = is_python(text)
        matcher = compiled.matcher()
        got = matcher.accept_bytes(text.encode()) and matcher.is_accepting
        assert got == expected, text
        judged[expected] += 1
    assert min(judged.values()) > 400


@pytest.mark.parametrize("text", [XML, HEREDOC, BLOCKS, WORDS])
def test_masks_allow_what_leads_on(text: str) -> None:
    """Tokens that run over the end of a captured text and its copy, one by one against bytes."""
    words = ["<a", "<a></a", "></", "a>", "b></b>", "if x:\n ", " pass\n ", "pass\n", "EOF\n", "\n"]
    words += [
        "  pass\n  pass\n",
        "  pass\n pass\n",
        "\n\nE",
        "cat <<E",
        "cat <<",
        "E\nE\n",
        "</a>",
        "E",
    ]
    tokens = [*(bytes([byte]) for byte in range(128)), *map(str.encode, words)]
    compiled = sg.compile(sg.lark(text), sg.Vocabulary([*tokens, b""], eos_token_ids=[len(tokens)]))
    rng = random.Random(0)
    for _ in range(12):
        matcher = compiled.matcher()
        for _ in range(12):
            bitmask = sg.allocate_bitmask(1, compiled.vocabulary.size)
            matcher.fill_bitmask(bitmask[0])
            allowed = [t for t in range(len(tokens)) if int(bitmask[0][t // 32]) >> t % 32 & 1]
            forks = ((t, matcher.fork()) for t in range(len(tokens)))
            assert allowed == [t for t, fork in forks if fork.accept_bytes(tokens[t])]
            if not allowed:
                break
            long = [token for token in allowed if token >= 128]
            assert matcher.accept_token(rng.choice(long or allowed))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("//% capture A\nstart: A\nA: /a/", "expected 'capture"),
        ("//% capture A as B\nstart: A\nA: /a/", "'B' is no terminal that %declare"),
        ('//% capture A as B\nstart: "x"\n%declare A B', "'A' is no terminal with"),
        ("//% capture A as B\nstart: B A\nA: /a/\n%declare B", "B can come where nothing"),
        ("//% capture A as B\nstart: x B\nx: A\nA: /a/\n%declare B", "B can come where nothing"),
        ("//% capture A as B\nstart: A? B\nA: /a/\n%declare B", "B can come where nothing"),
        ("//% capture A as B\nstart: A B\nA: /a*/\n%declare B", "the empty text"),
        ("//% capture A as B\nstart: start A B | A\nA: /a/\n%declare B", "begins with itself"),
        ("//% capture A as B extending\nstart: A start? B\nA: /a|b/\n%declare B", "must be longer"),
        ("//% apart x\nstart: A\nA: /a/", "apart /CHARACTERS/"),
        ("//% apart /ab?/\nstart: A\nA: /a/", "expected one character"),
        ("//% apart /(/\nstart: A\nA: /a/", "Malformed"),
        ('//% apart /a/\nstart: "a" "a"', "always touch"),
        ("//% apart /a/\nstart: %json {}", "embeds nothing"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(sg.GrammarError, match=message):
        sg.lark(text)


def test_not_with_a_lexer() -> None:
    with pytest.raises(sg.GrammarError, match="without a lexer"):
        sg.lark(XML, lexer="basic")


@pytest.mark.parametrize("line", ["//% capture A as B", "//% apart /a/"])
def test_a_lexer_takes_neither(line: str) -> None:
    with pytest.raises(sg.GrammarError, match="only without a lexer"):
        sg.lark(f"{line}\nstart: A\nA: /a/\n%declare B", lexer="basic")
