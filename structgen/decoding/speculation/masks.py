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


@dataclass(frozen=True)
class TreeMasks:
    """The legal part of a tree.

    Attributes:
        tree: The m legal nodes, in their order.
        nodes: Their numbers in the tree that was given.
        bitmask: int32[m + 1, W], what may come after the text, then after each legal node.
        places: For the end of the text and each legal node, where in the grammar it is: equal
            places go on in the same ways.
    """

    tree: DraftTree
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
        VocabularyError: A token below a legal node is not in the vocabulary.
        ValueError: `out` has too few rows, or its rows do not fit the vocabulary.
        LimitExceededError: The engine's tables are too small.
    """
    if len(out) <= len(tree):
        raise ValueError(f"The masks of {len(tree)} nodes need {len(tree) + 1} rows")
    matcher.fill_bitmask(out[0])
    matchers: dict[int, Matcher] = {-1: matcher}
    nodes: list[int] = []
    for node, (token, parent) in enumerate(zip(tree.tokens, tree.parents, strict=True)):
        if parent not in matchers:
            continue
        after = matchers[parent].fork()
        if after.accept_token(token):
            matchers[node] = after
            nodes.append(node)
            after.fill_bitmask(out[len(nodes)])
    legal = tree if len(nodes) == len(tree) else tree.kept(nodes)
    places = [matchers[node].place for node in (-1, *nodes)]
    return TreeMasks(legal, nodes, out[: len(nodes) + 1], places)
