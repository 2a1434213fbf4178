"""Which tokens see which, where a text is followed by a tree of drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["TreeView", "additive", "ancestors", "tree_view"]


@dataclass(frozen=True)
class TreeView:
    """What is fed in a pass: tokens of the text, then a tree of drafts.

    Attributes:
        positions: int64[n], of the tokens that are fed, in the text that each would be part of.
        seen: int64[c + n], of all tokens, those that the cache holds first.
        allowed: bool[n, c + n], which tokens each token sees.
    """

    positions: torch.Tensor
    seen: torch.Tensor
    allowed: torch.Tensor

    def within(self, window: int) -> torch.Tensor:
        """bool[n, c + n], `allowed` for a layer that looks back over this many tokens only.

        Args:
            window: With the token itself.
        """
        return self.allowed & (self.positions[:, None] - self.seen[None] < window)


def tree_view(cached: int, text: int, parents: Sequence[int]) -> TreeView:
    """The view of some tokens of the text and a tree after them.

    Args:
        cached: Tokens of the text that were fed before.
        text: Those that are fed now.
        parents: Each node's parent, a node before it; -1 is the end of the text.

    Example:
        >>> view = tree_view(1, 1, [-1, -1, 0])
        >>> view.positions.tolist()
        [1, 2, 2, 3]
        >>> view.allowed[-1].tolist()
        [True, True, True, False, True]
        >>> view.within(2)[-1].tolist()
        [False, False, True, False, True]
    """
    import torch

    start = cached + text
    total = text + len(parents)
    seen = torch.arange(cached + total)
    allowed = torch.ones(total, cached + total, dtype=torch.bool).tril(cached)
    if parents:
        above, depths = ancestors(parents)
        seen[start:] = start + torch.tensor(depths)
        allowed[text:, start:] = above
    return TreeView(seen[cached:], seen, allowed)


def additive(allowed: torch.Tensor, dtype: Any, width: int) -> torch.Tensor:
    """floating[1, 1, n, width], to be added to scores of attention: 0 where allowed.

    Args:
        allowed: bool[n, m].
        dtype: Of the scores.
        width: At least m; what is beyond is not allowed.
    """
    import torch

    mask = torch.full((len(allowed), width), torch.finfo(dtype).min, dtype=dtype)
    mask[:, : allowed.shape[1]].masked_fill_(allowed, 0.0)
    return mask[None, None]


def ancestors(parents: Sequence[int]) -> tuple[torch.Tensor, list[int]]:
    """bool[n, n], whether node j is node i or above it; and each node's depth, from 0.

    Args:
        parents: Each node's parent, a node before it; negative for none.
    """
    import torch

    above = torch.eye(len(parents), dtype=torch.bool)
    depths: list[int] = []
    for node, parent in enumerate(parents):
        depths.append(0 if parent < 0 else depths[parent] + 1)
        if parent >= 0:
            above[node] |= above[parent]
    return above, depths
