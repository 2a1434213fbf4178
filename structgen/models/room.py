"""Where keys and values of a text and a tree are kept: a cache that grows, or a static one.

A model whose `generation_config.cache_implementation` is "static" gets a cache of fixed tensors,
at the same addresses from pass to pass. It is made anew, twice as large, when a text outgrows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["DynamicRoom", "Room", "StaticRoom", "move_path", "room_for"]

_LEAST = 256  # tokens that a static cache has room for


class Room(Protocol):
    """A cache of one text and a tree.

    Attributes:
        cache: What the model is given.
    """

    cache: Any

    def reserve(self, tokens: int) -> int:
        """Make room for this many tokens in all; how many the model will see."""
        ...

    def keep(self, length: int, drafted: int, nodes: Sequence[int]) -> None:
        """Move a path of a tree to the end of the text, and cut the tree off.

        Args:
            length: Tokens of the text.
            drafted: Nodes of the tree, at least one.
            nodes: The path, each node's parent before it.
        """
        ...


class DynamicRoom:
    """A cache that grows with each pass (`Room`).

    Made without a configuration, so layers with a window keep all tokens: a path through a tree may
    need those that its other nodes would have pushed out.
    """

    def __init__(self) -> None:
        from transformers import DynamicCache

        self.cache: Any = DynamicCache()

    def reserve(self, tokens: int) -> int:
        """All tokens, and no others."""
        return tokens

    def keep(self, length: int, drafted: int, nodes: Sequence[int]) -> None:
        """Move a path to the end of the text; see `Room.keep`."""
        move_path(self.cache.layers, length, nodes)
        self.cache.crop(-(drafted - len(nodes)))


class StaticRoom:
    """A cache of fixed tensors (`Room`).

    Args:
        config: Of a model whose layers all look at the whole text.
    """

    def __init__(self, config: Any) -> None:
        self._config = config
        self._tokens = _LEAST
        self.cache: Any = self._make()

    def reserve(self, tokens: int) -> int:
        """All places of the cache, those that are still free last."""
        if tokens > self._tokens:
            while tokens > self._tokens:
                self._tokens *= 2
            before, self.cache = self.cache, self._make()
            for layer, old in zip(self.cache.layers, before.layers, strict=True):
                if old.is_initialized:
                    held = int(old.cumulative_length)
                    layer.update(old.keys[:, :, :held], old.values[:, :, :held])
        return self._tokens

    def keep(self, length: int, drafted: int, nodes: Sequence[int]) -> None:
        """Move a path to the end of the text; see `Room.keep`."""
        move_path(self.cache.layers, length, nodes)
        for layer in self.cache.layers:
            layer.cumulative_length.fill_(length + len(nodes))

    def _make(self) -> Any:
        from transformers import StaticCache

        return StaticCache(config=self._config, max_cache_len=self._tokens)


def room_for(model: Any) -> Room:
    """The room that a model's own configuration asks for.

    Args:
        model: A causal model of transformers.
    """
    from transformers import StaticCache
    from transformers.cache_utils import StaticLayer

    wanted = getattr(getattr(model, "generation_config", None), "cache_implementation", None)
    if wanted == "static":
        layers = StaticCache(config=model.config, max_cache_len=1).layers
        if all(type(layer) is StaticLayer for layer in layers):
            return StaticRoom(model.config)
    return DynamicRoom()


def move_path(layers: Sequence[Any], length: int, nodes: Sequence[int]) -> None:
    """Move the keys and values of a path to the end of the text.

    Args:
        layers: Of a cache: the text, then a tree.
        length: Tokens of the text.
        nodes: The path, each node's parent before it.
    """
    import torch

    if list(nodes) == list(range(len(nodes))):  # it is there already
        return
    index = torch.tensor([length + node for node in nodes], dtype=torch.int64)
    with torch.inference_mode():
        for layer in layers:
            where = index.to(layer.keys.device)
            for states in (layer.keys, layer.values):  # [1, heads, cached, width]
                states[:, :, length : length + len(nodes)] = states.index_select(2, where)
