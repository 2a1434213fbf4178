"""Causal models of transformers, with a key-value cache.

Texts of a batch grow by different numbers of tokens: each block of new tokens is padded on the left
and the padding is masked for good, so the cache has holes; positions count real tokens only. Layers
that look back over a window of the cache, or keep a state, cannot have holes (`models.separate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structgen.models.described import describe
from structgen.models.inner import InnerModel, InnerTreeSession, inner_obstacle
from structgen.models.separate import SeparateSessions
from structgen.models.tree import CausalTreeSession, tree_obstacle

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

__all__ = ["CausalBackend", "CausalSession", "SparseCausalSession"]

_UNKNOWN = "not tried yet"


class CausalBackend:
    """A transformers causal language model (`Backend`, `TreeBackend`).

    Args:
        model: The model, on any device; it is used as it is and put into evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        self.model = model.eval()
        config = model.config.get_text_config()
        head = model.get_output_embeddings()
        self.vocabulary_size = int(config.vocab_size if head is None else head.weight.shape[0])
        window = getattr(config, "max_position_embeddings", None)
        self.window = None if window is None else int(window)
        self._obstacle: str | None = _UNKNOWN
        self._inner_obstacle: str | None = _UNKNOWN

    def start(self) -> CausalSession | SeparateSessions:
        """A session whose batch is fixed by its first `forward`."""
        if not _may_have_holes(self.model):
            return SeparateSessions(lambda: CausalSession(self.model))
        if self.model.device.type == "cpu" and self.inner_obstacle() is None:
            return SparseCausalSession(self.model)
        return CausalSession(self.model)

    def tree_obstacle(self) -> str | None:
        """Why trees of drafts cannot be looked at in one forward pass; None if they can."""
        if self._obstacle is _UNKNOWN:
            self._obstacle = tree_obstacle(self.model)
        return self._obstacle

    def inner_obstacle(self) -> str | None:
        """Why the model cannot be used in two parts (`models.inner`); None if it can."""
        if self._inner_obstacle is _UNKNOWN:
            self._inner_obstacle = inner_obstacle(self.model)
        return self._inner_obstacle

    def describe(self) -> str:
        """The model's shape and where it runs: passes cost the same where these are the same."""
        return describe(self.model)

    def start_tree(self) -> CausalTreeSession:
        """A session of one text that looks at trees.

        Raises:
            ValueError: There is an obstacle.
        """
        obstacle = self.tree_obstacle()
        if obstacle is not None:
            raise ValueError(f"The model cannot look at trees: {obstacle}")
        if self.inner_obstacle() is None:
            return InnerTreeSession(self.model)
        return CausalTreeSession(self.model)


def _may_have_holes(model: Any) -> bool:
    """Whether all layers remember keys and values of all tokens: others count holes as tokens."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)


class CausalSession:
    """A batch of texts and their key-value cache (`Session`)."""

    def __init__(self, model: Any) -> None:
        from transformers import DynamicCache

        self._model = model
        self._cache = DynamicCache(config=model.config)
        self._mask: torch.Tensor | None = None  # int64[B, cached], 0 at holes
        self._lengths: torch.Tensor | None = None  # int64[B], real tokens

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Add tokens to every text; see `Session.forward`.

        Raises:
            ValueError: A row has no token, or the number of rows has changed.
        """
        import torch

        if not rows or not all(rows):
            raise ValueError("Every text needs at least one new token")
        if self._mask is None or self._lengths is None:
            self._mask = torch.zeros(len(rows), 0, dtype=torch.int64)
            self._lengths = torch.zeros(len(rows), dtype=torch.int64)
        if len(rows) != len(self._lengths):
            raise ValueError(f"The session has {len(self._lengths)} texts, not {len(rows)}")
        width = max(map(len, rows))
        counts = torch.tensor([len(row) for row in rows])
        tokens = torch.tensor([[row[0]] * (width - len(row)) + list(row) for row in rows])
        offsets = torch.arange(width) - (width - counts[:, None])  # int64[B, width], < 0: padding
        positions = (self._lengths[:, None] + offsets).clamp(min=0)
        self._mask = torch.cat([self._mask, (offsets >= 0).long()], dim=1)
        self._lengths = self._lengths + counts
        device = self._model.device
        with torch.inference_mode():
            output = self._model(
                input_ids=tokens.to(device),
                attention_mask=None if bool(self._mask.all()) else self._mask.to(device),
                position_ids=positions.to(device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return output.logits[:, -1].clone()  # a tensor of inference mode cannot be masked in place

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only, in this order."""
        import torch

        assert self._mask is not None and self._lengths is not None, "nothing has been fed yet"
        index = torch.tensor(list(rows))
        self._mask, self._lengths = self._mask[index], self._lengths[index]
        self._cache.batch_select_indices(index.to(self._model.device))


class SparseCausalSession(CausalSession):
    """The same, with logits for allowed tokens only where those are few (`SparseSession`).

    Args:
        model: A causal model of transformers without an inner obstacle, in host memory.
    """

    def __init__(self, model: Any) -> None:
        self._inner = InnerModel(model)
        super().__init__(self._inner)

    def allow(self, bitmask: NDArray[np.int32]) -> None:
        """Say which logits of the next pass matter; see `SparseSession.allow`."""
        self._inner.allow(bitmask)
