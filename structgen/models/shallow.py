"""The first layers of a causal model, as a model of their own that shares its weights."""

from __future__ import annotations

import copy
from typing import Any

from structgen.errors import GenerationError

__all__ = ["layer_count", "shallow"]


def layer_count(model: Any) -> int:
    """How many layers a causal model has.

    Args:
        model: A model of transformers.
    """
    return int(model.config.get_text_config().num_hidden_layers)


def shallow(model: Any, layers: int) -> Any:
    """The body of a causal model cut after its first layers; its final norm stays.

    Args:
        model: A causal model of transformers. It is not changed, and its weights are not copied.
        layers: How many, at least 1 and at most all.

    Raises:
        GenerationError: The body is not a list of layers and a norm.
        ValueError: It has no so many layers.

    Source:
        Elhoushi et al., 'LayerSkip: Enabling Early Exit Inference and Self-Speculative Decoding',
        ACL 2024.
    """
    import torch

    body = model.base_model
    whole: Any = getattr(body, "layers", None)
    found = isinstance(whole, torch.nn.ModuleList) and len(whole) == layer_count(model)
    if not found or not hasattr(body, "norm"):
        raise GenerationError(
            "The model is not a list of layers and a norm after them: it cannot be cut"
        )
    if not 1 <= layers <= len(whole):
        raise ValueError(f"A model of {len(whole)} layers cannot be cut after {layers}")
    cut = copy.copy(body)
    cut._modules = {**body._modules, "layers": whole[:layers]}
    cut.config = copy.deepcopy(body.config)
    cut.config.num_hidden_layers = layers
    types = getattr(cut.config, "layer_types", None)
    if types is not None:
        cut.config.layer_types = types[:layers]
    return cut
