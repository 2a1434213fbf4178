"""The evidence of each grammar: texts by random walks, and their mutations, against an oracle."""

from __future__ import annotations

import ast
import csv
import json
import random
import re
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import structgen as sg
from tests.frontends.texts import VOCABULARY, accepts, check

FOLDER = Path(__file__).parents[2] / "grammars"


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=lambda name: json.loads(""))
    except json.JSONDecodeError:
        return False
    return True


def is_json_lines(text: str) -> bool:
    lines = re.split(r"\r?\n", text)
    if lines[-1].strip(" \t") == "" and len(lines) > 1:
        lines.pop()
    return text.strip(" \t") == "" or all("\r" not in x and is_json(x) for x in lines)


def is_csv(text: str) -> bool:
    plain = re.sub(r'(?:(?<=[,\n])|^)"(?:[^"]|"")*"(?=[,\r\n]|$)', "", text)
    if '"' in plain or re.search(r"\r(?!\n)", plain):
        return False
    try:
        list(csv.reader(text.splitlines(keepends=True), strict=True))
    except csv.Error:
        return False
    return True


def is_arithmetic(text: str) -> bool:
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


def is_iso_date(text: str) -> bool:
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", text, re.ASCII
    ):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", ".0", text))
    except ValueError:
        return False
    return True


# (oracle, characters that mutations put in, seed texts)
EVIDENCE: dict[str, tuple[Callable[[str], bool], str, list[str]]] = {
    "json": (is_json, '{}[]",:+-.0e1tn\\u \n', ['{"a": [1, -2.5e3, "\\u00e9\\n"], "b": null}']),
    "json_lines": (is_json_lines, '{}[]",: \n\r1', ['{"a": 1}\n[2]\r\n"b"\n', "1", ""]),
    "csv": (is_csv, 'a",\n\r ', ['a,b\r\n"c ""d""",e\n', "", "x"]),
    "arithmetic": (is_arithmetic, "0123.+-*/%() ", ["1 + 2 * (3 - -4) ** 2 / .5 % 10."]),
    "iso_dates": (is_iso_date, "0123456789-:TZ+.", ["2024-02-29T23:59:59.5+01:00", "1900-02-28"]),
}


def read(name: str) -> sg.Grammar:
    return sg.lark((FOLDER / f"{name}.lark").read_text(encoding="utf-8"))


def random_walk(compiled: sg.CompiledGrammar, rng: random.Random) -> str:
    """A text by the masks: some bytes at random, then a shortest way to the end."""
    matcher = compiled.matcher()
    text = b""
    for _ in range(rng.randint(0, 40)):
        following = [byte for byte in matcher.next_bytes() if byte < 0x7F]
        if not following:
            break
        byte = bytes([rng.choice(following)])
        assert matcher.accept_bytes(byte)
        text += byte
    return (text + matcher.shortest_completion()).decode()


def mutation(text: str, characters: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    kept = text[at:] if rng.random() < 0.4 else text[at + 1 :]
    return text[:at] + rng.choice([*characters, ""]) + kept


@pytest.mark.parametrize("name", EVIDENCE)
def test_random_walks_and_mutations(name: str) -> None:
    oracle, characters, seeds = EVIDENCE[name]
    source = read(name)
    compiled = sg.compile(source, VOCABULARY)
    rng = random.Random(0)
    walks = [random_walk(compiled, rng) for _ in range(80)]
    for text in walks:
        assert oracle(text), text
    check(source, seeds, [])
    for text in [*walks, *seeds * 20]:
        for _ in range(3):
            mutated = mutation(text, characters, rng)
            assert accepts(source, mutated) == oracle(mutated), mutated


def test_every_grammar_has_evidence_and_says_so() -> None:
    assert {path.stem for path in FOLDER.glob("*.lark")} == set(EVIDENCE)
    for path in FOLDER.glob("*.lark"):
        header = path.read_text().split("\n\n")[0].replace("\n// ", " ")
        assert all(word in header for word in ("Covers:", "Leaves out:", "Checked with:"))


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


def test_json_cases() -> None:
    accepted = ['"\\ud800"', "[1E+2]", '{"":0}', " [] ", '{"a":1,"a":2}', "-0", '"\x7f"']
    refused = [
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
    ]
    check(read("json"), accepted, [*refused, '"\\x00"', "\ufeff1", "[1e]", "{}}", ""])
