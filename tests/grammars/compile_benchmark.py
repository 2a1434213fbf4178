"""A grammar of many rules, from its text to the first mask: structgen, llguidance and XGrammar.

    python -m tests.grammars.compile_benchmark RANKS

RANKS is Llama 3's `tokenizer.model`. The grammar is a language of commands: each has its keyword,
options with values and a body of further commands, so that five rules are one command. It is
written in EBNF, for structgen and XGrammar, and in Lark, for structgen and llguidance. No text is
read twice: each time the keywords are others.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from functools import partial
from pathlib import Path

import structgen as sg
from tests.grammars.benchmark import lark_of
from tests.grammars.engines import ENGINES, Engine, Sources, encoding_of, load_kernels

TERMINALS = {
    "WS": "[ \\n]*",
    "NAME": "[a-z] [a-z0-9]*",
    "NUMBER": '"-"? [0-9]+ ("." [0-9]+)?',
    "TEXT": '"\\"" [^"\\n]* "\\""',
}
VALUES = {
    "list": '"[" WS (value (WS "," WS value)*)? WS "]"',
    "value": "NUMBER | TEXT | NAME | list",
}


def commands(count: int, prefix: str) -> str:
    """`count` rules in EBNF; its keywords begin with `prefix`."""
    names = range((count - len(TERMINALS) - len(VALUES) - 2) // 5)
    rules = {
        "root": "WS command (WS command)* WS",
        "command": " | ".join(f"command{i}" for i in names),
    }
    for i in names:
        rules |= {
            f"command{i}": f'"{prefix}{i}" WS options{i}? (body{i} | WS ";")',
            f"options{i}": f'"(" WS option{i} (WS "," WS option{i})* WS ")"',
            f"option{i}": f'("{prefix}size{i}" | "{prefix}kind{i}") WS "=" WS value | flag{i}',
            f"flag{i}": f'"no-"? ("{prefix}fast{i}" | "{prefix}safe{i}" | "{prefix}quiet{i}")',
            f"body{i}": f'WS "{{" (WS command{(7 * i + 1) % len(names)})* (WS value ";")? WS "}}"',
        }
    return "".join(f"{name} ::= {body}\n" for name, body in (rules | VALUES | TERMINALS).items())


def milliseconds(engine: Engine, sources: Sources) -> tuple[float, float]:
    """From the text to the compiled grammar, and from there to the first mask."""
    gc.collect()
    begin = time.perf_counter()
    engine.compile(sources)
    compiled = time.perf_counter()
    engine.start()
    engine.mask()
    return (compiled - begin) * 1000, (time.perf_counter() - compiled) * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ranks", type=Path)
    parser.add_argument("--rules", type=int, default=502, help="how many rules")
    parser.add_argument("--count", type=int, default=9, help="how often")
    options = parser.parse_args()
    encoding = encoding_of(options.ranks)
    load_kernels()
    engines: dict[str, Engine] = {
        name: make(options.ranks, encoding) for name, make in ENGINES.items()
    }
    rows: dict[str, list[tuple[float, float]]] = {}
    for number in range(options.count):
        ebnf = commands(options.rules, f"run{number}do")
        lark = lark_of(ebnf)
        read_ebnf = Sources(partial(sg.ebnf, ebnf), lark, ebnf)
        read_lark = Sources(partial(sg.lark, lark))
        for title, name, sources in (
            ("structgen, EBNF", "structgen", read_ebnf),
            ("structgen, Lark", "structgen", read_lark),
            ("llguidance, Lark", "llguidance", read_ebnf),
            ("XGrammar, EBNF", "XGrammar", read_ebnf),
        ):
            rows.setdefault(title, []).append(milliseconds(engines[name], sources))
    print(f"{ebnf.count('::=')} rules, {len(ebnf):,} characters; milliseconds, the first time and")
    print(f"the median of {options.count - 1} more")
    print("|  | compile | first mask | together | again: together |")
    print("| --- | --: | --: | --: | --: |")
    for title, ((compiled, masked), *more) in rows.items():
        again = statistics.median(sum(times) for times in more)
        print(
            f"| {title} | {compiled:,.1f} | {masked:,.1f} | {compiled + masked:,.1f} "
            f"| {again:,.1f} |"
        )


if __name__ == "__main__":
    main()
