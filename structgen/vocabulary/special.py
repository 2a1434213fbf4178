"""How special tokens are spelled among bytes of text.

A special token is no text, but what reads and writes bytes must be able to say it. No UTF-8 text
has the byte 0xFF, so that byte and four more that hold the id stand for it. Tokens of text that
have that byte themselves (a byte fallback, say) can never be read, and no trie has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = [
    "MARK",
    "SPELLING_BYTES",
    "id_of_spelling",
    "replace_special_tokens",
    "special_spelling",
    "without_special_tokens",
]

MARK = 0xFF
SPELLING_BYTES = 5
_SPELLING = re.compile(rb"\xff[\x80-\xbf]{4}")


def special_spelling(token_id: int) -> bytes:
    """The bytes that stand for a special token.

    Example:
        >>> special_spelling(128_007)
        b'\\xff\\x80\\x9f\\x90\\x87'
    """
    return bytes((MARK, *(0x80 | token_id >> shift & 0x3F for shift in (18, 12, 6, 0))))


def id_of_spelling(spelling: bytes) -> int:
    """The id of the special token that `spelling` begins with."""
    token_id = 0
    for byte in spelling[1:SPELLING_BYTES]:
        token_id = token_id << 6 | byte & 0x3F
    return token_id


def without_special_tokens(data: bytes) -> bytes:
    """The text of bytes in which special tokens may be spelled.

    Example:
        >>> without_special_tokens(b"a" + special_spelling(7) + b"b")
        b'ab'
    """
    return replace_special_tokens(data, lambda _: b"")


def replace_special_tokens(data: bytes, by: Callable[[int], bytes]) -> bytes:
    """The bytes with each special token replaced by what its id is mapped to."""
    return _SPELLING.sub(lambda found: by(id_of_spelling(found[0])), data)
