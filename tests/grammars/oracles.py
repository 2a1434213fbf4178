"""What each language's own reader says of a text, independent of the grammar and of structgen.

An oracle answers True (a text of the language), False (its syntax is wrong) or None: refused for
something that is no part of the syntax, after which the rest of the text may not have been read.
"""

from __future__ import annotations

import ast
import csv
import itertools
import json
import os
import re
import sqlite3
import subprocess
import tomllib
import warnings
from datetime import datetime
from xml.parsers import expat

import chess
import graphql
import lark
from matplotlib.mathtext import MathTextParser
from rdkit import Chem, rdBase

from tests.grammars.readers import ask

Verdict = bool | None


def is_json(text: str) -> Verdict:
    try:
        json.loads(text, parse_constant=lambda name: json.loads(""))
    except json.JSONDecodeError:
        return False
    return True


def is_json_lines(text: str) -> Verdict:
    lines = re.split(r"\r?\n", text)
    if lines[-1].strip(" \t") == "" and len(lines) > 1:
        lines.pop()
    return text.strip(" \t") == "" or all("\r" not in x and is_json(x) for x in lines)


def is_csv(text: str) -> Verdict:
    plain = re.sub(r'(?:(?<=[,\n])|^)"(?:[^"]|"")*"(?=[,\r\n]|$)', "", text)
    if '"' in plain or re.search(r"\r(?!\n)", plain):
        return False
    try:
        list(csv.reader(text.splitlines(keepends=True), strict=True))
    except csv.Error:
        return False
    return True


def is_arithmetic(text: str) -> Verdict:
    if re.search(r"[^0-9.+\-*/%() \t]|//|(?<![0-9.])0[0-9]", text):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text.strip(" \t"), mode="eval")
    except SyntaxError:
        return False
    allowed = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    return all(
        isinstance(node, allowed) and getattr(node, "value", 0) is not ...
        for node in ast.walk(tree)
    )


def is_iso_date(text: str) -> Verdict:
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", text, re.ASCII
    ):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", ".0", text))
    except ValueError:
        return False
    return True


_SQL_SYNTAX = re.compile(r"syntax error|incomplete input|unrecognized token")


def is_sql(text: str) -> Verdict:
    """Statement by statement: sqlite3 is asked to explain each, so none is run.

    An error that is not one of syntax (a table that is not there) is None: SQLite stops reading a
    statement where it finds one.
    """
    if "\0" in text:
        return False
    connection = sqlite3.connect(":memory:")
    verdict: Verdict = True
    for statement in _sql_statements(text):
        try:
            connection.execute(statement)
        except sqlite3.Warning:
            return False
        except sqlite3.Error as error:
            if _SQL_SYNTAX.search(str(error)):
                return False
            verdict = None
    return verdict


def _sql_statements(text: str) -> list[str]:
    """The statements, to be explained; what nothing but comments and white space is are none."""
    statements = []
    begin = 0
    for match in [*re.finditer(";", text), None]:
        end = len(text) if match is None else match.end()
        part = text[begin:end]
        if match is not None and not sqlite3.complete_statement(part):
            continue
        begin = end
        bare = re.sub(r"--[^\n]*(\n|$)|/\*.*?\*/|[;\s]", "", part, flags=re.DOTALL)
        if bare:
            part = (
                part
                if re.match(r"(?i)(\s|--.*\n|/\*(?s:.*?)\*/)*explain\b", part)
                else f"EXPLAIN {part}"
            )
            statements.append(part)
    return statements


def is_toml(text: str) -> Verdict:
    """None: what a key is given twice or a table is declared again."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        meaning = r"Cannot|Duplicate"
        return None if re.match(meaning, str(error)) else False
    except (ValueError, RecursionError):
        return False
    return True


def is_xml(text: str) -> Verdict:
    """None: an attribute given twice."""
    try:
        expat.ParserCreate("utf-8").Parse(f"<x>{text}</x>".encode(), True)
    except expat.ExpatError as error:
        is_twice = expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE] == error.code
        return None if is_twice else False
    return True


_MATH = MathTextParser("path")


def is_latex_math(text: str) -> Verdict:
    """mathtext's reading of what stands between dollar signs.

    None: a symbol that it does not know, or a delimiter that it cannot draw at any size (for which
    it has an error in its own code).

    A line feed is white space to LaTeX and no part of mathtext: it is read as a space.
    """
    if re.search(r"(?<!\\)(\\\\)*\$", text):
        return False
    try:
        _MATH.parse(f"$ {text} $".replace("\n", " "))
    except ValueError as error:
        return None if "Unknown symbol" in str(error) else False
    except UnboundLocalError:
        return None
    return True


def is_graphql(text: str) -> Verdict:
    try:
        graphql.parse(text)
    except graphql.GraphQLSyntaxError:
        return False
    return True


_JAVA_MEANING = (  # names that are no error of form, as javac's resources have them
    "repeated.modifier",
    "mod.not.allowed.here",
    "invalid.meth.decl.ret.type.req",
    "int.number.too.large",
    "invalid.permits.clause",
    "instance.initializer.not.allowed.in.records",
)


def is_java(text: str) -> Verdict:
    """javac's parser. None: modifiers, numbers and names that are well formed, but wrong."""
    answer = ask("JavaReader.java", text).removeprefix("compiler.err.")
    return True if answer == "ok" else None if answer in _JAVA_MEANING else False


_C_SYNTAX = re.compile(
    r"expected|stray|missing terminating|unterminated|invalid suffix|empty character constant|"
    r"decimal points|without a previous|exponent has no digits|not a valid universal|invalid digit|"
    r"incomplete universal|ISO C forbids an empty|null character"
)


_C_KEYWORDS = set(
    "asm auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "typeof union unsigned void volatile while".split()
)


def is_c(text: str) -> Verdict:
    """GCC's front end. None: names that are not declared, types that do not fit, and the like.

    GCC stops at the first error that it finds, so what comes after such a one is not judged. It
    tells types from other names by their declarations: where it trips over a name, or would not if
    some names were types (up to two of those before the error, those that come once, or all), a
    text is not judged either.
    """
    verdict, place = _gcc(text)
    if verdict is not False:
        return verdict
    found = list(re.finditer(r"(?<![\w$])(?!__)[A-Za-z_$][\w$]*", text))
    names = [match[0] for match in found if match[0] not in _C_KEYWORDS]
    before = [m[0] for m in found if m.start() <= place and m[0] not in _C_KEYWORDS]
    near = list(dict.fromkeys(reversed(before)))[:4]
    once = {name for name in names if names.count(name) == 1}
    some = [set(each) for count in (1, 2) for each in itertools.combinations(near, count)]
    for declared in (*some, once, set(names)):
        prelude = "".join(f"typedef int {name};" for name in sorted(declared))
        if _gcc(prelude + text)[0] is not False:
            return None
    return False


def _gcc(text: str) -> tuple[Verdict, int]:
    """(what GCC says of a text, where it found its first error)."""
    command = ["gcc", "-std=gnu17", "-w", "-fmax-errors=1", "-fpreprocessed", "-fsyntax-only"]
    done = subprocess.run(
        [*command, "-fdiagnostics-column-unit=byte", "-x", "c", "-"],
        input=text.encode(),
        capture_output=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode == 0:
        return True, 0
    first = next(line for line in done.stderr.decode().splitlines() if "error:" in line)
    name = re.search(
        r"expected (?:expression|identifier.*|spec.*|';') before '([A-Za-z]\w*)'", first
    )
    is_syntax = _C_SYNTAX.search(first) and (name is None or name[1] in _C_KEYWORDS)
    place = re.match(r"<stdin>:(\d+):(\d+):", first)
    if place is None:  # in a line that a marker has given another number
        return False if is_syntax else None, len(text)
    lines = text.encode().split(b"\n")[: int(place[1])]
    at = b"\n".join([*lines[:-1], lines[-1][: int(place[2])]])
    return False if is_syntax else None, len(at.decode(errors="ignore"))


def is_go(text: str) -> Verdict:
    """gofmt's parser, on a whole file. None: a comment like a line directive that is none."""
    answer = subprocess.run(
        ["gofmt", "-e", "-l", "/dev/stdin"], input=text.encode(), capture_output=True
    )
    if answer.returncode == 0:
        return True
    errors = answer.stderr.decode(errors="replace").splitlines()
    return None if all(re.search("invalid (line|column) number", x) for x in errors) else False


_JAVASCRIPT_MEANING = re.compile(
    "already been declared|Duplicate|Illegal (return|break|continue)|Undefined label|"
    "is not defined|Invalid regular expression|Delete of an unqualified|'super' keyword|"
    r"Private field|new\.target|Unexpected eval or arguments|Invalid tagged template|"
    "More than one default|may not be 'async'|Class(es)? (constructor )?may not|"
    "A class may only have one"
)


def is_javascript(text: str) -> Verdict:
    """V8's reader of modules. None: what the standard calls early errors, beyond the syntax."""
    answer = ask("module_reader.js", text)
    return True if answer == "ok" else None if _JAVASCRIPT_MEANING.search(answer) else False


def is_smiles(text: str) -> Verdict:
    """RDKit's parser, without its chemistry. None: the text is right but for how rings are closed.

    That is found by giving each ring bond a number of its own, closed by an atom at the end.
    """
    if not text or re.search(r"\s", text):
        return False
    if _rdkit_reads(text):
        return True
    ends: list[str] = []

    def renumbered(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        ends.append(f".*%({len(ends) + 1})")
        return f"%({len(ends)})"

    alone = re.sub(r"\[[^\]]*\]|(%[0-9]{2}|[0-9])", renumbered, text)
    return None if _rdkit_reads(alone + "".join(ends)) else False


def _rdkit_reads(text: str) -> bool:
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text, sanitize=False) is not None


def is_chess_moves(text: str) -> Verdict:
    """None: a move that cannot be played; after it only the form of moves is read."""
    words = re.findall(r"[1-9]\d*\.(?:\.\.)?|\S+", text)
    if words and words[-1] in ("1-0", "0-1", "1/2-1/2", "*"):
        words.pop()
    board = chess.Board()
    verdict: Verdict = True
    is_white = True
    was_number = False
    for word in words:
        if re.fullmatch(r"\d+\.(\.\.)?", word):
            if was_number or is_white == word.endswith("..."):
                return False
            was_number = True
            continue
        was_number = False
        is_white = not is_white
        try:
            board.push_san(word)
        except chess.InvalidMoveError:
            return False
        except ValueError:
            verdict = None
    return False if was_number else verdict


def is_regex(text: str) -> Verdict:
    """None: groups that are not there, ranges and counts the wrong way round, and the like."""
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(text)
    except re.error as error:
        meaning = (
            "invalid group reference|unknown group name|redefinition of group|bad character range|"
            "min repeat greater|look-behind requires|cannot refer to an open group"
        )
        return None if re.match(meaning, error.msg) else False
    except (OverflowError, RecursionError):
        return None
    return True


def is_lark(text: str) -> Verdict:
    """None: names that are not defined, defined twice, and what else lark checks after reading."""
    try:
        lark.Lark(text, start="start")
    except Exception as error:  # lark's own, and Python's where it trusts the text
        return False if re.search(r"at line \d+ column \d+", str(error)) else None
    return True


_NOT_LOOKED_AT = re.compile(
    r"f-string|.*unknown Unicode character name|too many (nested|levels)|Exceeds the limit"
)


def is_python(text: str) -> Verdict:
    """None: what is wrong inside an f-string, a joined line that ends the text, a limit."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text.removeprefix("\ufeff"))  # a mark that belongs to the file
    except SyntaxError as error:
        message = str(error.msg)
        is_joined = message.startswith("unexpected EOF") and re.search(r"\\\r?\n\Z", text)
        return None if is_joined or _NOT_LOOKED_AT.match(message) else False
    except ValueError:  # a null byte
        return False
    except (RecursionError, MemoryError):
        return None
    return True
