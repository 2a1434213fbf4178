"""Hugging Face fast tokenizers, read from their own JSON description."""

from __future__ import annotations

import json
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import byte_level_bytes, metaspace_bytes, pad_tokens
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tokenizer"]

# Steps that only insert or mark; any other normaliser may change the text that tokens stand for.
_HARMLESS_NORMALIZERS = {"Prepend", "Replace"}


def read_tokenizer(tokenizer: Any, *, size: int | None = None) -> Vocabulary:
    """Read a fast tokenizer (see `Vocabulary.from_tokenizer`)."""
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        raise VocabularyError(
            f"{type(tokenizer).__name__} is no fast tokenizer: its tokens' bytes are unknown"
        )
    description = json.loads(backend.to_str())
    to_bytes = _reader(description)
    texts = backend.get_vocab(with_added_tokens=False)
    added = {int(token["id"]): token for token in description.get("added_tokens", ())}
    count = max([*texts.values(), *added], default=-1) + 1
    tokens = [b""] * count
    for text, token_id in texts.items():
        if token_id not in added:
            tokens[token_id] = to_bytes(text)
    special = set()
    for token_id, token in added.items():
        if token["special"]:
            special.add(token_id)
        else:  # an added token is matched literally, before any rewriting
            tokens[token_id] = token["content"].encode()
    eos = getattr(tokenizer, "eos_token_id", None)
    eos_ids = [] if eos is None else [eos] if isinstance(eos, int) else list(eos)
    unknown = description["model"].get("unk_token")
    if unknown in texts:
        special.add(texts[unknown])
    if size is not None and size < count and not any(tokens[size:]):
        tokens = tokens[:size]
        special = {token for token in special if token < size}
    return Vocabulary(pad_tokens(tokens, size), eos_token_ids=eos_ids, special_token_ids=special)


def _steps(part: dict[str, Any] | None, key: str) -> list[dict[str, Any]]:
    if part is None:
        return []
    if part["type"] == "Sequence":
        return [step for inner in part[key] for step in _steps(inner, key)]
    return [part]


def _reader(description: dict[str, Any]) -> Any:
    """The function from a token's text to its bytes.

    Raises:
        VocabularyError: The tokenizer is of a kind whose tokens have no exact bytes.
    """
    for step in _steps(description.get("normalizer"), "normalizers"):
        if step["type"] not in _HARMLESS_NORMALIZERS:
            raise VocabularyError(
                f"The tokenizer normalises text ({step['type']}): what it decodes is not what was "
                "encoded, so its tokens have no exact bytes"
            )
    kind = description["model"].get("type")
    pre = {step["type"] for step in _steps(description.get("pre_tokenizer"), "pretokenizers")}
    decoders = {step["type"] for step in _steps(description.get("decoder"), "decoders")}
    if kind == "WordPiece" or "WordPiece" in decoders:
        raise VocabularyError("WordPiece drops white space: its tokens have no exact bytes")
    if "ByteLevel" in pre or "ByteLevel" in decoders:
        return byte_level_bytes
    if "Metaspace" in pre | decoders or "ByteFallback" in decoders:
        return metaspace_bytes
    raise VocabularyError(
        f"The tokenizer ({kind}) neither works on bytes nor marks spaces: its tokens have no exact "
        "bytes"
    )
