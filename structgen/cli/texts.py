"""Commands that write and read texts: generate, validate, sample."""

from __future__ import annotations

import itertools
import random
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

import structgen as sg
from structgen.cli.app import app
from structgen.cli.options import (
    BYTES,
    GrammarOption,
    LexerOption,
    Order,
    OrderOption,
    RegexOption,
    SchemaOption,
    default_model,
    grammar_of,
    text_of,
)
from structgen.cli.terminal import output, progress, underlined, word_start
from structgen.expectations import describe_expected
from structgen.inspect_mask import longest_prefix

__all__ = ["generate", "sample", "validate"]


class AtLimit(StrEnum):
    """What happens to a text that is not complete after the last token."""

    error = "error"
    complete = "complete"


class Speculate(StrEnum):
    """`--speculation`."""

    off = "off"
    auto = "auto"


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
    source = grammar_of(schema, regex, grammar, lexer, property_order)
    with progress("loading the model (the first time it is converted: half a minute)"):
        generator = default_model()
    pieces = generator.generate(
        text_of(prompt, "the prompt"),
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
        with progress("generating") as say:
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
    vocabulary = sg.Vocabulary(BYTES, eos_token_ids=[])
    source = grammar_of(schema, regex, grammar, lexer, property_order, whitespace="any")
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
        position = word_start(text, position)
        matcher.reset()
        matcher.accept_bytes(text[:position].encode())
    line, column, shown, marked = underlined(text, position)
    what = "the text ends too soon" if position == len(text) else "this cannot come here"
    console = output()
    console.print(Text(f"{file}:{line}:{column}: {what}", "bold"))
    console.print(Text(f"  {shown}"))
    console.print(Text(f"  {marked}", "red"))
    console.print(Text(f"expected {describe_expected(source, matcher)}"))
    raise typer.Exit(1)


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
    source = grammar_of(schema, regex, grammar, lexer, property_order, whitespace="none")
    if seed is None:
        seed = random.SystemRandom().getrandbits(32)
    for text in itertools.islice(sg.sample(source, seed=seed), count):
        print(text)
