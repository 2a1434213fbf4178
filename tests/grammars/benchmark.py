"""Masks of a small grammar: structgen, llguidance and XGrammar on the same texts, in one run.

    python -m tests.grammars.benchmark queries|expressions FOLDER RANKS

FOLDER has sqlglot's archive (see `evidence.py`), RANKS is Llama 3's `tokenizer.model`. All read
`queries.ebnf` (SQL) or `expressions.ebnf` (Python's, as `ast.unparse` writes those of the standard
library); llguidance reads it as Lark, with the rules in capitals as terminals. A text that any of
the three does not take to its end is left out, and counted.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import time
from functools import partial
from pathlib import Path

import structgen as sg
from tests.grammars.engines import ENGINES, Engine, Sources, encoding_of, load_kernels
from tests.grammars.evidence import texts_of
from tests.grammars.standard_library import standard_library, text_of

LEAST, MOST = 80, 1000  # characters of a text


def lark_of(text: str) -> str:
    """The grammar for an engine that reads Lark."""
    body = re.sub(r"\broot\b", "start", text).replace("::=", ":")
    parts = re.split(r'("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\])', body)
    return "".join(f"/{part}/" if part.startswith("[") else part for part in parts)


def times_of(engine: Engine, tokens: list[int]) -> list[float] | None:
    """Microseconds for a mask and an accept of each token; None if the text is not accepted."""
    times = []
    engine.start()
    for token in tokens:
        begin = time.perf_counter_ns()
        engine.mask()
        is_accepted = engine.accept(token)
        times.append((time.perf_counter_ns() - begin) / 1000)
        if not is_accepted:
            return None
    return times if engine.is_complete() else None


def queries(folder: Path) -> list[str]:
    """The queries of sqlglot's tests."""
    return [text for text in texts_of("sql", folder) if text.startswith("SELECT")]


def expressions(_: Path) -> list[str]:
    """The expressions that statements of the standard library consist of, on one line each."""
    found: dict[str, None] = {}
    for text in filter(None, map(text_of, standard_library())):
        for statement in ast.walk(ast.parse(text)):
            if isinstance(statement, ast.stmt):
                values = (node for node in ast.iter_child_nodes(statement))
                found |= dict.fromkeys(ast.unparse(v) for v in values if isinstance(v, ast.expr))
    return [text for text in found if "\n" not in text]


CORPORA = {"queries": queries, "expressions": expressions}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grammar", choices=CORPORA)
    parser.add_argument("folder", type=Path)
    parser.add_argument("ranks", type=Path)
    parser.add_argument("--count", type=int, default=200, help="how many texts")
    options = parser.parse_args()
    encoding = encoding_of(options.ranks)
    load_kernels()
    file = Path(__file__).with_name(f"{options.grammar}.ebnf")
    grammar = re.sub(r"(?m)^#.*\n", "", file.read_text(encoding="utf-8"))
    sources = Sources(partial(sg.ebnf, grammar), lark_of(grammar), grammar)
    engines: dict[str, Engine] = {
        name: make(options.ranks, encoding) for name, make in ENGINES.items()
    }
    for engine in engines.values():
        engine.compile(sources)
    cold: dict[str, list[float]] = {name: [] for name in engines}
    warm: dict[str, list[float]] = {name: [] for name in engines}
    refused = dict.fromkeys(engines, 0)
    kept = 0
    texts = [t for t in CORPORA[options.grammar](options.folder) if LEAST <= len(t) <= MOST]
    for text in random.Random(0).sample(texts, options.count):
        tokens = encoding.encode(text, disallowed_special=())
        found = {name: times_of(engine, tokens) for name, engine in engines.items()}
        for name, times in found.items():
            refused[name] += times is None
        if None in found.values():
            continue
        kept += 1
        for name, engine in engines.items():
            cold[name] += found[name] or []
            warm[name] += times_of(engine, tokens) or []
    print(f"{kept} texts, {len(cold['structgen'])} tokens; refused: {refused}")
    print(f"|  | {' | '.join(engines)} |")
    print(f"| --- |{' --: |' * len(engines)}")
    for title, times in (("first pass", cold), ("second pass", warm)):
        rows = {
            "average": [statistics.fmean(times[name]) for name in engines],
            "p50": [sorted(times[name])[len(times[name]) // 2] for name in engines],
            "p99": [sorted(times[name])[len(times[name]) * 99 // 100] for name in engines],
            "largest": [max(times[name]) for name in engines],
        }
        for label, values in rows.items():
            print(f"| {title}: {label} | {' | '.join(f'{value:,.1f}' for value in values)} |")


if __name__ == "__main__":
    main()
