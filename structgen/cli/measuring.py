"""Commands that get this machine ready or measure it: warmup, train-heads, bench speculation."""

from __future__ import annotations

import importlib.util
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import structgen as sg
from structgen.cli.app import app, bench
from structgen.cli.options import BYTES, TokenizerOption, default_model, vocabulary_of
from structgen.cli.terminal import progress

__all__ = ["speculation", "train_heads", "warmup"]


@app.command()
def warmup(tokenizer: TokenizerOption = None) -> None:
    """Do what the first run would wait for, and say how long each step took.

    Compiles the kernels, reads the tokenizer, and converts and loads the default model (not with
    --tokenizer).
    """
    steps: list[tuple[str, Callable[[], object]]] = [
        ("kernels", compile_kernels),
        ("tokenizer", lambda: sg.compile(True, vocabulary_of(tokenizer))),
    ]
    if tokenizer is None:
        steps.append(("default model", default_model))
    for number, (name, step) in enumerate(steps):
        start = time.perf_counter()
        with progress(f"{name} ({number + 1} of {len(steps)})"):
            step()
        print(f"{name + ':':15}{time.perf_counter() - start:6.1f} s", flush=True)


@app.command()
def train_heads(
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder or tar archive of JSON Schemas or MaskBench files.  [default: a small "
            "sample]"
        ),
    ] = None,
    tokens: Annotated[
        int, typer.Option(min=1, help="How many tokens of answers to write and train on.")
    ] = 30_000,
    epochs: Annotated[int, typer.Option(min=1, help="How often each of them is seen.")] = 6,
) -> None:
    """Train SmolLM2-135M-Instruct's draft heads (Medusa and Hydra) on answers that it writes.

    They are kept in the cache folder, with the answers; speculation uses them by name.
    """
    from structgen.decoding.speculation.training.schemas import read_schemas
    from structgen.decoding.speculation.training.train import train_heads

    schemas = read_schemas(data)
    with progress("loading the model (the first time it is converted: half a minute)") as say:
        found = train_heads(default_model(), schemas, tokens=tokens, epochs=epochs, say=say)
    print(f"trained on {found.tokens} tokens, kept in {found.folder}")
    print("held-out tokens that each head finds the most probable:")
    for name, fitted in found.fitted.items():
        shares = "  ".join(f"{share:.0%}" for share in fitted.right)
        print(f"  {name:7} {shares}   ({fitted.seconds:.0f} s)")


@bench.command()
def speculation(
    data: Annotated[
        str,
        typer.Option(
            help="MaskBench's folder or archive, huggingface, or sample: the project's own schemas."
        ),
    ] = "sample",
    sample: Annotated[int, typer.Option(min=0, help="How many schemas; 0: all.")] = 10,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 1,
    max_new_tokens: Annotated[
        int, typer.Option(min=1, help="How many tokens an answer may have.")
    ] = 64,
    longest: Annotated[
        int, typer.Option(min=1, help="Schemas of more characters are not asked about.")
    ] = 1500,
    mode: Annotated[
        list[str] | None, typer.Option(help='"greedy", "sampled, fast-forward", ...: not all four.')
    ] = None,
    plus: Annotated[
        list[str] | None, typer.Option(help="Another drafter, for a row of its own.")
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            help="llguidance or xgrammar: one by one with its masks, in a row of its own."
        ),
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Only schemas that heads are not trained on.")
    ] = False,
    output: Annotated[
        Path, typer.Option(help="Where raw.jsonl, table.md and plot.svg go; goes on there.")
    ] = Path("speculation"),
) -> None:
    """Compare kinds of speculation with one-by-one decoding: passes, acceptance, time."""
    from jsonschemabench.data import draw as draw_sample
    from jsonschemabench.data import load
    from structgen.decoding.speculation.benchmark import MODES, kinds, measure, read_records
    from structgen.decoding.speculation.benchmark_report import draw, summarize, table
    from structgen.decoding.speculation.peers import check_peers
    from structgen.decoding.speculation.training.schemas import split

    modes = mode or list(MODES)
    for name in modes:
        if name not in MODES:
            raise ValueError(f"there is no mode {name!r}: the modes are {'; '.join(MODES)}")
    rows = kinds(plus or ())
    beside = beside or []
    check_peers(beside)
    place, cases = load(data)
    schemas = {name: case["schema"] for name, case in cases.items()}
    names = split(list(schemas))[1] if held_out else list(schemas)
    short = [name for name in names if len(json.dumps(schemas[name])) <= longest]
    chosen = {name: schemas[name] for name in draw_sample(short, sample, seed)}
    output.mkdir(parents=True, exist_ok=True)
    raw = output / "raw.jsonl"
    records = read_records(raw)
    with progress("loading the model"):
        generator = default_model()
    total = len(chosen) * (len(rows) + len(beside)) * len(modes)
    with raw.open("a", encoding="utf-8") as file, progress("measuring") as say:
        for record in measure(generator, chosen, rows, modes, max_new_tokens, records, beside):
            file.write(json.dumps(record) + "\n")
            file.flush()
            records.append(record)
            say(f"measuring: {len(records)} of at most {total} answers")
    found = summarize(records)
    text = f"{len(chosen)} schemas of {place}, answers of at most {max_new_tokens} tokens\n\n"
    text += table(found)
    (output / "table.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if not found:
        raise ValueError("no schema was answered by every kind")
    if importlib.util.find_spec("matplotlib") is not None:
        draw(found, output / "plot.svg")


def compile_kernels() -> None:
    """Reach every kernel once, over a vocabulary of single bytes."""
    schema = {"type": "object", "properties": {"a": {"pattern": "^x+$", "maxLength": 9}}}
    vocabulary = sg.Vocabulary([*BYTES, b""], eos_token_ids=[256])
    compiled = sg.compile(schema, vocabulary)
    matcher = compiled.matcher()
    row = sg.allocate_bitmask(1, vocabulary.size)
    for token in b'{"a": "xx", "b": 1, "b':
        sg.fill_bitmasks([matcher], row)
        matcher.fill_bitmask(row[0])
        matcher.accept_token(token)
    matcher.fill_tree(list(b"cd"), [-1, 0], sg.allocate_bitmask(3, vocabulary.size))
    matcher.accept_bytes(matcher.forced_bytes() + matcher.shortest_completion())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grammar"
        compiled.save(path)
        for engine in (vocabulary, sg.Vocabulary(vocabulary.tokens, eos_token_ids=[256])):
            sg.load(path, engine)
