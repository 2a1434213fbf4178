"""Each grammar's oracle and texts, and what the evidence for it is made of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import structgen as sg
from tests.grammars import oracles
from tests.grammars.oracles import Verdict

FOLDER = Path(__file__).parents[2] / "grammars"


class Language(NamedTuple):
    """What a grammar is checked with.

    Attributes:
        oracle: The language's own reader.
        characters: What mutations by characters put in.
        seeds: Texts of the language; mutations begin with these too.
        is_whole: Whether the grammar accepts every text that the oracle accepts.
        lexer: How the grammar is read.
        program: What the oracle runs, which need not be there.
    """

    oracle: Callable[[str], Verdict]
    characters: str
    seeds: list[str]
    is_whole: bool = True
    lexer: Literal["basic"] | None = None
    program: str | None = None


def _samples(suffix: str) -> list[str]:
    folder = Path(__file__).parent / "samples"
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob(f"*.{suffix}"))]


LANGUAGES: dict[str, Language] = {
    "json": Language(
        oracles.is_json,
        '{}[]",:+-.0e1tn\\u \n',
        ['{"a": [1, -2.5e3, "\\u00e9\\n"], "b": null}'],
    ),
    "json_lines": Language(
        oracles.is_json_lines, '{}[]",: \n\r1', ['{"a": 1}\n[2]\r\n"b"\n', "1", ""]
    ),
    "csv": Language(oracles.is_csv, 'a",\n\r ', ['a,b\r\n"c ""d""",e\n', "", "x"]),
    "arithmetic": Language(
        oracles.is_arithmetic, "0123.+-*/%() ", ["1 + 2 * (3 - -4) ** 2 / .5 % 10."]
    ),
    "iso_dates": Language(
        oracles.is_iso_date,
        "0123456789-:TZ+.",
        ["2024-02-29T23:59:59.5+01:00", "1900-02-28"],
    ),
    "sql": Language(
        oracles.is_sql,
        "aeo019 \n.,;()'\"-*=<",
        [
            "SELECT a.b AS c, count(*) FROM t AS a LEFT JOIN u ON a.x = u.y WHERE a.b IS NOT NULL "
            "AND c LIKE '%x''%' ESCAPE '!' GROUP BY 1 HAVING count(*) > 1 ORDER BY c DESC LIMIT 5",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)\n"
            "SELECT i, sum(i) OVER (PARTITION BY i % 2 ORDER BY i ROWS UNBOUNDED PRECEDING) FROM n",
            "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) "
            "NOT NULL DEFAULT 'x', n REFERENCES u(id) ON DELETE CASCADE, CHECK (n > 0)) STRICT;",
            "INSERT OR IGNORE INTO t(a, b) VALUES (1, x'ab'), (?, :b) ON CONFLICT (a) DO UPDATE "
            "SET b = excluded.b RETURNING *; -- done\nUPDATE t SET a = CASE WHEN b THEN 1 END;",
            "CREATE TRIGGER g AFTER UPDATE OF a ON t FOR EACH ROW WHEN new.a > 1 BEGIN DELETE FROM "
            "t WHERE a NOT IN (1, 2); SELECT RAISE(ABORT, no); END",
        ],
        is_whole=False,
    ),
    "toml": Language(
        oracles.is_toml,
        "a0_1eExT:-+.,#=[]{}\"'\\ \n\t",
        [
            '# A document\na.b."c d" = [1, 0xf_f, [], {x = -1e3, y = inf}, # one\n true,]\r\n',
            "[[t]]\n'k' = 'a\\b'\n[ t . 'u' ]\nd = 2024-02-29T23:59:59.5-07:00\nt=07:32:00",
            's = """\\\n  a "" \\u00e9\n"""""\nl = \'\'\'\n\'\'\'\'\nd = 1979-05-27 00:32:00.99',
        ],
    ),
    "graphql": Language(
        oracles.is_graphql,
        'ab1_{}()[]:!=|&@$."\\-., #\n',
        [
            "query Q($a: Int! = 1, $b: [T!]) @d(x: 2) {a: b(c: $a, d: {e: [1.5e3 E]}) {...f @d} x(y:1)"
            "z @e ... on T {g}} fragment f on T {h}",
            'extend schema @a "A" type T implements A & B @d {"""x \\""" y""" f(a: Int = 1): [T!]!\n'
            "g: S} enum E {A B @d} union U = A | B directive @d(a: I) repeatable on FIELD | QUERY",
            "{a{b}c(d:1)e}",
        ],
        is_whole=False,
    ),
    "xml": Language(
        oracles.is_xml,
        "ab:<>/!?=\"'-[]&#;x1 \n",
        [
            "a ]] > <b:c d = 'x\">' e=\"&lt;&#x10FFFF;'\"\n>f<b/></b:c\t><!-- - -->&amp;&#009;",
            "<?xm l?><?xmls <a?>?><![CDATA[<&]]]>]]]]<p>1<p>2</p><q ></q>3</p>",
            "",
        ],
    ),
    "latex_math": Language(
        oracles.is_latex_math,
        "ab1 {}\\_^'+()[]",
        [
            "\\frac{-b \\pm\\sqrt{b^2-4ac}}{2a}",
            "\\sum_{i=0}^\\infty x_i^{n_1} \\leq \\left( \\int f'(x) dx\\right] \\quad \\text{if }",
            "\\hat{x}_1 \\in \\mathbb{R},\\; \\alpha_\\beta\\lim_{n \\to\\infty}a_n = \\sqrt[3]{2}",
        ],
        is_whole=False,
    ),
    "chess_moves": Language(
        oracles.is_chess_moves,
        "abeh1278NKQRx=+#O-. \n",
        ["1. e4 e5 2. Nf3 Nc6 3.Bb5 a6 4. O-O Nge7 1-0", "exd8=Q+ Kxd8", "1. d4", "*"],
        is_whole=False,
    ),
    "smiles": Language(
        oracles.is_smiles,
        "CNOcn()[]=#12%@+-H.*/\\Clsre",
        ["CC(=O)Oc1ccccc1C(=O)O", "[13CH3:2][C@@H](F)/C=C/[O-].[Fe+2]", "C%12CC%12.C1CC-1"],
        is_whole=False,
    ),
    "regex": Language(
        oracles.is_regex,
        "ab01()[]{}|*+?.^$\\-:=!<>P,",
        [
            r"(?is)^(?P<a>[^\]x-z]+?)(?:\d{2,3}|\1)*+(?=b)(?<!c)(?P=a)\u00e9\.$",
            r"(a|)\2{1,}b[]^]()?(?>x)",
            "",
        ],
        is_whole=False,
    ),
    "lark": Language(
        oracles.is_lark,
        'aAB1_ :|()[]{}"/\\+*?~.,->!%\n#i',
        [
            '// Sums\nstart: sum // the whole\n?sum.2: product | sum "+" product -> add\n'
            '  // more\n  | _list{A, B}~2..3\n\n_list{x,y}: x [y] (x y)*\\\n x?\nproduct: A+ "b"i? B\n'
            'A.1: /[a-z]\\/+/is | "a".."z"\nB: "\\x41" A\n%ignore " "\n%import common.WS -> SPACE',
            '!start: "a"\n%declare C D\n%extend start: C | D\n%override start: D\n%import common (INT, WS)',
        ],
        is_whole=False,
    ),
    "java": Language(
        oracles.is_java,
        "abx01 \n{}()[]<>;:,.?=+-*/&|!@\"'\\_$",
        _samples("java"),
        is_whole=False,
        lexer="basic",
        program="javac",
    ),
    "c": Language(
        oracles.is_c,
        "abx01 \n{}()[]<>;:,.?=+-*/&|!~%#\"'\\_",
        _samples("c"),
        is_whole=False,
        lexer="basic",
        program="gcc",
    ),
    "python": Language(
        oracles.is_python,
        "aifbx019_ \n\t.,;:()[]{}'\"\\-+*/=<>!@#%&|^~\f\r\u00e9",
        _samples("py.txt"),
        is_whole=False,
    ),
    "go": Language(
        oracles.is_go,
        "ab_x01 \n{}()[];:,.=+-*/&|!<>\"'\\`~",
        _samples("go"),
        is_whole=False,
        lexer="basic",
        program="gofmt",
    ),
    "javascript": Language(
        oracles.is_javascript,
        "ab_x01 \n{}()[];:,.=+-*/&|!<>?#$\"'\\`",
        _samples("js"),
        is_whole=False,
        lexer="basic",
        program="node",
    ),
}


def read(name: str) -> sg.Grammar:
    """A grammar by the name of its file."""
    text = (FOLDER / f"{name}.lark").read_text(encoding="utf-8")
    return sg.lark(text, lexer=LANGUAGES[name].lexer)


def random_walk(compiled: sg.CompiledGrammar, rng: random.Random, most: int = 40) -> str:
    """A text by the masks: some bytes at random, then a shortest way to the end."""
    matcher = compiled.matcher()
    text = b""
    for _ in range(rng.randint(0, most)):
        following = [byte for byte in matcher.next_bytes() if byte < 0x7F]
        if not following:
            break
        byte = bytes([rng.choice(following)])
        assert matcher.accept_bytes(byte)
        text += byte
    return (text + matcher.shortest_completion()).decode()


def mutation(text: str, characters: str, rng: random.Random) -> str:
    """One character put in, left out or replaced."""
    at = rng.randint(0, len(text))
    kept = text[at:] if rng.random() < 0.4 else text[at + 1 :]
    return text[:at] + rng.choice([*characters, ""]) + kept


def token_mutation(text: str, rng: random.Random) -> str:
    """One token (a word, white space, a symbol) left out, doubled, or replaced by another one."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    if not tokens:
        return text
    at = rng.randrange(len(tokens))
    new = rng.choice([[], [tokens[at]] * 2, [rng.choice(tokens)]])
    return "".join([*tokens[:at], *new, *tokens[at + 1 :]])
