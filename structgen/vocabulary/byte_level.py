"""The two ways in which tokenizers write bytes as text."""

from __future__ import annotations

import re
from functools import lru_cache

from structgen.errors import VocabularyError

__all__ = ["byte_level_bytes", "metaspace_bytes", "pad_tokens"]

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@lru_cache(maxsize=1)
def _byte_of_letter() -> dict[str, int]:
    """The alphabet of byte-level BPE: one printable character for each byte.

    Printable Latin-1 characters stand for themselves; the other bytes, in order, are U+0100 up.

    Source:
        Radford et al., 'Language Models are Unsupervised Multitask Learners' (2019), the
        byte-level BPE of GPT-2.
    """
    itself = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {chr(byte): byte for byte in itself}
    others = [byte for byte in range(256) if byte not in set(itself)]
    letters.update({chr(0x100 + index): byte for index, byte in enumerate(others)})
    return letters


def byte_level_bytes(token: str) -> bytes:
    """The bytes of a byte-level BPE token.

    Raises:
        VocabularyError: A character is not in the byte alphabet.

    Example:
        >>> byte_level_bytes("Ġhi")
        b' hi'
    """
    letters = _byte_of_letter()
    try:
        return bytes([letters[letter] for letter in token])
    except KeyError as error:
        raise VocabularyError(
            f"Token {token!r} is not written in the byte-level alphabet ({error.args[0]!r})"
        ) from None


def metaspace_bytes(token: str) -> bytes:
    """The bytes of a SentencePiece-like token: `▁` is a space, `<0xNN>` one byte.

    Example:
        >>> metaspace_bytes("▁hi"), metaspace_bytes("<0x0A>")
        (b' hi', b'\\n')
    """
    byte = _BYTE_TOKEN.fullmatch(token)
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
