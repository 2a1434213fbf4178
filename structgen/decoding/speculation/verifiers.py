"""Which token comes at a point where some have been drafted.

The loop asks at one point after the other: where the answer was drafted it goes on at that draft,
otherwise the forward pass has ended. A verifier's answer is the text: it must be a draw from the
model's masked and warped distribution whatever was drafted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from structgen.decoding.sampling import Sampling, choose, draw, probabilities, waiting_times

if TYPE_CHECKING:
    import torch

__all__ = [
    "VERIFIERS",
    "Law",
    "Verifier",
    "VerifierName",
    "derived_seed",
    "match",
    "rejection",
    "typical",
    "trials",
]

Law = Mapping[int, float]  # what drafts were drawn from without replacement; empty: not drawn

# (logits: floating[1, V], sampling, (seed, position), drafted tokens in their order, their law)
Verifier = Callable[["torch.Tensor", Sampling, tuple[int, int], Sequence[int], Law], int]
VerifierName = Literal["match", "rejection", "typical"]

_NOTHING = 1e-14  # what rounding leaves of nothing
_TYPICAL_LEAST, _TYPICAL_FACTOR = 0.3, 0.09  # Medusa's own settings


def match(
    logits: torch.Tensor,
    sampling: Sampling,
    place: tuple[int, int],
    drafted: Sequence[int],
    law: Law,
) -> int:
    """The token that one-by-one decoding takes, which does not depend on what was drafted.

    Args:
        logits: floating[1, V], masked.
        sampling: How tokens are chosen.
        place: Seed and position.
        drafted: Not looked at.
        law: Not looked at.
    """
    return choose(logits, sampling, [place])[0]


def rejection(
    logits: torch.Tensor,
    sampling: Sampling,
    place: tuple[int, int],
    drafted: Sequence[int],
    law: Law,
) -> int:
    """Recursive rejection sampling: drafts in turn, each accepted as often as it may be.

    The answer is distributed as one-by-one decoding's, but is another draw.

    Args:
        logits: floating[1, V], masked.
        sampling: How tokens are chosen.
        place: Seed and position.
        drafted: Tokens that were drawn from `law` one after the other, without replacement.
        law: Chances of tokens, which add up to 1.

    Source:
        Jeon et al., 'Recursive Speculative Decoding: Accelerating LLM Inference via Sampling
        Without Replacement', 2024, algorithm 1.
    """
    import torch

    if sampling.temperature == 0:
        return choose(logits, sampling, [place])[0]
    seed, position = place
    tokens = torch.arange(len(drafted))
    uniforms = torch.exp(-waiting_times(derived_seed(seed, "accept"), position, tokens)).tolist()
    left = probabilities(logits, sampling)[0]
    for (token, chance, rest), uniform in zip(trials(left, drafted, law), uniforms, strict=False):
        if uniform < chance:
            return token
        left = rest
    return draw(left[None], [(derived_seed(seed, "rest"), position)])[0]


def trials(
    target: torch.Tensor, drafted: Sequence[int], law: Law
) -> Iterator[tuple[int, float, torch.Tensor]]:
    """The steps of recursive rejection: each draft, its chance, and what is left if it is refused.

    Args:
        target: float64[V], what the answer is to be drawn from.
        drafted: Tokens in the order in which they were drawn.
        law: What they were drawn from.

    Yields:
        The token; the chance that it is accepted, given that those before were not; and
        float64[V], the distribution of the answer if it is refused (with nothing left, which
        rounding alone can reach, it is accepted).
    """
    import torch

    width = len(target)
    offered = torch.zeros(width, dtype=torch.float64, device=target.device)
    offered[list(law)] = torch.tensor(list(law.values()), dtype=torch.float64).to(target.device)
    for token in drafted:
        offered = offered / offered.sum()
        rest = (target - offered).clamp(min=0.0)
        total = float(rest.sum())
        chance = min(1.0, float(target[token]) / float(offered[token]))
        if total <= _NOTHING:
            yield token, 1.0, target
            return
        yield token, chance, rest / total
        target = rest / total
        offered = offered.clone()
        offered[token] = 0.0


def typical(
    logits: torch.Tensor,
    sampling: Sampling,
    place: tuple[int, int],
    drafted: Sequence[int],
    law: Law,
) -> int:
    """The first draft that the model finds typical, or else a draw. Changes the distribution.

    Args:
        logits: floating[1, V], masked.
        sampling: How tokens are chosen.
        place: Seed and position.
        drafted: Tokens in the order of preference.
        law: Not looked at.

    Source:
        Cai et al., 'Medusa: Simple LLM Inference Acceleration Framework with Multiple Decoding
        Heads', ICML 2024, section 2.3.1.
    """
    if sampling.temperature == 0 or not drafted:
        return choose(logits, sampling, [place])[0]
    chances = probabilities(logits, sampling)
    entropy = -float((chances * chances.clamp(min=1e-300).log()).sum())
    least = min(_TYPICAL_LEAST, _TYPICAL_FACTOR * math.exp(-entropy))
    for token in drafted:
        if float(chances[0, token]) > least:
            return token
    return draw(chances, [place])[0]


VERIFIERS: dict[VerifierName, Verifier] = {
    "match": match,
    "rejection": rejection,
    "typical": typical,
}


def derived_seed(seed: int, purpose: str) -> int:
    """A seed whose numbers have nothing to do with those of the first one."""
    return seed ^ int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little")
