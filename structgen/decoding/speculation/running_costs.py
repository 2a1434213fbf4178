"""What a forward pass costs now.

Costs measured once go stale: other jobs come and go, and a pass over many tokens loses more to
them than a pass over one. So every pass corrects them. Its time is taken as the product of the
machine's present speed, which all sizes share, and of the size's own cost; how much of a surprise
goes to each depends on how uncertain each is. A size that was not seen for long is uncertain, so
its next pass counts for much.

Source: Kalman, 'A New Approach to Linear Filtering and Prediction Problems', 1960; here on
logarithms, with the covariances between states left out.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping

__all__ = ["RunningCosts"]

# Variances of logarithms: at first and at most, and what is added with each pass.
_SPEED, _SPEED_DRIFT = 0.5**2, 0.1**2
_SIZE, _SIZE_DRIFT = 0.2**2, 0.03**2
_NOISE = 0.2**2  # of one pass
_TRUSTED = math.log(2.0)  # one pass may be slow for reasons of its own


class RunningCosts:
    """Seconds of a forward pass by its number of tokens, corrected by each pass.

    Args:
        costs: Seconds by number of tokens, measured earlier, at least for two numbers.

    Raises:
        ValueError: There are fewer, or a cost is not positive.

    Example:
        >>> costs = RunningCosts({1: 1.0, 8: 1.4, 16: 2.6})
        >>> for _ in range(20):
        ...     costs.observe(8, 4.2)
        >>> [round(costs.seconds(tokens), 1) for tokens in (1, 8, 16)]
        [2.3, 4.2, 6.1]
        >>> costs.unseen
        20
    """

    def __init__(self, costs: Mapping[int, float]) -> None:
        if len(costs) < 2 or min(costs.values()) <= 0:
            raise ValueError(f"At least two sizes have positive costs, not {dict(costs)}")
        self.sizes = sorted(costs)
        self.unseen = 0  # passes since one of the smallest size
        # The logarithm of the machine's speed first, then of each size's seconds.
        self._logarithms = [0.0, *(math.log(costs[size]) for size in self.sizes)]
        self._variances = [_SPEED, *([_SIZE] * len(self.sizes))]

    def seconds(self, tokens: int) -> float:
        """What a pass over this many tokens costs; more than the largest size is extrapolated."""
        low, part = self._between(tokens)
        below, above = (math.exp(one) for one in self._logarithms[low + 1 : low + 3])
        seconds = below * (1 - part) + above * part
        return max(seconds, math.exp(self._logarithms[1])) * math.exp(self._logarithms[0])

    def observe(self, tokens: int, seconds: float) -> None:
        """A pass over this many tokens has been made. Beyond the largest size it tells nothing."""
        if tokens > self.sizes[-1] or seconds <= 0:
            return
        self.unseen = 0 if tokens <= self.sizes[0] else self.unseen + 1
        low, part = self._between(tokens)
        weights = {0: 1.0, low + 1: 1 - part, low + 2: part}
        surprise = math.log(seconds / self.seconds(tokens))
        surprise = min(max(surprise, -_TRUSTED), _TRUSTED)
        speed, *sizes = self._variances
        self._variances = [min(speed + _SPEED_DRIFT, _SPEED)]
        self._variances += [min(size + _SIZE_DRIFT, _SIZE) for size in sizes]
        uncertain = {state: self._variances[state] * weight for state, weight in weights.items()}
        total = _NOISE + sum(uncertain[state] * weight for state, weight in weights.items())
        for state, weight in weights.items():
            gain = uncertain[state] / total
            self._logarithms[state] += gain * surprise
            self._variances[state] *= 1 - gain * weight

    def _between(self, tokens: int) -> tuple[int, float]:
        """The measured size before, and how far from it to the next (above 1 beyond the last)."""
        low = min(max(bisect.bisect_right(self.sizes, tokens) - 1, 0), len(self.sizes) - 2)
        return low, (tokens - self.sizes[low]) / (self.sizes[low + 1] - self.sizes[low])
