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
from tests.frontends.texts import VOCABULARY, accepts, check
from tests.grammars.languages import (
    FOLDER,
    LANGUAGES,
    mutation,
    random_walk,
    read,
    token_mutation,
)


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
            verdict = language.oracle(mutated)
            if accepts(compiled.grammar, mutated):
                assert verdict is not False, mutated
            elif language.is_whole:
                assert verdict is not True, mutated


def test_every_grammar_has_evidence_and_says_so() -> None:
    assert {path.stem for path in FOLDER.glob("*.lark")} == set(LANGUAGES)
    for path in FOLDER.glob("*.lark"):
        header = path.read_text().split("\n\n")[0].replace("\n// ", " ")
        assert all(word in header for word in ("Covers:", "Leaves out:", "Checked with:"))


def test_every_grammar_is_a_text_of_the_grammar_of_grammars() -> None:
    check(read("lark"), [path.read_text() for path in FOLDER.glob("*.lark")], [])


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
    "go": (
        [
            "package a",
            "package a; import (); const (); var (); type ()",
            "package a\nfunc f() {\n\tif x == (T{}) {\n\t}\n}",
            "package a; func f() { for range []T{{1}} { L: } }",
            "package a; func f() { x := []func() T(y); go func() {}() }",
            "package a; type T[P *C,] struct { *T }; var _ = T[int]{}.f",
            "package a\n/* one\ntwo */ var a /* three */ = 1 // four",
            "package a; func f() { switch x; y := z.(type) { case A, []B: default: } }",
            "package a; func f(a, b []int, c ...func()) (d chan<- int)",
            "package a; var x = 0x1p-2i + 09.5 + 1_0 + .5e1; var y = '\\'' ; var z = `\n`",
        ],
        [
            "",
            "package a package b",
            "package a; ; var a int",
            "package a; func f()\n{}",
            "package a; func f() { x := 1 y := 2 }",
            "package a; func f() { x\n+ y\n.z }",
            "package a; func f() { g(1\n) }",
            "package a; func f() { if x == T{} {} }",
            "package a; func f() { for i := 0; i < 9 {} }",
            "package a; func f() { for ;\n{} }",
            "package a; func f() { switch x { case 1: L:\n case 2: } }",
            "package a; func f() { a.b := 1 }",
            "package a; func f() { go (g()) }",
            "package a; var x = []int; var y = (map[a]b)",
            "package a; var x = [2]A.A",
            "package a; var x = func()(y)",
            "package a; const a",
            "package a; var a = 08",
            "package a; var a = 1__0",
            "package a; var a = '\\ud800'",
            'package a; var a = "\\\'"',
            'package a; import "a b"',
            "package a; func (t T) f[P any]() {}",
            "package a; func f(a int, string)",
            "package a; /* ",
        ],
    ),
    "javascript": (
        [
            "",
            "x",
            "async () => { await x }; await y; ({}).z",
            "a = b / c / d; e = /f/g.test(g)",
            "() => ({}); x => { return };",
            "a\nb\n++c\nif (d) e\nelse do f\nwhile (g)\nlet h\n!i\nreturnValue",
            "import a from 'a'\nexport * from 'b'\nexport let c\nexport { c }",
            "class A { a\nb = 1\n#c\nstatic d\nget\ne() {} async f() {} g }",
            "for (const x of y) z; for (x in y); for (;;) { break }",
            "class A { x; static #y }",
            "({ a = 1, b: [c], ...d } = g)",
            "`a$${b.c(1, d)[0]}\\`${'}'}`",
            "if (a) b; else do c; while (d) e",
            "export default async () => {}",
            "-(2 ** 3); (-2) ** 3; 2 ** -3; a ?? (b || c)",
        ],
        [
            "x\n=> y",
            "throw\nx",
            "x\n++;",
            "x\n++",
            "class A { a = 1\n[b]() {} }",
            "class A { a = 1\nin() {} }",
            "class A { get\na(b) {} }",
            "class A { a b }",
            "export { a }\nfrom",
            "if (a) b else c",
            "do a while (b)",
            "() => { a b }",
            "() => { await x }",
            "function f() { await x }",
            "async () => { x => await y }",
            "-2 ** 3",
            "a ?? b || c",
            "a + b = c",
            "a?.b = c",
            "++a++",
            "new a?.b()",
            "({ a = 1 })",
            "[a, ...b,] = c",
            "(a, ...b, c) => d",
            "(a + b) => c",
            "let a b",
            "a b",
            "const a",
            "let if = 1",
            "yield = 1",
            "with (a) b",
            "if (a) let b",
            "if (a) function b() {}",
            "for (let a = b of c);",
            "try {}",
            "switch (a) { b }",
            "1.a",
            "1__0",
            "010",
            "3in x",
            "'\\08'",
            "'\\1'",
            "'\n'",
            "'\\u{110000}'",
            "`${}`",
            "`${a b}`",
            "`${if}`",
            "`",
            "/",
            "/*",
            "import { if } from 'a'",
            "export { if }",
            "function f() { import 'a' }",
            "class { }",
            "class A { a b }",
            "({ get a: 1 })",
            "<!-- a",
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
