"""A causal model in two parts, so that what it computes on the way can be used.

Below is the body, whose last hidden states heads and early exits draft from; above it the output
head, of which only the rows that a mask allows need to be multiplied (`models.sparse_head`).

Some models do more to their logits than multiply by the head (scales, caps), so the parts are tried
out before they are used: `inner_obstacle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from structgen.models.sparse_head import allowed_logits
from structgen.models.tree import CausalTreeSession

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

__all__ = [
    "InnerModel",
    "InnerSession",
    "InnerTreeSession",
    "fingerprint",
    "inner_obstacle",
]


class InnerModel:
    """A causal model of transformers, called as it is, which keeps what it computed.

    Args:
        model: A model for which there is no `inner_obstacle`.

    Attributes:
        config: The model's.
        states: floating[B, T, d], what the body computed in the last call for all T tokens that it
            was fed; None before.
        hidden: floating[B, kept, d], the last ones, which the head was given.
        layers: floating[B, T, d] for the embedding and then after each layer, of the last call;
            None unless `keep_layers`.
        keep_layers: Whether to keep them.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.config = model.config
        self.generation_config = model.generation_config
        self.states: torch.Tensor | None = None
        self.hidden: torch.Tensor | None = None
        self.layers: Sequence[torch.Tensor] | None = None
        self.keep_layers = False
        self._allowed: NDArray[np.int32] | None = None

    @property
    def device(self) -> Any:
        """Where the model is."""
        return self.model.device

    @property
    def dtype(self) -> Any:
        """The model's own."""
        return self.model.dtype

    @property
    def head(self) -> Any:
        """The output head, whose weight is floating[V, d]."""
        return self.model.get_output_embeddings()

    @property
    def embedding(self) -> Any:
        """The input embedding, whose weight is floating[at least V, d]."""
        return self.model.get_input_embeddings()

    def allow(self, bitmask: NDArray[np.int32]) -> None:
        """Say which logits of the next call matter; the others are minus infinity.

        Where the weights are not in host memory this changes nothing: there a whole head is as fast
        as telling which rows to read.

        Args:
            bitmask: int32[B * kept, W].
        """
        if self.device.type == "cpu":
            self._allowed = bitmask

    def __call__(self, *, logits_to_keep: int, **inputs: Any) -> Any:
        """As the model's own call, but for logits that do not matter.

        Args:
            logits_to_keep: How many last positions have logits.
            **inputs: As for the body.
        """
        output = self.model.base_model(**inputs, output_hidden_states=self.keep_layers)
        self.layers = output.hidden_states if self.keep_layers else None
        self.states = output.last_hidden_state
        self.hidden = self.states[:, -logits_to_keep:]
        allowed, self._allowed = self._allowed, None
        if allowed is None:
            return SimpleNamespace(logits=self.head(self.hidden))
        flat = self.hidden.reshape(-1, self.hidden.shape[-1])
        logits = allowed_logits(flat, self.head, allowed)
        return SimpleNamespace(logits=logits.view(*self.hidden.shape[:2], -1))


@runtime_checkable
class InnerSession(Protocol):
    """A tree session over an `InnerModel`."""

    inner: InnerModel
    known: int
    last_hidden: torch.Tensor | None

    def text_cache(self, layers: int) -> Any:
        """A cache of the text in the first layers, which may be added to."""
        ...


class InnerTreeSession(CausalTreeSession):
    """A tree session that keeps what the model computed on the way (`InnerSession`).

    Args:
        model: A causal model of transformers without a tree obstacle and an inner one.

    Attributes:
        inner: The model.
        last_hidden: floating[d], what the head was given at the last token of the text that the
            model has seen; None before the first pass.
    """

    def __init__(self, model: Any) -> None:
        self.inner = InnerModel(model)
        super().__init__(self.inner)
        self.last_hidden: torch.Tensor | None = None

    @property
    def known(self) -> int:
        """How many tokens of the text the model has seen."""
        return self._length

    def allow(self, bitmask: NDArray[np.int32]) -> None:
        """Say which logits of the next pass matter; see `SparseSession.allow`."""
        self.inner.allow(bitmask)

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text; see `TreeSession.keep_path`."""
        super().keep_path(nodes)
        assert self.inner.hidden is not None, "nothing has been fed yet"
        self.last_hidden = self.inner.hidden[0, nodes[-1] + 1 if nodes else 0]

    def text_cache(self, layers: int) -> Any:
        """A cache of the text in the first layers; adding to it does not change the session's.

        Args:
            layers: How many.
        """
        from transformers import DynamicCache

        cache = DynamicCache()
        for number, layer in enumerate(self._room.cache.layers[:layers]):
            if layer.is_initialized:
                kept = slice(0, self._length)
                cache.update(layer.keys[:, :, kept], layer.values[:, :, kept], number)
        return cache


def inner_obstacle(model: Any) -> str | None:
    """Why a model cannot be used in two parts; None if it can.

    Args:
        model: A causal model of transformers.
    """
    import torch

    body, head = getattr(model, "base_model", None), model.get_output_embeddings()
    if body is None or body is model:
        return "its body cannot be called without its head"
    if getattr(head, "weight", None) is None or head.weight.ndim != 2:
        return "its output head is not a matrix"
    tokens = torch.arange(min(4, len(head.weight)), device=model.device)[None]
    with torch.inference_mode():
        try:
            hidden = body(input_ids=tokens, use_cache=False).last_hidden_state
            found = torch.nn.functional.linear(hidden, head.weight, getattr(head, "bias", None))
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            return f"its body cannot be called without its head ({error})"
        expected = model(input_ids=tokens, use_cache=False).logits
    if found.shape != expected.shape or not torch.equal(found, expected):
        return "its logits are not its last hidden states times its head"
    return None


def fingerprint(model: Any) -> str:
    """What tells a model from others: its configuration and some of its weights.

    Args:
        model: A model of transformers.
    """
    digest = sha256(model.config.to_json_string(use_diff=False).encode())
    for _, weight in sorted(model.named_parameters()):
        digest.update(weight.detach().flatten()[:16].double().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
