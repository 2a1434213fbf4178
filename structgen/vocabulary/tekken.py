"""tekken, Mistral's byte-pair vocabulary: special ids first, then ranked byte strings."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import pad_tokens
from structgen.vocabulary.prepared import file_identity, prepared, tokens_identity
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tekken"]

# Files that name no special tokens (versions up to 7) all begin `<unk>`, `<s>`, `</s>`.
_EOS = "</s>"
_UNNAMED_EOS_ID = 2


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
    texts = [tokenizer.id_to_byte_piece(token) for token in range(first, tokenizer.n_words)]
    eos = (tokenizer.eos_id,) if eos_token_ids is None else eos_token_ids
    return prepared(
        "tekken tokenizer",
        tokens_identity(texts),
        (first, eos, size),
        lambda: _vocabulary(first, texts, eos, size),
    )


def _read_file(path: Path, size: int | None, eos_token_ids: Sequence[int] | None) -> Vocabulary:
    try:
        content = json.loads(path.read_bytes())
        first = int(content["config"]["default_num_special_tokens"])
        count = int(content["config"]["default_vocab_size"]) - first
        entries = content["vocab"][:count]
        texts = [base64.b64decode(entry["token_bytes"], validate=True) for entry in entries]
        ranks = [entry["rank"] for entry in entries]
        named = {entry["token_str"]: entry["rank"] for entry in content.get("special_tokens") or ()}
    except OSError as error:
        raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise VocabularyError(f"{path} is no tekken file") from None
    if first < 0 or count != len(texts) or ranks != list(range(count)):
        raise VocabularyError(f"{path}: the ranks do not count up to the vocabulary's size")
    if eos_token_ids is None:
        eos_token_ids = (named.get(_EOS, _UNNAMED_EOS_ID),)
    return _vocabulary(first, texts, eos_token_ids, size)


def _vocabulary(
    first: int, texts: list[bytes], eos_token_ids: Sequence[int], size: int | None
) -> Vocabulary:
    return Vocabulary(
        pad_tokens([b""] * first + texts, size),
        eos_token_ids=eos_token_ids,
        special_token_ids=range(first),
    )
