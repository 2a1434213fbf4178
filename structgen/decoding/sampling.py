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

__all__ = ["Sampling", "choose", "draw", "probabilities", "waiting_time", "waiting_times"]


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


def draw(chances: torch.Tensor, places: Sequence[tuple[int, int]]) -> list[int]:
    """One token for each row, by a race: each token's waiting time over its chance, least wins.

    Waiting times are exponential with mean 1, so a token wins with exactly its chance. They depend
    on nothing but the seed, the position and the token: whoever draws at the same place from the
    same chances draws the same token, in whatever batch or order, and one who knows the chances
    only roughly can still guess it well.

    Args:
        chances: float64[B, V], at least one above 0 in each row.
        places: For each row its seed and its position in the text.

    Source:
        The race is the Gumbel-max trick without logarithms: Maddison, Tarlow and Minka, 'A*
        Sampling', NIPS 2014, section 2.

    Example:
        >>> import torch
        >>> chances = torch.tensor([[0.0, 0.5, 0.0, 0.5]], dtype=torch.float64)
        >>> sorted({draw(chances, [(1, position)])[0] for position in range(20)})
        [1, 3]
    """
    chosen = []
    for row, (seed, position) in zip(chances, places, strict=True):
        tokens = row.nonzero()[:, 0]
        winner = (row[tokens] / waiting_times(seed, position, tokens)).argmax()
        chosen.append(int(tokens[winner]))
    return chosen


def waiting_times(seed: int, position: int, tokens: torch.Tensor) -> torch.Tensor:
    """Exponential numbers with mean 1 that depend on seed, position and token alone.

    Args:
        seed: Any integer; only its lowest 64 bits count.
        position: How many tokens the text has before the one that is drawn.
        tokens: int64[n].

    Returns:
        float64[n], above 0.

    Source:
        SplitMix64: Steele, Lea and Flood, 'Fast Splittable Pseudorandom Number Generators',
        OOPSLA 2014, figure 17. A token's number is the output of that index of the generator
        that seed and position start.

    Example:
        >>> import torch
        >>> times = waiting_times(7, 0, torch.tensor([5, 9]))
        >>> bool(times[1] == waiting_times(7, 0, torch.tensor([9]))[0])
        True
    """
    import torch

    start = _start(seed, position)
    bits = tokens.long() * _signed(_GOLDEN) + _signed(start + _GOLDEN & _MASK)
    for shift, factor in ((30, _FACTORS[0]), (27, _FACTORS[1])):
        bits = (bits ^ _shifted(bits, shift)) * _signed(factor)
    bits = bits ^ _shifted(bits, 31)
    uniforms = (_shifted(bits, 12).double() + 0.5) / 2**52
    return -torch.log(uniforms)


def waiting_time(seed: int, position: int, token: int) -> float:
    """That of one token, as `waiting_times` has it but for rounding in the last digit.

    Args:
        seed: Any integer.
        position: How many tokens the text has before.
        token: The token.
    """
    bits = _mixed(_start(seed, position) + (token + 1) * _GOLDEN & _MASK)
    return -math.log(((bits >> 12) + 0.5) / 2**52)


def choose(
    logits: torch.Tensor, sampling: Sampling, places: Sequence[tuple[int, int]]
) -> list[int]:
    """One token for each row.

    Args:
        logits: floating[B, V], minus infinity where forbidden.
        sampling: How.
        places: For each row its seed and its position; not looked at with temperature 0.
    """
    if sampling.temperature == 0:
        return [int(token) for token in logits.argmax(-1).tolist()]
    return draw(probabilities(logits, sampling), places)


# --- 64-bit arithmetic: Python numbers have no end, torch has no unsigned ones ------------------

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def _start(seed: int, position: int) -> int:
    return _mixed(_mixed(seed & _MASK) + position & _MASK)


def _mixed(bits: int) -> int:
    bits = (bits ^ bits >> 30) * _FACTORS[0] & _MASK
    bits = (bits ^ bits >> 27) * _FACTORS[1] & _MASK
    return bits ^ bits >> 31


def _signed(bits: int) -> int:
    return bits - (1 << 64) if bits >> 63 else bits


def _shifted(bits: torch.Tensor, count: int) -> torch.Tensor:
    """A shift to the right that brings in zeros, not the sign."""
    return bits >> count & (1 << 64 - count) - 1
