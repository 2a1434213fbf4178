"""Linear layers over few rows, on the CPU: weight times rows, not rows times weight.

Both are the same numbers up to rounding. For two to eight rows of float32 the libraries that torch
calls read the weight once in the first order and may read it several times in the second: of
SmolLM2's shapes the first takes 0.2 to 0.8 of the time (docs/speculation.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["FewRows", "linear"]

_LEAST, _MOST = 2, 8  # rows


def linear(layer: Any, rows: torch.Tensor) -> torch.Tensor:
    """What a linear layer gives.

    Args:
        layer: Of weight floating[m, d], with a bias or without.
        rows: floating[..., d].

    Returns:
        floating[..., m].

    Example:
        >>> import torch
        >>> layer = torch.nn.Linear(2, 3)
        >>> bool(torch.allclose(linear(layer, torch.ones(1, 4, 2)), layer(torch.ones(1, 4, 2))))
        True
    """
    import torch

    if rows.dtype != torch.float32 or not _LEAST * rows.shape[-1] <= rows.numel() <= (
        _MOST * rows.shape[-1]
    ):
        return torch.nn.functional.linear(rows, layer.weight, layer.bias)
    flat = rows.reshape(-1, rows.shape[-1])
    product = torch.mm(layer.weight, flat.T).T.contiguous().view(*rows.shape[:-1], -1)
    return product if layer.bias is None else product + layer.bias


class FewRows:
    """A model's linear layers, which compute so in a pass over few tokens.

    Args:
        model: A model of torch. It is as it was after each pass; layers that are not float32 in
            host memory, or whose `forward` something else has replaced, are left alone. Where two
            threads use one model, one may end the other's pass in the usual order, as right.
    """

    def __init__(self, model: Any) -> None:
        import torch

        self._layers = [
            module
            for module in model.modules()
            if type(module) is torch.nn.Linear
            and module.weight.dtype == torch.float32
            and module.weight.device.type == "cpu"
            and _is_own(vars(module).get("forward"))
        ]

    @contextmanager
    def of(self, tokens: int) -> Iterator[None]:
        """While a pass over this many tokens is made."""
        if not _LEAST <= tokens <= _MOST:
            yield
            return
        for layer in self._layers:
            vars(layer)["forward"] = partial(linear, layer)
        try:
            yield
        finally:
            for layer in self._layers:
                vars(layer).pop("forward", None)


def _is_own(forward: Any) -> bool:
    """Whether a layer's `forward` is its class's, or was set here for a pass."""
    return forward is None or (isinstance(forward, partial) and forward.func is linear)
