"""From logits to a token: temperature, then top-k, then top-p, then one draw.

Pure functions on tensors. Masks are applied before, so that every step sees only what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Sampling", "choose", "draw", "probabilities"]


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen.

    Args:
        temperature: 0 takes the most probable token; otherwise logits are divided by it.
        top_k: Only the k most probable tokens, or None.
        top_p: Only the most probable tokens that together have this probability, or None.

    Raises:
        ValueError: A number is out of its range.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and math.isfinite(self.temperature)):
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")


def probabilities(logits: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """The distribution that a token is drawn from.

    Args:
        logits: floating[B, V], minus infinity where forbidden, at least one finite in each row.
        sampling: A temperature above 0, and cuts.

    Returns:
        float64[B, V]. Tokens that tie with the last one of a cut stay, so that the order of ids
        does not matter.

    Source:
        top-p: Holtzman et al., 'The Curious Case of Neural Text Degeneration', ICLR 2020, 3.1.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[0.5, 0.25, 0.125, 0.125]]).log()
        >>> probabilities(logits, Sampling(temperature=1.0, top_p=0.7))[0].tolist()[2:]
        [0.0, 0.0]
    """
    import torch

    scaled = logits.double()
    scaled = (scaled - scaled.amax(-1, keepdim=True)) / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < scaled.shape[-1]:
        least = scaled.topk(sampling.top_k, dim=-1).values[:, -1:]
        scaled = scaled.masked_fill(scaled < least, -math.inf)
    chances = torch.softmax(scaled, dim=-1)
    if sampling.top_p is not None and sampling.top_p < 1:
        descending = chances.sort(dim=-1, descending=True).values
        before = descending.cumsum(-1) - descending
        count = (before < sampling.top_p).sum(-1, keepdim=True)
        chances = chances.masked_fill(chances < descending.gather(-1, count - 1), 0.0)
        chances = chances / chances.sum(-1, keepdim=True)
    return chances


def draw(chances: torch.Tensor, uniforms: Sequence[float]) -> list[int]:
    """One token for each row, by inverting the cumulative distribution.

    Args:
        chances: float64[B, V], at least one above 0 in each row.
        uniforms: B numbers, 0 <= u < 1.

    Example:
        >>> import torch
        >>> draw(torch.tensor([[0.0, 0.5, 0.0, 0.5]] * 3), [0.0, 0.49, 0.5])
        [1, 1, 3]
    """
    import torch

    cumulative = chances.cumsum(-1)
    targets = torch.tensor(uniforms, dtype=cumulative.dtype, device=cumulative.device)
    targets = targets[:, None] * cumulative[:, -1:]
    chosen = torch.searchsorted(cumulative, targets, right=True)
    # Rounding may carry a target to the very top: the last token with a chance is meant.
    last = torch.searchsorted(cumulative, cumulative[:, -1:].contiguous())
    return [int(token) for token in torch.minimum(chosen, last)[:, 0].tolist()]


def choose(logits: torch.Tensor, sampling: Sampling, uniforms: Sequence[float]) -> list[int]:
    """One token for each row.

    Args:
        logits: floating[B, V], minus infinity where forbidden.
        sampling: How.
        uniforms: B numbers, 0 <= u < 1; not looked at with temperature 0.
    """
    if sampling.temperature == 0:
        return [int(token) for token in logits.argmax(-1).tolist()]
    return draw(probabilities(logits, sampling), uniforms)
