"""A small model that reads a text and then a tree of drafts after it, one token at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structgen.decoding.speculation.drafters.protocol import Point

if TYPE_CHECKING:
    import torch

__all__ = ["Branches", "state_at"]


class Branches:
    """What a body has read: a text, then drafts that each attend to their ancestors alone.

    Args:
        body: That of a causal model of transformers (its `base_model`).
        cache: What it has read before.
        length: How many tokens those are.
    """

    def __init__(self, body: Any, cache: Any, length: int) -> None:
        self._body = body
        self._cache = cache
        self._length = length  # of the text
        self._parents: list[int] = []  # of the drafts

    @property
    def length(self) -> int:
        """How many tokens the text has."""
        return self._length

    def read(self, tokens: Sequence[int]) -> torch.Tensor:
        """Add tokens to the text; drafts are forgotten.

        Args:
            tokens: At least one.

        Returns:
            floating[d], the state that chooses what comes after them.
        """
        import torch

        self.forget()
        start = self._length
        self._length += len(tokens)
        positions = torch.arange(start, self._length)
        return self._forward(tokens, positions, None)

    def draft(self, token: int, parent: int) -> tuple[int, torch.Tensor]:
        """Add a draft.

        Args:
            token: Its token.
            parent: The number of the draft before it, or -1 for the end of the text.

        Returns:
            Its number, and floating[d], the state that chooses what comes after it.
        """
        import torch

        number = len(self._parents)
        self._parents.append(parent)
        seen = torch.zeros(self._length + number + 1, dtype=torch.bool)
        seen[: self._length] = True
        node, depth = number, -1
        while node >= 0:
            seen[self._length + node] = True
            node, depth = self._parents[node], depth + 1
        position = torch.tensor([self._length + depth])
        return number, self._forward([token], position, seen)

    def forget(self) -> None:
        """Forget the drafts."""
        if self._parents:
            self._cache.crop(-len(self._parents))
            self._parents = []

    def _forward(
        self, tokens: Sequence[int], positions: torch.Tensor, seen: torch.Tensor | None
    ) -> torch.Tensor:
        import torch

        body = self._body
        mask = None
        if seen is not None:
            mask = torch.zeros(seen.shape, dtype=body.dtype)
            mask.masked_fill_(~seen, torch.finfo(body.dtype).min)
            mask = mask[None, None, None].to(body.device)
        with torch.inference_mode():
            output = body(
                input_ids=torch.tensor([list(tokens)], device=body.device),
                attention_mask=mask,
                position_ids=positions[None].to(body.device),
                past_key_values=self._cache,
                use_cache=True,
            )
        state: torch.Tensor = output.last_hidden_state[0, -1]
        return state


def state_at(
    branches: Branches, point: Point, name: str, unread: Sequence[int]
) -> torch.Tensor | None:
    """The state that chooses what comes at a point; what was not read before it is read first.

    A drafter is not asked at every point, since what is certain needs no other guess.

    Args:
        branches: What was read so far.
        point: The point.
        name: Of the notes at points that were read.
        unread: The end of the text, which was not read; used where no point was.

    Returns:
        floating[d]; None if there would be nothing to read at the end of the text.
    """
    after: list[Point] = []
    while name not in point.notes and point.parent is not None:
        after.append(point)
        point = point.parent
    if name not in point.notes:
        if not unread:
            return None
        point.notes[name] = -1, branches.read(unread)
    number, state = point.notes[name]
    for point in reversed(after):
        number, state = point.notes[name] = branches.draft(point.context[-1], number)
    found: torch.Tensor = state
    return found
