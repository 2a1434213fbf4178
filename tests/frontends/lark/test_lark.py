"""Lark grammars: against lark's own Earley parser, and what is said of malformed ones."""

from __future__ import annotations

import itertools
import random

import lark
import pytest

import structgen as sg
from tests.frontends.texts import accepts, check

TEXTS = ["".join(t) for n in range(5) for t in itertools.product("ab ", repeat=n)]
LITERALS = ['"a"', '"b"', '"ab"', '"A"i', "T", "U", "/a+/", "/[ab]/", "/b?a/", "/a*?b/"]


def random_grammar(rng: random.Random) -> str:
    rules = ["start", "x", "y"][: rng.randint(1, 3)]

    def atom(depth: int) -> str:
        choice = rng.random()
        if choice < 0.3:
            return rng.choice(rules)
        if choice < 0.7 or depth == 0:
            return rng.choice(LITERALS)
        if choice < 0.8:
            return f"t{{{rng.choice([*rules, *LITERALS[1:5]])}}}"
        inside = " | ".join(sequence(depth - 1) for _ in range(rng.randint(1, 2)))
        return f"({inside})" if choice < 0.9 else f"[{inside}]"

    def item(depth: int) -> str:
        times = rng.choice(["*", "+", "?", "~2", "~0..2", "~1..3"])
        return atom(depth) + (times if rng.random() < 0.4 else "")

    def sequence(depth: int) -> str:
        return " ".join(item(depth) for _ in range(rng.randint(1, 2)))

    lines = [f"{name}: {sequence(1)} | {sequence(1)}" for name in rules]
    lines.append(f"t{{p}}: p | {rng.choice(['a p', 'p p', 'a t{p}'])}\na: {LITERALS[0]}")
    lines.append(f"T: {rng.choice([LITERALS[0], '/ab?/', '(/a/|/bb/)+'])}")
    lines.append(f"U.2: {rng.choice([LITERALS[1], 'T LITERAL', '/b/~1..2'])}\nLITERAL: /b/")
    return "\n".join([*lines, '%ignore " "'][: len(lines) + rng.randint(0, 1)])


@pytest.mark.parametrize("seed", range(60))
def test_the_language_is_that_of_larks_earley_parser(seed: int) -> None:
    rng = random.Random(seed)
    text = random_grammar(rng)
    try:
        parser = lark.Lark(text, parser="earley", lexer="dynamic_complete")
    except lark.exceptions.LarkError:
        parser = None  # lark refuses rules that are the same twice, which mean nothing new
    try:
        source = sg.lark(text)
    except sg.GrammarError as error:
        assert "no text matches" in str(error)
        return
    if parser is None:
        return
    for each in rng.sample(TEXTS, 15):
        try:
            parser.parse(each)
            expected = True
        except lark.exceptions.UnexpectedInput:
            expected = False
        assert accepts(source, each) == expected, (text, each)


@pytest.mark.parametrize(
    ("text", "accepted", "refused"),
    [
        ('start: a "b"?\na: "a"+', ["ab", "aaa"], ["b"]),
        ('start: "a"i "é"', ["aé", "Aé"], ["ae"]),
        ('start: A\nA: "a".."c"~2', ["ab", "cc"], ["a", "ad"]),
        ("start: /a b/x", ["ab"], ["a b"]),
        ("start: /a.b/s | /c.d/", ["a\nb", "cxd"], ["c\nd"]),
        ("start: /[a-z]+/i", ["aZ"], ["1"]),
        ('start: sep{item, ","}\nsep{x, s}: x (s x)*\nitem: "a" | "b"', ["a,b"], ["a,", ",a"]),
        ('start: twice{bracket{"x"}}\ntwice{p}: p p\nbracket{p}: "(" p ")"', ["(x)(x)"], ["(x)"]),
        ("start: CNAME INT\n%import common (CNAME, INT)", ["a_b1"], ["1a"]),
        ("%import common.ESCAPED_STRING -> S\nstart: S S", ['"a""\\""'], ['"a"', '"a"b""']),
        ("%import common (INT, WS)\nstart: INT+\n%ignore WS", [" 1 2\n", "1"], [" ", ""]),
        ('start: "a" "b"\n%ignore /#[^\\n]*\\n/\n%ignore " "', ["a #x\n b"], ["a# b", "a#b\n"]),
        ('?start: _x -> y\n_x: "a" | "b"', ["a", "b"], ["ab"]),
        ('!start.2: "a" | b\nb.1: "b"', ["a", "b"], [""]),
        ('start: x\nx: "a"\n%extend x: "b"\n', ["a", "b"], ["ab"]),
        ("%import common.INT\n%override INT: /x/\nstart: INT", ["x"], ["1"]),
        ('start: start start | "a" |', ["", "a", "aaaa"], ["b"]),
        ('start: ("a" | ("b" "c")*)~2', ["", "aa", "bcbca", "abc"], ["aaa", "b"]),
        ('start: "\\n\\t\\\\" /\\//', ["\n\t\\/"], ["n"]),
        ('start: A\nA: /a|b/ "c"', ["ac", "bc"], ["a", "abc"]),
        ('start: A\nA: "x" /a|b/ B\nB: /(c|d)|[|]|\\|/', ["xac", "xb|", "xad"], ["xa", "bc"]),
        ('start: A\nA: /a|b/i "c" | "d"', ["Ac", "d"], ["A", "AC"]),
        ('start: x{2,3} "b"{2}\nx: ""| "a{2}" /b{2}|c/', ["bb", "a{2}bbbb"], ["", "b", "a{2}bb"]),
        ('start: t{"a", n}\nt{x, y}: x{2} y "" // {1,2} ""\nn: /"{2}/', ['aa""'], ['a""']),
        (
            'start: A\nA: /[ab]+/ & ~/.*bb.*/ & ~B // &\nB: /a/\n  | "aa"',
            ["ab", "aaa"],
            ["aa", "bb"],
        ),
        ("start: A+\nA.1: ~B & /[ab]{2}/\nB: C & /b./\nC: /.b/", ["abba", "ab"], ["bb", "bbab"]),
        ('start: A "-"\nA: ~"a"i & \\\n  /[Aa]./ //', ["ab-"], ["A-", "a", "A"]),
        (
            r"start: /[\p{Lu}_\P{L}]\\p{1}[^]\p{L}]/",
            ["_\\p-", "\u00c4\\p ", "1\\p["],
            ["a\\p-", "_\\p]"],
        ),
        ('start: x y\nx[capture, temperature=0.5]: "a"\ny[capture="b, c"] : "b"', ["ab"], ["a"]),
    ],
    ids=range(29),
)
def test_syntax(text: str, accepted: list[str], refused: list[str]) -> None:
    check(sg.lark(text), accepted, refused)


def test_another_start() -> None:
    check(sg.lark('a: "a"\nb: "b"', start="b"), ["b"], ["a"])


def test_embedded_json_schema() -> None:
    text = """%llguidance {}
start: "<" call ">" other
call: %json {
    "type": "object", "properties": {"a": {"type": "integer"}},
    "required": ["a"], "additionalProperties": false
}
other: %json {"const": "/* %json */"} // %json
"""
    check(sg.lark(text), ['<{"a": 1}>"/* %json */"'], ["<{}>", '<{"a": 1}>'])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("start: b", (7, 8), "'b' is not defined"),
        ("start: B", (7, 8), "'B' is not defined"),
        ('start: x\nx: "a" | y z\ny: "q"', (20, 21), "'z' is not defined"),
        ("start: t{x}", (7, 8), "'t' is not defined"),
        ('start: "a', (7, 8), "cannot come here"),
        ('start: ("a"', (11, 12), "cannot come here"),
        ('start: "a" start', (0, 5), "no text matches 'start'"),
        ('start: "a"\nstart: "b"', (0, 5), "more than once"),
        ("start: A\nA: B\nB: A", (9, 10), "Recursion in terminal 'A'"),
        ("start: A\n%declare A", (7, 8), "nothing says what its text is"),
        ("start: /a$/", (7, 11), "at end"),
        ("start: /a\\1/", (7, 12), "Malformed"),
        ("start: /[^\\w\\W]/", (7, 16), "no text matches"),
        ('start: "a"{2,}', (10, 14), "write x{2} x*"),
        ('start: "a"{,3}', (10, 14), "write x{0,3}"),
        ('start: "a"{3,2}', (10, 11), "count is wrong"),
        ("start: x\nx[lazy]: /a*b/", (11, 15), "such as /.*?end/"),
        ('start: x\nx[capture, stop="a]"]: /a*/', (20, 24), "such as /.*?end/"),
        ("start: x\nx[suffix=/b/]: /a*/", (11, 17), "such as /.*?end/"),
        ("start: x\nx[max_tokens=3]: /a*/", (11, 21), "does not count tokens"),
        ("start: x\nx[colour=3]: /a*/", (11, 12), "expected an attribute"),
        ("start: A\nA: /a+/ & /b+/", (9, 10), "no text matches A"),
        ('start: A\nA: /a+/ & ("b" | "c")', (17, 18), "NAME: WORD & ~KEYWORD"),
        ("start: A\nA: B & C // d\n\n # e\n  | D", (14, 15), "NAME: WORD & ~KEYWORD"),
        ("start: /a/ & /b/", (11, 12), "NAME: WORD & ~KEYWORD"),
        ("start: A B\nA: /a/ & B\nB: A", (25, 26), "no part of another terminal"),
        ("start: A\nA: /a/ & B", (18, 19), "'B' is no terminal"),
        (r"start: /\p{Latin}/", (7, 18), "no Unicode property 'Latin'"),
        ("start: @other", (7, 13), "write its rules"),
        ('start: "a"~3..1', (10, 11), "count is wrong"),
        ("start: %json {", (14, 15), "malformed JSON"),
        ("start: %json []", (7, 12), "JSON object"),
        ('start: %regex {"substring_words": "a b"}', (7, 13), "nothing else is supported"),
        ("%import common.NOPE\nstart: NOPE", (15, 19), "not defined"),
        ("%import nowhere.X\nstart: X", None, "nowhere.lark"),
        ('a: "a"', None, "no rule 'start'"),
        ("", None, "no rule 'start'"),
    ],
)
def test_errors(text: str, place: tuple[int, int] | None, words: str) -> None:
    with pytest.raises(sg.GrammarError) as caught:
        sg.lark(text)
    assert words in str(caught.value)
    assert caught.value.span == place


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("x" * 10_000_000, "grammar_text"),
        ('start: t{start}\nt{x}: "a" t{u{x}} | "b"\nu{x}: x x', "grammar_templates"),
        (
            "start: A0\nA40: /x/\n" + "\n".join(f"A{i}: A{i + 1} A{i + 1}" for i in range(40)),
            "grammar_terminal",
        ),
        ("start: " + "(" * 2000 + '"a"' + ")" * 2000, "grammar_nesting"),
    ],
    ids=["long", "templates", "terminals", "deep"],
)
def test_limits(text: str, limit: str) -> None:
    with pytest.raises(sg.LimitExceededError) as caught:
        sg.lark(text)
    assert caught.value.limit == limit


def test_unsatisfiable_schema() -> None:
    with pytest.raises(sg.UnsatisfiableError):
        sg.lark('start: %json {"type": "string", "minLength": 2, "maxLength": 1}')
