"""Trees of drafts in one forward pass of a transformers causal model.

A tree's nodes attend to the whole text, to their ancestors and to themselves, by a mask with four
dimensions; their positions count from the end of the text by depth. Afterwards the accepted path is
moved to its place in the key-value cache, and the rest of the tree is cut off.

This is right only where attention is all that a layer remembers and positions come from
`position_ids`, so it is tried out before it is used: `tree_obstacle`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["CausalTreeSession", "tree_obstacle"]

_ATTENTION = ("eager", "sdpa")  # implementations that take a mask with four dimensions
_TOLERANCE = {"float64": 1e-6, "float32": 1e-3, "float16": 0.05, "bfloat16": 0.2}


class CausalTreeSession:
    """One text and its key-value cache (`TreeSession`).

    Args:
        model: A causal model of transformers for which there is no `tree_obstacle`.
    """

    def __init__(self, model: Any) -> None:
        from transformers import DynamicCache

        self._model = model
        self._cache = DynamicCache(config=model.config)
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
        start, known = self._length, len(text)
        total = known + len(tokens)
        positions = torch.arange(start, start + total)
        mask = None
        if tokens:
            seen, depths = _ancestors(parents)
            positions[known:] = start + known + torch.tensor(depths)
            allowed = torch.ones(total, start + total, dtype=torch.bool).tril(start)
            allowed[known:, start + known :] = seen
            mask = torch.zeros(allowed.shape, dtype=self._model.dtype)
            mask.masked_fill_(~allowed, torch.finfo(mask.dtype).min)
            mask = mask[None, None].to(self._model.device)
        device = self._model.device
        with torch.inference_mode():
            output = self._model(
                input_ids=torch.tensor([[*text, *tokens]], device=device),
                attention_mask=mask,
                position_ids=positions[None].to(device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=len(tokens) + 1,
            )
        self._length += known
        self._drafted = len(tokens)
        return output.logits[0].clone()  # a tensor of inference mode cannot be masked in place

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text, and forget its other nodes."""
        import torch

        if self._drafted:
            begin, end = self._length, self._length + len(nodes)
            index = torch.tensor([begin + node for node in nodes], dtype=torch.int64)
            in_place = list(nodes) == list(range(len(nodes)))
            with torch.inference_mode():
                for layer in () if in_place else self._cache.layers:
                    where = index.to(layer.keys.device)
                    for states in (layer.keys, layer.values):  # [1, heads, cached, width]
                        states[:, :, begin:end] = states.index_select(2, where)
                self._cache.crop(-(self._drafted - len(nodes)))
            self._length = end
        self._drafted = 0


def tree_obstacle(model: Any) -> str | None:
    """Why trees cannot be looked at in one forward pass of this model; None if they can.

    What the configuration tells is checked first; then a small tree is compared with its paths, one
    token at a time, which finds every model that does not follow the mask or the positions.

    Args:
        model: A causal model of transformers.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    attention = getattr(model.config, "_attn_implementation", None)
    if attention not in _ATTENTION:
        return f"its attention ({attention}) takes no mask of a tree"
    parameters = inspect.signature(model.forward).parameters
    if not {"position_ids", "past_key_values", "logits_to_keep"} <= parameters.keys():
        return "its positions or its cache cannot be given"
    layers = DynamicCache(config=model.config).layers
    other = sorted({type(layer).__name__ for layer in layers if type(layer) is not DynamicLayer})
    if other:
        return f"its cache cannot drop single tokens ({', '.join(other)})"
    return None if _tree_equals_paths(model) else "its logits for a tree are not those of its paths"


def _tree_equals_paths(model: Any) -> bool:
    """Whether a small tree's logits, and those after its cache has been cut, are the paths'."""
    import torch

    text, tokens, parents = [1, 2, 3], [4, 5, 6, 7], [-1, -1, 0, 1]
    kept = [1, 3]
    paths = [text, [*text, 4], [*text, 5], [*text, 4, 6], [*text, 5, 7], [*text, 5, 7, 8]]
    if int(model.get_input_embeddings().weight.shape[0]) <= max(map(max, paths)):
        return False
    session = CausalTreeSession(model)
    rows = [session.forward_tree(text, tokens, parents)]
    session.keep_path(kept)
    rows.append(session.forward_tree([8], [], []))
    found = torch.cat(rows).double()
    with torch.inference_mode():
        expected = torch.stack(
            [
                model(input_ids=torch.tensor([path], device=model.device)).logits[0, -1]
                for path in paths
            ]
        ).double()
    allowance = _TOLERANCE[str(model.dtype).removeprefix("torch.")] * float(expected.std(-1).max())
    return bool(((found - expected).abs() <= allowance).all())


def _ancestors(parents: Sequence[int]) -> tuple[torch.Tensor, list[int]]:
    """bool[n, n], whether node j is node i or above it; and each node's depth, from 0."""
    import torch

    seen = torch.eye(len(parents), dtype=torch.bool)
    depths: list[int] = []
    for node, parent in enumerate(parents):
        depths.append(0 if parent < 0 else depths[parent] + 1)
        if parent >= 0:
            seen[node] |= seen[parent]
    return seen, depths
