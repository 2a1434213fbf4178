"""The tokenizer inside a GGUF file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import byte_level_bytes, metaspace_bytes, pad_tokens
from structgen.vocabulary.gguf_metadata import read_metadata
from structgen.vocabulary.prepared import file_identity, prepared
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_gguf"]

_PREFIX = "tokenizer.ggml."
# Token types of the GGUF specification, `tokenizer.ggml.token_type`.
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED, _BYTE = range(1, 7)
# End of text, of a turn, of a message: a file may have any of them.
_END_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")
_KEYS = ("model", "tokens", "token_type", "precompiled_charsmap", *_END_KEYS)


def read_gguf(path: Path, *, size: int | None, eos_token_ids: Sequence[int] | None) -> Vocabulary:
    """Read a GGUF file's tokenizer (see `Vocabulary.from_gguf`)."""
    try:
        identity = [file_identity(path)]
    except OSError as error:
        raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
    return prepared(
        "gguf", identity, (size, eos_token_ids), lambda: _read(path, size, eos_token_ids)
    )


def _read(path: Path, size: int | None, eos_token_ids: Sequence[int] | None) -> Vocabulary:
    found = read_metadata(path, [_PREFIX + key for key in _KEYS])
    values = {key.removeprefix(_PREFIX): value for key, value in found.items()}
    names = values.get("tokens")
    model = values.get("model")
    if not isinstance(names, list) or model not in (b"gpt2", b"llama"):
        kind = model.decode(errors="replace") if isinstance(model, bytes) else "none"
        raise VocabularyError(f"{path} holds no tokenizer that can be read exactly ({kind})")
    if values.get("precompiled_charsmap"):
        raise VocabularyError(
            f"The tokenizer in {path} normalises text, so its tokens have no exact bytes"
        )
    types = values.get("token_type") or [_NORMAL] * len(names)
    if len(types) != len(names):
        raise VocabularyError(f"{path} has {len(names)} tokens but {len(types)} token types")
    special = [token for token, kind in enumerate(types) if kind in (_UNKNOWN, _CONTROL, _UNUSED)]
    hidden = set(special)
    tokens = [
        b"" if token in hidden else _token_bytes(name, kind, model == b"gpt2")
        for token, (name, kind) in enumerate(zip(names, types, strict=True))
    ]
    if eos_token_ids is None:
        eos_token_ids = [values[key] for key in _END_KEYS if key in values]
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=eos_token_ids,
        special_token_ids=special,
        special_tokens={names[token].decode(errors="replace"): token for token in special},
    )


def _token_bytes(name: bytes, kind: int, byte_level: bool) -> bytes:
    """The bytes of a token that has text; user-defined ones are written as they are."""
    if kind == _USER_DEFINED:
        return name
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise VocabularyError(f"Token {name!r} is not written in UTF-8") from None
    return byte_level_bytes(text) if byte_level else metaspace_bytes(text, kind == _BYTE)
