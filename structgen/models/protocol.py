"""What the decoding loop asks of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

__all__ = ["Backend", "Session"]


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
