"""A grammar over a tree: which nodes are legal, and what may come after each.

This is the one place that decides what a draft may be. Nothing that a drafter knows or says about
the grammar is relied on.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structgen.decoding.speculation.tree import DraftTree
from structgen.matcher import Matcher

__all__ = ["TreeMasks", "tree_masks"]

ILLEGAL = -1  # `Matcher.fill_tree` says


@dataclass(frozen=True)
class TreeMasks:
    """The legal part of a tree.

    Attributes:
        nodes: The numbers of the m legal nodes, ascending.
        bitmask: int32[m + 1, W], what may come after the text, then after each legal node.
        places: For the end of the text and each legal node, where in the grammar it is: equal
            places go on in the same ways.
    """

    nodes: list[int]
    bitmask: NDArray[np.int32]
    places: list[Hashable]


def tree_masks(matcher: Matcher, tree: DraftTree, out: NDArray[np.int32]) -> TreeMasks:
    """The legal nodes of a tree and their masks. Does not change the matcher.

    A node is legal if its parent is and its token may come there; what is below an illegal node is
    never looked at.

    Args:
        matcher: The request, at the end of its text.
        tree: n nodes.
        out: int32[n + 1, W], where the masks are written.

    Raises:
        VocabularyError: A token is not in the vocabulary; or the text cannot go on
            (`Matcher.fill_bitmask`).
        ValueError: `out` has too few rows, or its rows do not fit the vocabulary.
        LimitExceededError: The engine's tables are too small.
    """
    reached = matcher.fill_tree(tree.tokens, tree.parents, out)
    nodes = np.flatnonzero(reached != ILLEGAL).tolist()
    root = matcher.place
    places: list[Hashable] = [root, *((root[0], place, False) for place in reached[nodes].tolist())]
    return TreeMasks(nodes, out[: len(nodes) + 1], places)
