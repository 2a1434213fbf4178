"""tiktoken: tokens are bytes already."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import pad_tokens
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tiktoken"]


def read_tiktoken(
    source: Any,
    *,
    special_tokens: Mapping[str, int],
    eos_token_ids: Iterable[int],
    size: int | None,
) -> Vocabulary:
    """Read a tiktoken encoding, its ranks or a file of ranks (see `Vocabulary.from_tiktoken`)."""
    if isinstance(source, str | Path):
        ranks = _read_file(Path(source))
    elif isinstance(source, Mapping):
        ranks = dict(source)
    elif hasattr(source, "token_byte_values"):
        ranks = {token: source.encode_single_token(token) for token in source.token_byte_values()}
        special_tokens = {
            **{name: source.encode_single_token(name) for name in source.special_tokens_set},
            **special_tokens,
        }
    else:
        raise VocabularyError(
            "A tiktoken vocabulary is a tiktoken.Encoding, a mapping of bytes to rank or a path, "
            f"not {type(source).__name__}"
        )
    eos = tuple(eos_token_ids)
    count = max([*ranks.values(), *special_tokens.values(), *eos], default=-1) + 1
    tokens = [b""] * count
    for token, rank in ranks.items():
        tokens[rank] = token
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=eos,
        special_token_ids=special_tokens.values(),
    )


def _read_file(path: Path) -> dict[bytes, int]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                token, rank = line.split()
                ranks[base64.b64decode(token, validate=True)] = int(rank)
            except (ValueError, binascii.Error):
                raise VocabularyError(
                    f"{path}, line {number}: expected a base64 token and its rank"
                ) from None
    return ranks
