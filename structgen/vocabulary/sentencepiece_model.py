"""SentencePiece models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import metaspace_bytes, pad_tokens
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_sentencepiece"]


def read_sentencepiece(source: Any, *, size: int | None) -> Vocabulary:
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
    count = processor.vocab_size()
    special = [
        token
        for token in range(count)
        if processor.is_control(token) or processor.is_unknown(token) or processor.is_unused(token)
    ]
    tokens = [metaspace_bytes(processor.id_to_piece(token)) for token in range(count)]
    probe = "ﬁ Ⅷ ｆ  x"  # compatibility characters and two spaces, which normalisation rewrites
    if processor.decode(processor.encode(probe)) != probe:
        raise VocabularyError(
            "The SentencePiece model normalises text, so its tokens have no exact bytes"
        )
    eos = processor.eos_id()
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=[eos] if eos >= 0 else [],
        special_token_ids=special,
    )
