"""What the decoding loop asks of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

__all__ = ["Backend", "PromptSession", "Session", "SparseSession", "TreeBackend", "TreeSession"]


class Session(Protocol):
    """A batch of texts that grow, and what the model remembers of them."""

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Add tokens to every text.

        Args:
            rows: For each of the B texts, at least one token.

        Returns:
            floating[B, V], the logits of what comes next; the caller may change them.
        """
        ...

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only, in this order."""
        ...


@runtime_checkable
class SparseSession(Protocol):
    """A session, of texts or of a tree, that can leave out logits that do not matter."""

    def allow(self, bitmask: NDArray[np.int32]) -> None:
        """Say which logits of the next pass matter; the others may be anything.

        Args:
            bitmask: int32[n, W], for each of the n rows of logits the tokens that may come.
        """
        ...


@runtime_checkable
class PromptSession(Protocol):
    """A session, of texts or of a tree, whose prompts are no part of the texts."""

    def read(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Read the prompts, before anything else.

        Args:
            prompts: For each text, at least one token.

        Returns:
            What each text begins with, at least one token, which has not been fed.
        """
        ...


class Backend(Protocol):
    """A model.

    Attributes:
        vocabulary_size: V, the number of logits.
        window: How many tokens a text may have, or None.
    """

    vocabulary_size: int
    window: int | None

    def start(self) -> Session:
        """A session whose batch is fixed by its first `forward`."""
        ...


class TreeSession(Protocol):
    """One text that grows, and drafts of how it may go on."""

    def forward_tree(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]
    ) -> torch.Tensor:
        """Add tokens to the text, and look at a tree of drafts after it.

        Args:
            text: At least one token, for good.
            tokens: Those of the tree's n nodes.
            parents: Each node's parent, a node before it; -1 is the end of the text.

        Returns:
            floating[n + 1, V], the logits of what comes after the text, then of what comes after
            each node; the caller may change them.
        """
        ...

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text, and forget its other nodes.

        Args:
            nodes: The path, each node's parent before it; it may be empty.
        """
        ...


@runtime_checkable
class TreeBackend(Protocol):
    """A model that can look at trees.

    Attributes:
        window: How many tokens a text may have, or None.
    """

    window: int | None

    def tree_obstacle(self) -> str | None:
        """Why it cannot, after all; None if it can."""
        ...

    def describe(self) -> str | None:
        """A text that is the same where passes cost the same; None if there is no such text."""
        ...

    def start_tree(self) -> TreeSession:
        """A session of one text, where there is no obstacle."""
        ...
