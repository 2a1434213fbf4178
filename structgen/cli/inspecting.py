"""Commands that show what a grammar means: mask, explain."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer
from rich.table import Table
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
    SchemaArgument,
    SchemaOption,
    TokenizerOption,
    grammar_of,
    json_of,
    text_of,
    vocabulary_of,
)
from structgen.cli.terminal import output, progress, quoted
from structgen.frontends.json_schema.effects import idle_keywords
from structgen.frontends.json_schema.explain import explain_schema
from structgen.inspect_mask import describe_bytes, inspect_mask

__all__ = ["explain", "mask"]

_SHOWN_GROUPS = 40


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
    source = grammar_of(schema, regex, grammar, lexer, property_order)
    with progress("reading the tokenizer"):
        compiled = sg.compile(source, vocabulary_of(tokenizer))
    data = text_of(text, "the text").encode()
    report = inspect_mask(compiled, data)
    if len(report.taken) < len(data):
        raise ValueError(
            f"after {quoted(report.taken)} the text cannot go on with "
            f"{quoted(data[len(report.taken) :])}: expected {describe_bytes(report.next_bytes)}"
        )
    console = output()
    console.print(
        Text(f"{report.allowed} of {report.vocabulary_size} tokens may come next.", "bold")
    )
    if report.may_end:
        ends = ", ".join(map(str, report.end_tokens))
        console.print(f"The text may end here (end-of-sequence: {ends or 'the file names none'}).")
    else:
        console.print("The text may not end here.")
    if report.forced:
        console.print(f"The only way on is {quoted(report.forced)}.")
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
            Text("  ".join(map(quoted, group.examples))),
            Text("" if witness is None else quoted(witness[len(report.taken) :])),
        )
    console.print()
    console.print(table)
    if len(report.groups) > _SHOWN_GROUPS:
        console.print(f"and {len(report.groups) - _SHOWN_GROUPS} smaller groups")


@app.command()
def explain(schema: SchemaArgument) -> None:
    """Say what a schema means, which keywords have no effect, and a shortest valid instance."""
    document = json_of(schema)
    refusal = example = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown format is told below
        try:
            grammar = sg.json_schema(document, whitespace="none")
            matcher = sg.compile(grammar, sg.Vocabulary(BYTES, eos_token_ids=[])).matcher()
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
