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
import base64
import random
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tiktoken

import structgen as sg
from tests.grammars.evidence import texts_of
from tests.grammars.standard_library import standard_library, text_of

SIZE, END = 128_256, 128_001
LEAST, MOST = 80, 1000  # characters of a text
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class Engine(Protocol):
    """One engine with the grammar compiled; `start` begins a text anew."""

    def start(self) -> None: ...
    def mask(self) -> None: ...
    def accept(self, token: int) -> bool: ...
    def is_complete(self) -> bool: ...


class Structgen:
    def __init__(self, grammar: str, ranks: Path, _: tiktoken.Encoding) -> None:
        self.vocabulary = sg.Vocabulary.from_tiktoken(str(ranks), eos_token_ids=[END], size=SIZE)
        self.row = sg.allocate_bitmask(1, SIZE)[0]
        self.compiled = sg.compile(sg.ebnf(grammar), self.vocabulary)

    def start(self) -> None:
        self.matcher = self.compiled.matcher()

    def mask(self) -> None:
        self.matcher.fill_bitmask(self.row)

    def accept(self, token: int) -> bool:
        return self.matcher.accept_token(token)

    def is_complete(self) -> bool:
        return self.matcher.is_accepting


def lark_of(text: str) -> str:
    """The grammar for an engine that reads Lark."""
    body = re.sub(r"\broot\b", "start", re.sub(r"(?m)^#.*\n", "", text)).replace("::=", ":")
    parts = re.split(r'("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\])', body)
    return "".join(f"/{part}/" if part.startswith("[") else part for part in parts)


class LLGuidance:
    def __init__(self, grammar: str, _: Path, encoding: tiktoken.Encoding) -> None:
        import llguidance.numpy  # the peers are needed for the benchmark alone
        import llguidance.tiktoken

        tokenizer = llguidance.tiktoken.lltokenizer_from_encoding(
            encoding, n_vocab=SIZE, eos_token=END
        )
        source = llguidance.LLMatcher.grammar_from_lark(lark_of(grammar))
        self.first = llguidance.LLMatcher(tokenizer, source)
        if self.first.is_error():
            raise SystemExit(self.first.get_error())
        self.row = llguidance.numpy.allocate_token_bitmask(1, SIZE)
        self.fill = llguidance.numpy.fill_next_token_bitmask

    def start(self) -> None:
        self.matcher = self.first.deep_copy()

    def mask(self) -> None:
        self.fill(self.matcher, self.row, 0)

    def accept(self, token: int) -> bool:
        return bool(self.row[0, token >> 5] >> (token & 31) & 1) and self.matcher.consume_token(
            token
        )

    def is_complete(self) -> bool:
        return self.matcher.is_accepting()


class XGrammar:
    def __init__(self, grammar: str, _: Path, encoding: tiktoken.Encoding) -> None:
        import xgrammar

        tokens = [encoding.decode_single_token_bytes(token) for token in range(SIZE)]
        info = xgrammar.TokenizerInfo(tokens, vocab_size=SIZE, stop_token_ids=[END])
        self.matcher = xgrammar.GrammarMatcher(
            xgrammar.GrammarCompiler(info).compile_grammar(re.sub(r"(?m)^#.*\n", "", grammar))
        )
        self.row = xgrammar.allocate_token_bitmask(1, SIZE)

    def start(self) -> None:
        self.matcher.reset()

    def mask(self) -> None:
        self.matcher.fill_next_token_bitmask(self.row)

    def accept(self, token: int) -> bool:
        return self.matcher.accept_token(token)

    def is_complete(self) -> bool:
        return self.matcher.is_completed()


ENGINES: dict[str, Callable[..., Any]] = {
    "structgen": Structgen,
    "llguidance": LLGuidance,
    "XGrammar": XGrammar,
}


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
    lines = (line.split() for line in options.ranks.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    special = {f"<|special{number}|>": 128_000 + number for number in range(256)}
    encoding = tiktoken.Encoding(
        "llama3", pat_str=SPLIT, mergeable_ranks=ranks, special_tokens=special
    )
    warm_up = sg.compile(True, sg.Vocabulary([b"1", b""], eos_token_ids=[1])).matcher()
    warm_up.fill_bitmask(np.zeros(1, np.int32))  # loads the kernels
    file = Path(__file__).with_name(f"{options.grammar}.ebnf")
    grammar = file.read_text(encoding="utf-8")
    engines: dict[str, Engine] = {
        name: make(grammar, options.ranks, encoding) for name, make in ENGINES.items()
    }
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
