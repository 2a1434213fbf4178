"""A batch whose texts share no forward pass.

Texts of a batch grow by different numbers of tokens. A key-value cache of full attention can have
holes; what other layers remember cannot, so there each text has a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

__all__ = ["OneText", "SeparateSessions"]


class OneText(Protocol):
    """A session of one text."""

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """As `Session.forward`, of one row."""
        ...


class SeparateSessions:
    """A batch of texts (`Session`).

    Args:
        start: Starts a session of one text.
    """

    def __init__(self, start: Callable[[], OneText]) -> None:
        self._start = start
        self._sessions: list[OneText] = []

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Add tokens to every text; see `Session.forward`.

        Raises:
            ValueError: A row has no token, or the number of rows has changed.
        """
        import torch

        if not rows or not all(rows):
            raise ValueError("Every text needs at least one new token")
        self._sessions = self._sessions or [self._start() for _ in rows]
        if len(rows) != len(self._sessions):
            raise ValueError(f"The session has {len(self._sessions)} texts, not {len(rows)}")
        return torch.cat(
            [session.forward([row]) for session, row in zip(self._sessions, rows, strict=True)]
        )

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only, in this order."""
        self._sessions = [self._sessions[row] for row in rows]
