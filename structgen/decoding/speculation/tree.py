"""Trees of drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = ["DraftTree"]


@dataclass(frozen=True)
class DraftTree:
    """Ways in which a text may go on.

    Args:
        tokens: Those of the n nodes.
        parents: Each node's parent, a node before it; -1 is the end of the text.

    Raises:
        ValueError: The two differ in length, a parent is not before its node (so there are no
            cycles either), a token is negative, or a node has two children of the same token.

    Example:
        >>> tree = DraftTree([5, 6, 7], [-1, -1, 1])
        >>> tree.children[1 + 1], tree.depths
        ({7: 2}, (1, 1, 2))
    """

    tokens: Sequence[int]
    parents: Sequence[int]

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.parents):
            raise ValueError(
                f"A draft tree has a parent for each token, not {len(self.parents)} for "
                f"{len(self.tokens)}"
            )
        for node, (token, parent) in enumerate(zip(self.tokens, self.parents, strict=True)):
            if not -1 <= parent < node:
                raise ValueError(
                    f"Node {node} of a draft tree has parent {parent}: parents come before their "
                    "nodes, and -1 is the end of the text"
                )
            if token < 0:
                raise ValueError(f"Node {node} of a draft tree has token {token}")
        if len(set(zip(self.parents, self.tokens, strict=True))) < len(self.tokens):
            raise ValueError("Two nodes of a draft tree have the same parent and the same token")

    def __len__(self) -> int:
        """n, the number of nodes."""
        return len(self.tokens)

    @cached_property
    def children(self) -> list[dict[int, int]]:
        """For the end of the text and then for each node: its children by token, in their order."""
        found: list[dict[int, int]] = [{} for _ in range(len(self) + 1)]
        for node, (token, parent) in enumerate(zip(self.tokens, self.parents, strict=True)):
            found[parent + 1][token] = node
        return found

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """For each node, how many tokens after the end of the text it ends."""
        depths: list[int] = []
        for parent in self.parents:
            depths.append(1 if parent < 0 else depths[parent] + 1)
        return tuple(depths)

    def kept(self, nodes: Sequence[int]) -> DraftTree:
        """The tree of these nodes alone.

        Args:
            nodes: Ascending; each node's parent is among them.

        Raises:
            KeyError: A parent is not among them.
        """
        number = {-1: -1} | {node: i for i, node in enumerate(nodes)}
        return DraftTree(
            [self.tokens[node] for node in nodes],
            [number[self.parents[node]] for node in nodes],
        )
