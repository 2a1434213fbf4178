"""tekken, Mistral's byte-pair vocabulary: special ids first, then ranked byte strings."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import pad_tokens
from structgen.vocabulary.prepared import file_identity, prepared, tokens_identity
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tekken"]

# The names, from id 0 on, in files that name no special tokens (versions up to 7).
_UNNAMED = (
    "<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] "
    "[/TOOL_RESULTS] [TOOL_CALLS] [IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] "
    "[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]"
).split()
_EOS = "</s>"


def read_tekken(
    source: Any, *, size: int | None, eos_token_ids: Sequence[int] | None
) -> Vocabulary:
    """Read a `tekken.json` or mistral-common's tokenizer (see `Vocabulary.from_tekken`)."""
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            identity = [file_identity(path)]
        except OSError as error:
            raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
        return prepared(
            "tekken", identity, (size, eos_token_ids), lambda: _read_file(path, size, eos_token_ids)
        )
    instruct = getattr(source, "instruct_tokenizer", None)
    tokenizer = source if instruct is None else instruct.tokenizer
    if not hasattr(tokenizer, "id_to_byte_piece") or not hasattr(tokenizer, "num_special_tokens"):
        raise VocabularyError(
            f"{type(tokenizer).__name__} is no tekken tokenizer; for a SentencePiece model use "
            "Vocabulary.from_sentencepiece"
        )
    first = tokenizer.num_special_tokens
    named = _without_fillers((tokenizer.id_to_piece(token), token) for token in range(first))
    texts = [tokenizer.id_to_byte_piece(token) for token in range(first, tokenizer.n_words)]
    eos = (tokenizer.eos_id,) if eos_token_ids is None else eos_token_ids
    return prepared(
        "tekken tokenizer",
        tokens_identity(texts),
        (first, sorted(named.items()), eos, size),
        lambda: _vocabulary(first, named, texts, eos, size),
    )


def _read_file(path: Path, size: int | None, eos_token_ids: Sequence[int] | None) -> Vocabulary:
    try:
        content = json.loads(path.read_bytes())
        first = int(content["config"]["default_num_special_tokens"])
        count = int(content["config"]["default_vocab_size"]) - first
        ranked = content["vocab"][:count]
        texts = [base64.b64decode(entry["token_bytes"], validate=True) for entry in ranked]
        ranks = [entry["rank"] for entry in ranked]
        entries = content.get("special_tokens")
        named = _without_fillers(
            zip(_UNNAMED, range(first), strict=False)
            if entries is None
            else ((entry["token_str"], int(entry["rank"])) for entry in entries)
        )
    except OSError as error:
        raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise VocabularyError(f"{path} is no tekken file") from None
    if first < 0 or count != len(texts) or ranks != list(range(count)):
        raise VocabularyError(f"{path}: the ranks do not count up to the vocabulary's size")
    if eos_token_ids is None:
        if _EOS not in named:
            raise VocabularyError(f"{path} names no token {_EOS}: say which in eos_token_ids")
        eos_token_ids = (named[_EOS],)
    return _vocabulary(first, named, texts, eos_token_ids, size)


def _without_fillers(named: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Ids by name, without names that only say the id."""
    return {name: token for name, token in named if name != f"<SPECIAL_{token}>"}


def _vocabulary(
    first: int,
    named: dict[str, int],
    texts: list[bytes],
    eos_token_ids: Sequence[int],
    size: int | None,
) -> Vocabulary:
    return Vocabulary(
        pad_tokens([b""] * first + texts, size),
        eos_token_ids=eos_token_ids,
        special_token_ids=range(first),
        special_tokens=named,
    )
