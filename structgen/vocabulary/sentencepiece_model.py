"""SentencePiece models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import metaspace_bytes, pad_tokens
from structgen.vocabulary.prepared import prepared
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_sentencepiece"]

# Field numbers of the model file.
_NORMALIZER, _DENORMALIZER = 3, 5  # in the model
_RULES, _COLLAPSE_SPACES = 2, 4  # in either of them
# Two spaces, and characters that compatibility normalisation rewrites.
_PROBE = "ﬁ Ⅷ ｆ  x"


def read_sentencepiece(
    source: Any, *, size: int | None, eos_token_ids: Sequence[int] | None
) -> Vocabulary:
    """Read a SentencePiece model (see `Vocabulary.from_sentencepiece`)."""
    processor = source
    if isinstance(source, str | Path):
        try:
            import sentencepiece
        except ImportError:
            raise VocabularyError(
                "Reading a SentencePiece file needs the package sentencepiece"
            ) from None
        processor = sentencepiece.SentencePieceProcessor()
        try:
            processor.load(str(source))
        except (OSError, RuntimeError) as error:
            raise VocabularyError(f"Cannot read {source}: {error}") from None
    if not hasattr(processor, "serialized_model_proto"):
        raise VocabularyError(
            "A SentencePiece vocabulary is a SentencePieceProcessor or a path, not "
            f"{type(source).__name__}"
        )
    if eos_token_ids is None:
        eos_token_ids = (processor.eos_id(),) if processor.eos_id() >= 0 else ()
    # A processor may be restricted to some of the model's pieces.
    unused = [token for token in range(processor.vocab_size()) if processor.is_unused(token)]
    return prepared(
        "sentencepiece",
        [processor.serialized_model_proto()],
        (unused, size, eos_token_ids),
        lambda: _read(processor, size, eos_token_ids),
    )


def _read(processor: Any, size: int | None, eos_token_ids: Sequence[int]) -> Vocabulary:
    _check_normalizers(processor.serialized_model_proto())
    if processor.decode(processor.encode(_PROBE)) != _PROBE:
        raise VocabularyError(
            "The SentencePiece model does not give a text back as it was: it normalises it or has "
            "no bytes for unknown characters, so its tokens have no exact bytes"
        )
    count = processor.vocab_size()
    special = [
        token
        for token in range(count)
        if processor.is_control(token) or processor.is_unknown(token) or processor.is_unused(token)
    ]
    tokens = [
        metaspace_bytes(processor.id_to_piece(token), processor.is_byte(token))
        for token in range(count)
    ]
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=eos_token_ids,
        special_tokens={processor.id_to_piece(token): token for token in special},
    )


def _check_normalizers(model: bytes) -> None:
    """Refuse a model with rules that rewrite text before or after.

    Raises:
        VocabularyError: It has such rules, or is no model.

    Source:
        sentencepiece_model.proto, `NormalizerSpec`: `precompiled_charsmap`,
        `remove_extra_whitespaces` (true where it is not given).
    """
    for number, value in _fields(model):
        if number in (_NORMALIZER, _DENORMALIZER) and isinstance(value, bytes):
            inner = dict(_fields(value))
            if inner.get(_RULES):
                raise VocabularyError(
                    "The SentencePiece model normalises text, so its tokens have no exact bytes"
                )
            if number == _NORMALIZER and inner.get(_COLLAPSE_SPACES, 1):
                raise VocabularyError(
                    "The SentencePiece model drops repeated spaces, so its tokens have no exact "
                    "bytes"
                )


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message: number, and integer or bytes.

    Raises:
        VocabularyError: It is no such message.

    Source:
        Protocol Buffers documentation, 'Encoding'.
    """
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    try:
        while position < len(message):
            tag = varint()
            kind = tag & 7
            if kind == 0:
                yield tag >> 3, varint()
                continue
            if kind not in (1, 2, 5):
                raise IndexError(kind)
            length = varint() if kind == 2 else {1: 8, 5: 4}[kind]
            yield tag >> 3, message[position : position + length]
            position += length
    except IndexError:
        raise VocabularyError("The SentencePiece model is damaged") from None
