"""tiktoken: tokens are bytes already."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import pad_tokens
from structgen.vocabulary.prepared import file_identity, prepared, tokens_identity
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tiktoken"]

_MOST_IDS = 1 << 24  # a damaged rank must not allocate the machine's memory


def read_tiktoken(
    source: Any,
    *,
    special_tokens: Mapping[str, int],
    eos_token_ids: Sequence[int],
    size: int | None,
) -> Vocabulary:
    """Read a tiktoken encoding, its ranks or a file of ranks (see `Vocabulary.from_tiktoken`)."""
    special = dict(special_tokens)
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            identity = [file_identity(path)]
        except OSError as error:
            raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
        options = (sorted(special.items()), eos_token_ids, size)
        return prepared(
            "tiktoken file",
            identity,
            options,
            lambda: _vocabulary(_read_file(path), special, eos_token_ids, size),
        )
    if isinstance(source, Mapping):
        ranks = dict(source)
    elif hasattr(source, "token_byte_values"):
        ranks = {token: source.encode_single_token(token) for token in source.token_byte_values()}
        own = {name: source.encode_single_token(name) for name in source.special_tokens_set}
        special = {**own, **special}
    else:
        raise VocabularyError(
            "A tiktoken vocabulary is a tiktoken.Encoding, a mapping of bytes to rank or a path, "
            f"not {type(source).__name__}"
        )
    for token, rank in ranks.items():
        if not isinstance(token, bytes) or not isinstance(rank, int):
            raise VocabularyError(f"Ranks must map bytes to integers, not {token!r} to {rank!r}")
    return prepared(
        "tiktoken",
        [
            *tokens_identity(ranks),
            np.fromiter(ranks.values(), np.int64, len(ranks)).tobytes(),
        ],
        (sorted(special.items()), eos_token_ids, size),
        lambda: _vocabulary(ranks, special, eos_token_ids, size),
    )


def _vocabulary(
    ranks: Mapping[bytes, int],
    special_tokens: Mapping[str, int],
    eos_token_ids: Sequence[int],
    size: int | None,
) -> Vocabulary:
    ids = list(ranks.values())
    if len(set(ids)) < len(ids) or min(ids, default=0) < 0:
        raise VocabularyError("The ranks are not distinct non-negative integers")
    count = max([*ids, *special_tokens.values(), *eos_token_ids], default=-1) + 1
    if count > _MOST_IDS:
        raise VocabularyError(f"Id {count - 1} is beyond what a vocabulary can hold")
    tokens = [b""] * count
    for token, rank in ranks.items():
        tokens[rank] = token
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=eos_token_ids,
        special_tokens=special_tokens,
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
                text, rank = line.split()
                token = base64.b64decode(text, validate=True)
                if token in ranks:
                    raise VocabularyError(f"{path}, line {number}: the token {token!r} again")
                ranks[token] = int(rank)
            except (ValueError, binascii.Error):
                raise VocabularyError(
                    f"{path}, line {number}: expected a base64 token and its rank"
                ) from None
    return ranks
