"""The tokenizer inside a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import byte_level_bytes, metaspace_bytes, pad_tokens
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_gguf"]

# Token types of the GGUF specification, `tokenizer.ggml.token_type`.
_UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED = 2, 3, 4, 5


def read_gguf(path: str | Path, *, size: int | None) -> Vocabulary:
    """Read a GGUF file's tokenizer (see `Vocabulary.from_gguf`)."""
    try:
        from gguf import GGUFReader
    except ImportError:
        raise VocabularyError("Reading a GGUF file needs the package gguf") from None
    try:
        fields = GGUFReader(str(path)).fields
    except (OSError, ValueError) as error:
        raise VocabularyError(f"Cannot read {path}: {error}") from None

    def value(name: str, default: Any = None) -> Any:
        return fields[name].contents() if name in fields else default

    texts = value("tokenizer.ggml.tokens")
    model = value("tokenizer.ggml.model")
    if texts is None or model not in ("gpt2", "llama"):
        raise VocabularyError(f"{path} holds no tokenizer that can be read exactly ({model})")
    types = value("tokenizer.ggml.token_type") or [1] * len(texts)
    to_bytes = byte_level_bytes if model == "gpt2" else metaspace_bytes
    special = [token for token, kind in enumerate(types) if kind in (_UNKNOWN, _CONTROL, _UNUSED)]
    hidden = set(special)
    tokens = [
        b"" if token in hidden else text.encode() if kind == _USER_DEFINED else to_bytes(text)
        for token, (text, kind) in enumerate(zip(texts, types, strict=True))
    ]
    eos = value("tokenizer.ggml.eos_token_id")
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=[] if eos is None else [int(eos)],
        special_token_ids=special,
    )
