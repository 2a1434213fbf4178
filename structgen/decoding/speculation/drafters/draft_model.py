"""A smaller model that writes the draft, with most of its output head left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from structgen.decoding.speculation.drafters.branches import Branches, state_at
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.decoding.speculation.drafters.trimmed import TrimmedHead
from structgen.errors import GenerationError
from structgen.models.inner import inner_obstacle
from structgen.models.tree import sliding_window, tree_obstacle

__all__ = ["DraftModel"]


class DraftModel:
    """Drafts by any causal model over the same tokens.

    Args:
        model: A causal model of transformers whose tokens are the target's.
        tokens: Those that it can draft where many are legal, the frequent ones.

    Raises:
        GenerationError: The model cannot look at trees, or not be used in two parts.

    Source:
        Leviathan et al., 'Fast Inference from Transformers via Speculative Decoding', ICML 2023;
        Goel et al., 'VocabTrim', 2025, for the head.
    """

    name = "draft"
    costly = True

    def __init__(self, model: Any, tokens: Sequence[int]) -> None:
        model.eval()
        obstacle = tree_obstacle(model) or inner_obstacle(model)
        if obstacle is None and sliding_window(model)[0] is not None:
            obstacle = "its layers look back over a window only"
        if obstacle is not None:
            raise GenerationError(f"The model cannot draft: {obstacle}")
        head = model.get_output_embeddings()
        self._model = model
        self._output = TrimmedHead(head.weight.detach(), tokens, getattr(head, "bias", None))
        self._window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._branches: Branches | None = None
        self._unread: list[int] = []

    def begin(self, prompt: Sequence[int]) -> None:
        """Another text."""
        from transformers import DynamicCache

        self._branches = Branches(
            self._model.base_model, DynamicCache(config=self._model.config), 0
        )
        self._unread = list(prompt)

    def propose(self, point: Point) -> Guess:
        """What the model would write."""
        branches = self._branches
        if branches is None or point.mask is None or self._is_full(branches, point):
            return ()
        state = state_at(branches, point, self.name, self._unread)
        self._unread = []
        if state is None:  # of several texts in turn, another one's tokens were read
            return ()
        return self._output.guess(state, point.mask)

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Read on next time."""
        self._unread.extend(added)

    def _is_full(self, branches: Branches, point: Point) -> bool:
        """Whether the model's window may not hold the text and one more draft."""
        if self._window is None:
            return False
        return branches.length + len(self._unread) + point.depth >= int(self._window)
