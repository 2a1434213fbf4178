"""What each language's own reader says of a text, independent of the grammar and of structgen.

An oracle answers True (a text of the language), False (its syntax is wrong) or None: refused for
something that is no part of the syntax, after which the rest of the text may not have been read.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import sqlite3
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
    """mathtext's reading of what stands between dollar signs. None: a symbol it does not know.

    A line feed is white space to LaTeX and no part of mathtext: it is read as a space.
    """
    if re.search(r"(?<!\\)(\\\\)*\$", text):
        return False
    try:
        _MATH.parse(f"$ {text} $".replace("\n", " "))
    except ValueError as error:
        return None if "Unknown symbol" in str(error) else False
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
