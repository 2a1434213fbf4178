"""The evidence of each grammar, in seconds: walks and mutations against the language's own reader.

`evidence.py` has the long part, with real texts.
"""

from __future__ import annotations

import os
import random
import shutil
from datetime import date, timedelta

import pytest

import structgen as sg
from structgen.frontends.lark.intersections import take_intersections
from tests.frontends.texts import VOCABULARY, accepts, check
from tests.grammars.languages import (
    FOLDER,
    LANGUAGES,
    mutation,
    random_walk,
    read,
    token_mutation,
)
from tests.grammars.standard_library import standard_library, text_of


@pytest.mark.parametrize("name", LANGUAGES)
def test_random_walks_and_mutations(name: str) -> None:
    language = LANGUAGES[name]
    if language.program is not None and shutil.which(language.program) is None:
        assert "CI" not in os.environ, f"{language.program} is not installed"
        pytest.skip(f"{language.program} is not installed")
    compiled = sg.compile(read(name), VOCABULARY)
    rng = random.Random(0)
    walks = [random_walk(compiled, rng) for _ in range(80 if language.lexer is None else 20)]
    for text in walks:
        assert language.oracle(text) is not False, text
    check(compiled.grammar, language.seeds, [])
    for text in [*walks, *language.seeds * 20]:
        for mutated in (mutation(text, language.characters, rng), token_mutation(text, rng)):
            if accepts(compiled.grammar, mutated):
                assert language.oracle(mutated) is not False, mutated
            elif language.is_whole:
                assert language.oracle(mutated) is not True, mutated


def test_every_grammar_has_evidence_and_says_so() -> None:
    assert {path.stem for path in FOLDER.glob("*.lark")} == set(LANGUAGES)
    for path in FOLDER.glob("*.lark"):
        header = path.read_text().split("\n\n")[0].replace("\n// ", " ")
        assert all(word in header for word in ("Covers:", "Leaves out:", "Checked with:"))


def test_every_grammar_is_a_text_of_the_grammar_of_grammars() -> None:
    texts = [take_intersections(path.read_text())[0] for path in FOLDER.glob("*.lark")]
    check(read("lark"), texts, [])


def test_some_of_the_standard_library() -> None:
    files = [path for path in standard_library() if path.stat().st_size < 20_000]
    texts = map(text_of, random.Random(0).sample(files, 20))
    check(read("python"), [text for text in texts if text is not None], [])


def test_every_day_of_a_century() -> None:
    compiled = sg.compile(read("iso_dates"), VOCABULARY)
    for century in (1900, 2000):
        day = date(century, 1, 1)
        while day.year < century + 9:
            assert accepts(compiled.grammar, day.isoformat())
            day += timedelta(days=1)
    for year in (1900, 2000, 2023, 2024, 2100):
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        assert accepts(compiled.grammar, f"{year}-02-29") == is_leap


# (accepted, refused): what a language is known to trip over.
CASES: dict[str, tuple[list[str], list[str]]] = {
    "json": (
        ['"\\ud800"', "[1E+2]", '{"":0}', " [] ", '{"a":1,"a":2}', "-0", '"\x7f"'],
        [
            "[1,]",
            "[01]",
            "[+1]",
            "[.5]",
            "[1.]",
            "['a']",
            "{a:1}",
            "[NaN]",
            "nul",
            '"\t"',
            "1 2",
            '"\\x00"',
            "\ufeff1",
            "[1e]",
            "{}}",
            "",
        ],
    ),
    "sql": (
        [
            "select(1)",
            "SELECT - -1, a - -b, 1 -(-2), x'AB', 1.5e3 /* c */ -- d\n",
            "SELECT a.b.c, t.*, [x y], `k` FROM a.b AS c, (SELECT 1) d CROSS JOIN e USING(f)",
            "SELECT 1 WHERE a NOT BETWEEN 1 AND 2 AND b IN () OR NOT EXISTS(SELECT 1) COLLATE nocase",
            "VALUES (1), (2) UNION ALL SELECT a FROM b ORDER BY 1 NULLS LAST LIMIT 1, 2",
            "EXPLAIN QUERY PLAN DELETE FROM t WHERE key = ?1; ; PRAGMA main.cache_size(-2000)",
            "ALTER TABLE t ADD COLUMN c DECIMAL(10, 2) NOT NULL DEFAULT (1 + 2) CHECK (c > 0)",
            "",
        ],
        [
            "selecta from b",
            "DELETE FROMb",
            "SELECT (1--1)",
            "SELECT a AND",
            "SELECT from FROM t",
            "SELECT 1a",
            "SELECT 1 UNION VALUES (1) ORDER BY 1",
            "SELECT a b c",
            "SELECT a BETWEEN 1 OR 2",
            "SELECT x'abc'",
            "SELECT 'a",
            "INSERT INTO t(a) VALUES ()",
            "CREATE TABLE t()",
            "SELECT a,, b",
            "UPDATE t SET a == 1",
        ],
    ),
    "toml": (
        [
            "",
            "\n",
            "a.b = 1 # c",
            "a=+inf",
            'a="""\\\n \\"\n"""',
            "[a]\n[[b.c]]\r\n",
            "a=1979-05-27T07:32:00Z",
        ],
        [
            "a",
            "a=",
            "=1",
            "a=01",
            "a=1_",
            "a=1__0",
            "a=.5",
            "a=5.",
            "a=+0x1",
            "a={b=1,}",
            "a={\n}",
            "a=1 b=2",
            "a=2023-02-29",
            "a=24:00:00",
            'a="\n"',
            'a="\\x"',
            'a="\\ud800"',
            "[a]b=1",
            "[ [a]]",
            "a=\r1",
            "a=[1,,2]",
        ],
    ),
    "graphql": (
        [
            "{a}",
            "query($a:Int){a}",
            "{...on T{a}b ...f}",
            '{a(b:"\\u00e9" c:"""" """)}',
            "type A@d type B{c:D}",
        ],
        [
            "",
            "{}",
            "queryQ{a}",
            "{a(b:1c:2)}",
            "{a:bc:d}",
            "fragment on on T{a}",
            "{a(b:01)}",
            "type A{a:B=1}",
            "enum E{true}",
            "type A{f(a:B=$c):D}",
            '{a(b:"\n")}',
        ],
    ),
    "xml": (
        ["a", "<a/>", "<a><a></a></a>", "]]", "]]&gt;", "<a b='&lt;'/>", "&#xD;"],
        [
            "<a></b>",
            "<a><b></a></b>",
            "<ab></a>",
            "<a>",
            "</a>",
            "]]>",
            "]]]>",
            "<a b=c/>",
            "<a b='<'/>",
            "<a b='1'c='2'/>",
            "&nbsp;",
            "& ",
            "&#0;",
            "&#xD800;",
            "&#55296;",
            "&#57343;",
            "&#65534;",
            "&#xFFFF;",
            "&#1114112;",
            "<!-- -- -->",
            "<!--->",
            "<?xml?>",
            "<?XmL a?>",
            "<? a?>",
            "< a/>",
            "<1/>",
            "\x01",
            "<![cdata[]]>",
        ],
    ),
    "latex_math": (
        [
            "a",
            "x^2_i",
            "\\alpha_\\beta 2",
            "\\alpha2",
            "f''",
            "{ }x",
            "\\left\\langle x\\right\\rceil^2",
        ],
        [
            "x^2^3",
            "x_1_2",
            "\\alphab",
            "\\alpha_\\betax",
            "{",
            "x}",
            "\\frac{1}",
            "\\frac{}{1}",
            "\\sqrt{}",
            "\\sqrt",
            "\\left(x",
            "x\\right)",
            "",
            "$",
        ],
    ),
    "smiles": (
        [
            "C",
            "[H]",
            "C=1CCCCC=1",
            "c1ccc2c(c1)cccc2",
            "N[C@@H](C)C(=O)O",
            "[Cl-].[Na+]",
            "F/C=C\\F",
            "[238U]",
            "*",
        ],
        [
            "",
            "C(",
            "C)",
            "()C",
            "C()",
            "C==C",
            "[C",
            "[Xx]",
            "C1(",
            "=C",
            "C.",
            "[CH3+",
            "Q",
            "C%1",
        ],
    ),
    "chess_moves": (
        ["e4", "O-O-O#", "1. e4 e5 2. Nbxd7+ exd8=Q", "1. e4 1... e5", "1-0", " "],
        ["e9", "i4", "e8", "e4=Q", "1. e4 2. d4", "1. 1-0", "Pe4", "O-O-O-O", "e4 e5 1/2", "Kh9"],
    ),
    "regex": (
        [
            "a*?",
            "[]]",
            "[^]a-]",
            "(?P<n>.)(?P=n)",
            "a{2}",
            "(?=a)*",
            "\\1x",
            "(?i)a",
            "(a|b|)+",
            "}",
        ],
        [
            "*",
            "a**",
            "(",
            ")",
            "[",
            "a{2}{3}",
            "^*",
            "(?P<1>a)",
            "\\",
            "\\q",
            "(?Z)",
            "[a",
            "a[^]b",
            "a|*",
            "a(?i)b",
        ],
    ),
    "python": (
        [
            "",
            "\n \t\f\n# c",
            " ",
            "\f\t# c",
            "\ufeffx",
            "x;",
            "if x: y; z;",
            "if x:\r\n  y\r\n  # c\r\n\r\n  z\r\n",
            "if x:\r\ty\rz",
            "\f \fx",
            "if x:\n  y\n\f  z\n",
            "if x:\n\ty\n\tif z:\n\t  w\n \n",
            "if x:\n  y\n    # c\n# d\nelse: z",
            "x = \\\n  1 \\\n\n",
            "x if(y)else[z]",
            "not(x)or-y and'z'in w",
            "return...",
            "print\na.print",
            "async def f(): pass",
            "def f(a, b=1, /, c=2, *, d, e=3, f): pass",
            "def f(*a, **k,): pass",
            "f(x for x in y)",
            "f(a, *b, c=1, *d, **e, f=2)",
            "(a), [b, *c] = d",
            "a.b: c = yield",
            "(a): b",
            "with (a, b): c",
            "with (a as b, c as d,): e",
            "with (a), b as (c, d): e",
            "from . import (a)",
            "from...a import*",
            'x = \'\' "" """"""\'\'',
            "'\\N{DASH}' 'a\\\nb' '\\\r\n'",
            "match x:\n case _: y",
            "match = case = _",
            "lambda x, *, y=1: 0",
            "x[a:=1, *b, ::]",
            "(yield)",
            "a\u0301\u00b7 = \u00aa",
            "@x[0]()\ndef f(): pass",
            "try: x\nexcept* a: y",
            "*a, = b",
            "*a",
            "a = *b, c",
            "for x in *a, b: c",
            "del (a), [b, (c)]",
            "1_0 .real, 1_0..real",
            "0_0, 00.5, 0e0",
        ],
        [
            " x",
            "if x:\ny",
            "if x:\n  y\n z",
            "if x:\n  y\n   z",
            "if x:\n  y\n\tz",
            "if x:\n",
            "if x: if y: z",
            "x = 1 y = 2",
            "x if y",
            "notx y",
            "x = not",
            "ifx + y: z",
            "x iny",
            "1x",
            "1_",
            "1__0",
            "01",
            "0x",
            "0b2",
            "1e",
            "1.real",
            "a + not b",
            "await await a",
            "lambda: (yield",
            "f(a for a in b, c)",
            "f(a=1, b)",
            "f(**a, *b)",
            "f(**a, b)",
            "f(1=2)",
            "class A(b for b in c): pass",
            "def f(a=1, b): pass",
            "def f(*): pass",
            "def f(*, **k): pass",
            "def f(/, a): pass",
            "def f(a, /, b, /): pass",
            "def f(**k, a): pass",
            "lambda x: int: x",
            "f() = 1",
            "a + b = 1",
            "None = 1",
            "(a, b) += 1",
            "a, b: c",
            "[a]: b",
            "a := 1",
            "for f() in x: y",
            "del f()",
            "del *a,",
            "with a as f(): b",
            "import a.b as c.d",
            "from a import (*)",
            "from . import a,",
            "import .a",
            "try: x",
            "try: x\nexcept a: y\nexcept* b: z",
            "try: x\nelse: y",
            "{**a for a in b}",
            "{*a: b}",
            "{a: b, c}",
            "[*a for a in b]",
            "(*a)",
            "{**not a}",
            "[a for a in b if c else d]",
            "'a",
            "'a\nb'",
            '"""a"',
            "'''a''",
            "'' ''a'",
            "b'\u00e9'",
            "'a' b'b'",
            "'\\x4'",
            "'\\ud80'",
            "'\\U00110000'",
            "'\\N'",
            "b'\\x'",
            "ur''",
            "@x\ny",
            "async x",
            "match x:\n case _ as _: y",
            "match x:\n case a.b as c.d: y",
            "match x:\n case 1 + 2: y",
            "match x:\n case A(b=1, c): y",
            "match x:\n case {**a, 'b': c}: y",
            "match x:\n case {a: b}: y",
            "match x:\n case -a: y",
            "match x:\n y",
            "match x: case _: y",
            "x\0",
            "\u00b7",
            "a$",
            "a ? b",
            "a\u00a0= 1",
            "print 1",
            "x = \\ \n1",
            "else: x",
            "x++",
            "a <> b",
            "a -> b",
            "global a.b",
            "pass x",
        ],
    ),
    "lark": (
        [
            "a: b",
            "// c\n\na: \n  | b // c\n  | c -> d\n",
            'A.2: /a/i | "b".."c"\n%ignore A',
            "a{b}: b b?",
        ],
        [
            "a",
            "a b",
            "a: b:",
            "a: (b",
            "a: b -> C",
            "1: a",
            "a: **",
            "a: b? ?",
            'a: "b',
            "%ignore",
            "%foo a",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    accepted, refused = CASES[name]
    oracle = LANGUAGES[name].oracle
    check(read(name), accepted, refused)
    assert [text for text in accepted if oracle(text) is False] == []
    assert [text for text in refused if oracle(text) is True] == []
