"""The long part of the evidence: real texts, many walks, many mutations, as a table.

    python -m tests.grammars.evidence FOLDER [NAME ...]

FOLDER has the archives that the grammars' headers name, as `pip download` leaves them. A
grammar whose archive is not there is an error.
"""

from __future__ import annotations

import argparse
import ast
import io
import random
import re
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import chess.pgn
import matplotlib
from test import re_tests

import structgen as sg
from tests.frontends.texts import VOCABULARY
from tests.grammars.languages import LANGUAGES, mutation, random_walk, read, token_mutation
from tests.grammars.standard_library import standard_library, text_of


class Corpus(NamedTuple):
    """Where real texts come from.

    Attributes:
        archive: Pattern of the archive's file name.
        member: What the path of a member with texts matches.
        cut: The texts of one member.
    """

    archive: str
    member: str
    cut: Callable[[str], Iterator[str]]


def _whole(text: str) -> Iterator[str]:
    yield text


def _sql(text: str) -> Iterator[str]:
    is_by_line = "\n  " not in text  # or statements over several lines, each with its semicolon
    for part in text.split("\n") if is_by_line else re.split(r";\s*\n", text):
        bare = re.sub(r"(?m)^\s*(--|#).*\n", "", part + "\n").strip()
        if bare:
            yield bare


def _games(text: str) -> Iterator[str]:
    stream = io.StringIO(text)
    exporter = {"headers": False, "comments": False, "variations": False}
    while (game := chess.pgn.read_game(stream)) is not None:
        moves = game.accept(chess.pgn.StringExporter(columns=None, **exporter))
        yield re.sub(r" ?\$\d+", "", moves).strip()


def _smiles(text: str) -> Iterator[str]:
    lines = [line.split("\t") for line in text.splitlines()]
    column = lines[0].index("SMILES")
    for line in lines[1:]:
        if len(line) > column:
            yield line[column]


def _xml(text: str) -> Iterator[str]:
    yield re.sub(r"^\ufeff?(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*(<!DOCTYPE[^\[\]>]*>)?", r"\2", text)


def _formulas(module: Path) -> list[str]:
    """What stands between dollar signs in the strings of a Python module."""
    found: dict[str, None] = {}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= dict.fromkeys(re.findall(r"(?<!\\)\$(.+?)(?<!\\)\$", node.value))
    return list(found)


def _headers() -> Iterator[str]:
    """The headers of `/usr/include` that GCC accepts alone, preprocessed."""
    for path in sorted(Path("/usr/include").glob("*.h")):
        done = subprocess.run(["gcc", "-E", "-P", str(path)], capture_output=True)
        if done.returncode == 0 and LANGUAGES["c"].oracle(done.stdout.decode()):
            yield done.stdout.decode()


CORPORA: dict[str, Corpus] = {
    "toml": Corpus("tomlkit-*.tar.gz", r"tests/toml-test/tests/.*\.toml$", _whole),
    "sql": Corpus("sqlglot-*.tar.gz", r"tests/fixtures/.*\.sql$", _sql),
    "graphql": Corpus("graphql_core-*.tar.gz", r"tests/fixtures/.*\.graphql$", _whole),
    "xml": Corpus("xmlschema-*.tar.gz", r"\.(xml|xsd|html|svg)$", _xml),
    "chess_moves": Corpus("chess-*.tar.gz", r"data/pgn/.*\.pgn$", _games),
    "smiles": Corpus("qc_b3db-*.whl", r"B3DB_classification\.tsv$", _smiles),
    "lark": Corpus("lark-*.tar.gz", r"\.lark$", _whole),
    "java": Corpus("src.zip", r"\.java$(?<!module-info\.java)", _whole),
    "javascript": Corpus("three-*.tgz", r"/(src|examples/jsm)/.*(?<!\.min)\.js$", _whole),
    "go": Corpus("golang-*-src_*.deb", r"\.go$", _whole),
}


def _data_of_deb(package: bytes) -> io.BytesIO:
    """The archive of files within a package of Debian, which is an archive of `ar`."""
    at = 8
    while True:
        size = int(package[at + 48 : at + 58])
        if package.startswith(b"data.tar", at):
            return io.BytesIO(package[at + 60 : at + 60 + size])
        at += 60 + size + size % 2


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                yield name, wheel.read(name)
        return
    data = _data_of_deb(archive.read_bytes()) if archive.suffix == ".deb" else archive.open("rb")
    with data, tarfile.open(fileobj=data) as packed:
        for member in packed:
            if member.isfile():
                yield member.name, packed.extractfile(member).read()  # type: ignore[union-attr]


def texts_of(name: str, folder: Path) -> list[str]:
    """The UTF-8 texts of a grammar's corpus, each once; where there is none, its seeds."""
    if name == "regex":
        return list(dict.fromkeys(case[0] for case in re_tests.tests))
    if name == "latex_math":
        return _formulas(Path(matplotlib.__file__).parent / "tests" / "test_mathtext.py")
    if name == "c":
        return list(dict.fromkeys(_headers()))
    if name == "python":
        return [text for text in map(text_of, standard_library()) if text is not None]
    if name not in CORPORA:
        return LANGUAGES[name].seeds
    corpus = CORPORA[name]
    archives = sorted(folder.glob(corpus.archive))
    if not archives:
        raise SystemExit(f"{folder} has no {corpus.archive}: see the header of {name}.lark")
    texts: list[str] = []
    for path, data in _members(archives[-1]):
        if re.search(corpus.member, path):
            try:
                texts.extend(corpus.cut(data.decode()))
            except UnicodeDecodeError:
                continue
    return list(dict.fromkeys(texts))


def evidence(name: str, texts: list[str], walks: int) -> Counter[tuple[str, object, bool]]:
    """How often (kind of text, the oracle's verdict, whether the grammar accepts it) came up."""
    language = LANGUAGES[name]
    compiled = sg.compile(read(name), VOCABULARY)
    rng = random.Random(1)
    counts: Counter[tuple[str, object, bool]] = Counter()

    def look(kind: str, text: str) -> None:
        matcher = compiled.matcher()
        is_accepted = matcher.accept_bytes(text.encode()) and matcher.is_accepting
        verdict = language.oracle(text)
        counts[kind, verdict, is_accepted] += 1
        if is_accepted and verdict is False:
            print(f"{name}: accepted, against the oracle: {text!r}", file=sys.stderr)

    for text in texts:
        look("text", text)
    walked = [random_walk(compiled, rng) for _ in range(walks)]
    for text in walked:
        look("walk", text)
    short = [text for text in texts if len(text) < 2000] or language.seeds
    for text in [*walked, *rng.choices([*short, *language.seeds], k=walks)]:
        look("mutation", mutation(text, language.characters, rng))
        look("mutation", token_mutation(text, rng))
    return counts


def _part(
    counts: Counter[tuple[str, object, bool]],
    kind: str,
    verdicts: tuple[object, ...],
    *,
    accepted: bool,
) -> str:
    found = {a: sum(counts[kind, v, a] for v in verdicts) for a in (True, False)}
    return f"{found[accepted]:,} of {found[True] + found[False]:,}"


def main() -> None:
    """Print a row for each grammar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--walks", type=int, default=1000)
    options = parser.parse_args()
    print("| grammar | texts accepted | wrong texts refused | walks | mutations refused | taken |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name in options.names:
        counts = evidence(name, texts_of(name, options.folder), options.walks)

        right, readable, wrong = (True,), (True, None), (False,)
        print(
            f"| {name} | {_part(counts, 'text', readable, accepted=True)} | "
            f"{_part(counts, 'text', wrong, accepted=False)} | "
            f"{sum(counts['walk', v, True] for v in readable):,} of {options.walks:,} | "
            f"{_part(counts, 'mutation', wrong, accepted=False)} | "
            f"{_part(counts, 'mutation', right, accepted=True)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
