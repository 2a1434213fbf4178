"""The tokenizer of the benchmark: Llama 3's, as the package `llama-models` carries it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from jsonschemabench.data import DataError

__all__ = ["END_OF_SEQUENCE", "VOCABULARY_SIZE", "default_ranks", "read_encoding", "token_bytes"]

VOCABULARY_SIZE = 128_256
END_OF_SEQUENCE = 128_001
FIRST_SPECIAL = 128_000

# How Llama 3 cuts a text before merging, from the model's published tokenizer.
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def default_ranks() -> Path:
    """Where `llama-models` keeps Llama 3's file of ranks; the package itself is not imported.

    Raises:
        FileNotFoundError: It is not installed.
    """
    found = importlib.util.find_spec("llama_models")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "llama3" / "tokenizer.model"
        if path.exists():
            return path
    raise FileNotFoundError(
        "Llama 3's tokenizer.model is not there: pip install --no-deps llama-models, or name the "
        "file with --tokenizer"
    )


def read_encoding(ranks: Path) -> Any:
    """The tiktoken encoding of a file of ranks, with Llama 3's 256 special tokens.

    Raises:
        DataError: tiktoken is not installed, or the file is no file of Llama 3's ranks.
    """
    try:
        import tiktoken
        from tiktoken.load import load_tiktoken_bpe
    except ImportError:
        raise DataError(
            "Reading Llama 3's tokenizer needs tiktoken: pip install tiktoken"
        ) from None
    try:
        tokens = load_tiktoken_bpe(str(ranks))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read ranks from {ranks}: {error}") from None
    if sorted(tokens.values()) != list(range(FIRST_SPECIAL)):
        raise DataError(f"{ranks} has {len(tokens)} ranks, Llama 3's tokenizer {FIRST_SPECIAL}")
    special = {f"<|special_{token}|>": token for token in range(FIRST_SPECIAL, VOCABULARY_SIZE)}
    return tiktoken.Encoding(
        "llama3", pat_str=_PATTERN, mergeable_ranks=tokens, special_tokens=special
    )


def token_bytes(ranks: Path) -> list[bytes]:
    """bytes of each of the 128,256 tokens; b"" for the special ones."""
    from tiktoken.load import load_tiktoken_bpe

    tokens = [b""] * VOCABULARY_SIZE
    for token, rank in load_tiktoken_bpe(str(ranks)).items():
        tokens[rank] = token
    return tokens
