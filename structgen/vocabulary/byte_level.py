"""The two ways in which tokenizers write bytes as text."""

from __future__ import annotations

import re
from functools import lru_cache

from structgen.errors import VocabularyError

__all__ = ["byte_level_bytes", "metaspace_bytes", "pad_tokens"]

_NO_LETTER = 0xFFFF  # not in Latin-1, so encoding it fails
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@lru_cache(maxsize=1)
def _byte_of_letter() -> dict[int, int]:
    """The alphabet of byte-level BPE: code point to byte, for `str.translate`.

    Printable Latin-1 characters stand for themselves; the other bytes, in order, are U+0100 up.

    Source:
        Radford et al., 'Language Models are Unsupervised Multitask Learners' (2019), the
        byte-level BPE of GPT-2.
    """
    itself = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in itself]
    letters = dict.fromkeys(others, _NO_LETTER)
    letters.update({0x100 + index: byte for index, byte in enumerate(others)})
    return letters


def byte_level_bytes(token: str) -> bytes:
    """The bytes of a byte-level BPE token.

    Raises:
        VocabularyError: A character is not in the byte alphabet.

    Example:
        >>> byte_level_bytes("Ġhi")
        b' hi'
    """
    try:
        return token.translate(_byte_of_letter()).encode("latin-1")
    except UnicodeEncodeError as error:
        raise VocabularyError(
            f"Token {token!r} is not written in the byte-level alphabet ({token[error.start]!r})"
        ) from None


def metaspace_bytes(token: str, byte_fallback: bool = True) -> bytes:
    """The bytes of a SentencePiece-like token: `▁` is a space.

    Args:
        token: The token.
        byte_fallback: Whether `<0xNN>` is one byte.

    Example:
        >>> metaspace_bytes("▁hi"), metaspace_bytes("<0x0A>"), metaspace_bytes("<0x0A>", False)
        (b' hi', b'\\n', b'<0x0A>')
    """
    byte = _BYTE_TOKEN.fullmatch(token) if byte_fallback else None
    if byte:
        return bytes([int(byte[1], 16)])
    return token.replace("▁", " ").encode()


def pad_tokens(tokens: list[bytes], size: int | None) -> list[bytes]:
    """Widen to `size` ids that have no text.

    Raises:
        VocabularyError: The tokenizer has more ids than the model has logits.
    """
    if size is None:
        return tokens
    if size < len(tokens):
        raise VocabularyError(f"The tokenizer has {len(tokens)} ids, the model only {size} logits")
    return tokens + [b""] * (size - len(tokens))
