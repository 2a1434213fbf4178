"""Which texts tokens can spell at all: docs/vocabulary.md, 'Text that no token spells'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["spelled_characters", "unspelled_bytes"]

_TAILS = frozenset(range(0x80, 0xC0))
# First bytes of UTF-8 and the code points that begin with each (RFC 3629 section 4).
_FIRST_BYTES = {
    **{byte: (byte, byte) for byte in range(0x80)},
    **{byte: (byte % 0x20 << 6, (byte % 0x20 << 6) + 0x3F) for byte in range(0xC2, 0xE0)},
    **{byte: (byte % 0x10 << 12, (byte % 0x10 << 12) + 0xFFF) for byte in range(0xE0, 0xF0)},
    **{byte: (byte % 8 << 18, (byte % 8 << 18) + 0x3FFFF) for byte in range(0xF0, 0xF5)},
    0xE0: (0x800, 0xFFF),
    0xF0: (0x10000, 0x3FFFF),
    0xF4: (0x100000, 0x10FFFF),
}


def unspelled_bytes(vocabulary: Vocabulary) -> frozenset[int]:
    """Bytes of UTF-8 that are no token by themselves (see `Vocabulary.unspelled_bytes`)."""
    _, first, count, _ = vocabulary.trie.nodes[0].tolist()
    children = vocabulary.trie.nodes[first : first + count]
    single = children[children[:, 0] >= 0, 3].tolist()
    return frozenset({*_FIRST_BYTES, *_TAILS}.difference(single))


def spelled_characters(vocabulary: Vocabulary) -> tuple[tuple[int, int], ...] | None:
    """What tokens can write character by character (see `Vocabulary.spelled_characters`)."""
    missing = vocabulary.unspelled_bytes
    used = np.bincount(vocabulary.token_blob, minlength=256)
    if missing & _TAILS or any(used[byte] for byte in missing):
        return None
    return tuple(span for byte, span in _FIRST_BYTES.items() if byte not in missing)
