"""The token trie as flat arrays, built level by level from sorted tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        ids = np.fromiter((lowest[token] for token in ordered), np.int32, len(ordered))
        return cls(_nodes(ordered, ids), chain)

    def longest_tokens(self, text: bytes) -> list[int]:
        """Cut text into longest tokens, up to the first that reaches the end and could go on there.

        Example:
            >>> TokenTrie.from_tokens([b"a", b"b", b"ab", b"bc"]).longest_tokens(b"aabb")
            [0, 2]
        """
        nodes = self.nodes
        tokens: list[int] = []
        start = 0
        while start < len(text):
            node, token, length = 0, -1, 0
            for position in range(start, len(text)):
                _, first, count, _ = nodes[node]
                children = nodes[first : first + count, 3]
                index = int(np.searchsorted(children, text[position]))
                if index == count or children[index] != text[position]:
                    break
                node = first + index
                if nodes[node, 0] >= 0:
                    token, length = int(nodes[node, 0]), position + 1 - start
            else:
                if nodes[node, 2] > 0 or length < len(text) - start:
                    return tokens  # a longer token may replace it
            if token < 0:
                return tokens
            tokens.append(token)
            start += length
        return tokens


def _nodes(tokens: list[bytes], ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """The nodes over K sorted distinct non-empty tokens.

    Neighbours in sorted order share a node as long as they share all bytes so far, so a level's
    nodes begin where a token's parent or byte differs from its neighbour's.

    Args:
        tokens: The tokens.
        ids: int32[K], their ids.

    Returns:
        int32[N, 4] (see `TokenTrie`).
    """
    blob = np.frombuffer(b"".join(tokens), np.uint8)
    left = np.fromiter(map(len, tokens), np.int64, len(tokens))  # bytes below the level
    place = np.cumsum(left) - left
    parent = np.zeros(len(tokens), np.int64)
    levels = [np.array([[-1, 0, 0, 0]], np.int32)]
    count = 1
    while len(ids):
        byte = blob[place]
        begins = np.ones(len(ids), np.bool_)
        begins[1:] = (parent[1:] != parent[:-1]) | (byte[1:] != byte[:-1])
        node = np.cumsum(begins) - 1
        level = np.full((int(node[-1]) + 1, 4), (-1, 0, 0, 0), np.int32)
        level[:, 3] = byte[begins]
        ends = left == 1
        level[node[ends], 0] = ids[ends]
        levels[-1][:, 2] = np.bincount(parent[begins], minlength=count)
        levels.append(level)
        count = len(level)
        ids, left, place, parent = (array[~ends] for array in (ids, left - 1, place + 1, node))
    nodes = np.concatenate(levels)
    nodes[:, 1] = 1 + np.cumsum(nodes[:, 2]) - nodes[:, 2]
    return nodes
