"""The token trie as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structgen.vocabulary import kernels

__all__ = ["TokenTrie"]


@dataclass(frozen=True, eq=False)
class TokenTrie:
    """All tokens that have bytes, by prefix.

    Attributes:
        nodes: int32[N, 4] in breadth-first order, the root first. Columns: the lowest id with
            exactly these bytes or -1, first child, child count, byte. The children of a node are
            contiguous and sorted by byte.
        chain: int32[V], the next id with the same bytes, or -1.
    """

    nodes: NDArray[np.int32]
    chain: NDArray[np.int32]

    @classmethod
    def from_tokens(cls, tokens: Sequence[bytes]) -> TokenTrie:
        """Build the trie; empty tokens are left out.

        Example:
            >>> trie = TokenTrie.from_tokens([b"a", b"ab", b"", b"a"])
            >>> trie.nodes.tolist()
            [[-1, 1, 1, 0], [0, 2, 1, 97], [1, 3, 0, 98]]
            >>> trie.chain.tolist()
            [3, -1, -1, -1]
        """
        chain = np.full(len(tokens), -1, np.int32)
        lowest: dict[bytes, int] = {}
        latest: dict[bytes, int] = {}
        for token_id, token in enumerate(tokens):
            if token:
                if token in latest:
                    chain[latest[token]] = token_id
                else:
                    lowest[token] = token_id
                latest[token] = token_id
        ordered = sorted(lowest)
        blob = np.frombuffer(b"".join(ordered), np.uint8)
        lengths = np.fromiter(map(len, ordered), np.int64, len(ordered))
        ends = np.cumsum(lengths)
        ids = np.fromiter((lowest[token] for token in ordered), np.int32, len(ordered))
        nodes = kernels.build_trie(blob, ends - lengths, ends, ids)
        return cls(nodes, chain)
