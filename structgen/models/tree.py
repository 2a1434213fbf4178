"""Trees of drafts in one forward pass of a transformers causal model.

A tree's nodes attend to the whole text, to their ancestors and to themselves, by a mask with four
dimensions; their positions count from the end of the text by depth, and layers with a sliding
window look back by those positions. Afterwards the accepted path is moved to its place in the
key-value cache, and the rest of the tree is cut off.

This is right only where attention is all that a layer remembers and positions come from
`position_ids`, so it is tried out before it is used: `tree_obstacle`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from structgen.models.room import room_for
from structgen.models.tree_mask import TreeView, additive, tree_view

if TYPE_CHECKING:
    import torch

    from structgen.models.protocol import TreeSession

__all__ = [
    "ATTENTION",
    "CausalTreeSession",
    "sliding_window",
    "tree_equals_paths",
    "tree_obstacle",
]

ATTENTION = ("eager", "sdpa")  # implementations that take a mask with four dimensions
_TOLERANCE = {"float64": 1e-6, "float32": 1e-3, "float16": 0.05, "bfloat16": 0.2}
_KINDS = ("full_attention", "sliding_attention")


class CausalTreeSession:
    """One text and its key-value cache (`TreeSession`).

    Args:
        model: A causal model of transformers for which there is no `tree_obstacle`.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._room = room_for(model)
        self._window, self._mixed = sliding_window(model)
        self._length = 0  # tokens of the text that are in the cache
        self._drafted = 0  # nodes that are in the cache after them

    def forward_tree(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]
    ) -> torch.Tensor:
        """Add tokens to the text and look at a tree after it; see `TreeSession.forward_tree`.

        Raises:
            ValueError: No token is added, or the last tree's path has not been kept.
        """
        import torch

        if not text:
            raise ValueError("The text needs at least one new token")
        if self._drafted:
            raise ValueError("Say which nodes of the last tree to keep first")
        known = len(text)
        view = tree_view(self._length, known, parents)
        width = self._room.reserve(len(view.seen))
        plain = not tokens and self._window is None and width == len(view.seen)
        device = self._model.device
        with torch.inference_mode():
            output = self._model(
                input_ids=torch.tensor([[*text, *tokens]], device=device),
                attention_mask=None if plain else self._mask(view, width),
                position_ids=view.positions[None].to(device),
                past_key_values=self._room.cache,
                use_cache=True,
                logits_to_keep=len(tokens) + 1,
            )
        self._length += known
        self._drafted = len(tokens)
        return output.logits[0].clone()  # a tensor of inference mode cannot be masked in place

    def _mask(self, view: TreeView, width: int) -> Any:
        """The mask for all layers, or those for each kind of layer; width: tokens in the cache."""
        model = self._model
        whole = additive(view.allowed, model.dtype, width).to(model.device)
        if self._window is None:
            return whole
        near = additive(view.within(self._window), model.dtype, width).to(model.device)
        return dict(zip(_KINDS, (whole, near), strict=True)) if self._mixed else near

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text, and forget its other nodes."""
        if self._drafted:
            self._room.keep(self._length, self._drafted, nodes)
            self._length += len(nodes)
        self._drafted = 0


def sliding_window(model: Any) -> tuple[int | None, bool]:
    """How far layers look back, the token itself included, and whether only some of them do.

    Args:
        model: A causal model of transformers.

    Returns:
        None where all look at the whole text. Where windows differ, the first.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicSlidingWindowLayer

    layers = DynamicCache(config=model.config).layers
    windows = [
        layer.sliding_window if type(layer) is DynamicSlidingWindowLayer else None
        for layer in layers
    ]
    first = next((window for window in windows if window is not None), None)
    return first, any(window != first for window in windows)


def tree_obstacle(model: Any) -> str | None:
    """Why trees cannot be looked at in one forward pass of this model; None if they can.

    What the configuration tells is checked first; then a small tree is compared with its paths, one
    token at a time, which finds every model that does not follow the mask or the positions.

    Args:
        model: A causal model of transformers.
    """
    attention = getattr(model.config, "_attn_implementation", None)
    if attention not in ATTENTION:
        return f"its attention ({attention}) takes no mask of a tree"
    parameters = inspect.signature(model.forward).parameters
    if not {"position_ids", "past_key_values", "logits_to_keep"} <= parameters.keys():
        return "its positions or its cache cannot be given"
    obstacle = _cache_obstacle(model)
    if obstacle is not None:
        return obstacle
    import torch

    def alone(path: Sequence[int]) -> torch.Tensor:
        tokens = torch.tensor([path], device=model.device)
        logits: torch.Tensor = model(input_ids=tokens).logits[0, -1]
        return logits

    if tree_equals_paths(model, lambda: CausalTreeSession(model), alone):
        return None
    return "its logits for a tree are not those of its paths"


def _cache_obstacle(model: Any) -> str | None:
    """Why single tokens cannot be dropped from what layers remember; None if they can."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    layers = DynamicCache(config=model.config).layers
    known = (DynamicLayer, DynamicSlidingWindowLayer)
    other = sorted({type(layer).__name__ for layer in layers if type(layer) not in known})
    if other:
        return f"its cache cannot drop single tokens ({', '.join(other)})"
    config = model.config.get_text_config()
    kinds = sorted(set(getattr(config, "layer_types", None) or ()) - set(_KINDS))
    if kinds or getattr(config, "attention_chunk_size", None):
        return f"its layers look back in a way of their own ({', '.join(kinds) or 'chunks'})"
    windows = {getattr(layer, "sliding_window", None) for layer in layers} - {None}
    return "its layers have windows of different sizes" if len(windows) > 1 else None


def tree_equals_paths(
    model: Any, session: Callable[[], TreeSession], alone: Callable[[Sequence[int]], torch.Tensor]
) -> bool:
    """Whether a small tree's logits, and those after its path was kept, are the paths'.

    Args:
        model: A model of transformers.
        session: Starts a session of it, of an empty text.
        alone: floating[V], the logits after some tokens, of the model as it is.
    """
    import torch

    text, tokens, parents = [1, 2, 3], [4, 5, 6, 7], [-1, -1, 0, 1]
    kept = [1, 3]
    paths = [text, [*text, 4], [*text, 5], [*text, 4, 6], [*text, 5, 7], [*text, 5, 7, 8]]
    if int(model.get_input_embeddings().weight.shape[0]) <= max(map(max, paths)):
        return False
    tried = session()
    try:
        rows = [tried.forward_tree(text, tokens, parents)]
        tried.keep_path(kept)
        rows.append(tried.forward_tree([8], [], []))
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError):
        return False  # a model of another make
    found = torch.cat(rows).double()
    with torch.inference_mode():
        expected = torch.stack([alone(path) for path in paths]).double()
    allowance = _TOLERANCE[str(model.dtype).removeprefix("torch.")] * float(expected.std(-1).max())
    return bool(((found - expected).abs() <= allowance).all())
