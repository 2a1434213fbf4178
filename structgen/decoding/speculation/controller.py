"""How large a tree is worth its time.

A forward pass over a tree gives one token and, in expectation, as many more as the chances of its
nodes add up to. What it costs depends on the number of tokens in ways that only measuring tells: a
pass over 8 may be cheaper than one over 4.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

__all__ = ["Controller"]

_ADJUSTMENT = 0.1  # of a cost, by one pass
_TRUSTED = (0.5, 2.0)  # a pass may be slower for reasons of its own


class Controller:
    """Sizes of trees, from the seconds that a forward pass takes.

    Args:
        costs: Seconds of a pass by its number of tokens, at least for two numbers.

    Example:
        >>> controller = Controller({1: 1.0, 4: 1.6, 8: 1.4, 16: 2.6})
        >>> controller.best_size([0.1], 1)
        0
        >>> controller.best_size([0.9, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 1)
        7
    """

    def __init__(self, costs: dict[int, float]) -> None:
        self._sizes = sorted(costs)
        self._seconds = [costs[size] for size in self._sizes]
        self._node_seconds = 0.0  # of drafting and masks

    def seconds(self, tokens: int, nodes: int) -> float:
        """What a pass costs.

        Args:
            tokens: That are fed, nodes included.
            nodes: How many of them have to be drafted.
        """
        low, part = self._between(tokens)
        pass_seconds = self._seconds[low] * (1 - part) + self._seconds[low + 1] * part
        return max(pass_seconds, self._seconds[0]) + nodes * self._node_seconds

    def observe_pass(self, tokens: int, seconds: float) -> None:
        """A pass has been made: move the costs around it a little."""
        if tokens > self._sizes[-1]:
            return
        low, part = self._between(tokens)
        ratio = seconds / self.seconds(tokens, 0)
        ratio = min(max(ratio, _TRUSTED[0]), _TRUSTED[1])
        self._seconds[low] *= ratio ** (_ADJUSTMENT * (1 - part))
        self._seconds[low + 1] *= ratio ** (_ADJUSTMENT * part)

    def observe_draft(self, nodes: int, seconds: float) -> None:
        """Nodes have been drafted."""
        each = seconds / nodes
        self._node_seconds += _ADJUSTMENT * (each - self._node_seconds)

    def best_size(self, chances: Sequence[float], pending: int) -> int:
        """How many nodes give the most tokens a second; 0 is an answer.

        Args:
            chances: Of the nodes, in the order in which they would be taken.
            pending: Tokens that are fed in any case.
        """
        pending = self._counted(pending)
        best, best_rate, expected = 0, 1.0 / self.seconds(pending, 0), 1.0
        for nodes, chance in enumerate(chances, 1):
            expected += chance
            rate = expected / self.seconds(pending + nodes, nodes)
            if rate > best_rate:
                best, best_rate = nodes, rate
        return best

    def may_pay(self, nodes: int, expected: float, chance: float, pending: int) -> bool:
        """Whether nodes with at most this chance can still raise the tokens a second.

        Looks at the next node and at every measured size beyond, as if all nodes up to it had the
        chance.
        """
        pending = self._counted(pending)
        rate = expected / self.seconds(pending + nodes, nodes)
        ahead = [nodes + 1, *(size - pending for size in self._sizes if size - pending > nodes)]
        return any(
            expected + (more - nodes) * chance > rate * self.seconds(pending + more, more)
            for more in ahead
        )

    def _counted(self, pending: int) -> int:
        """A long prompt is paid for in any case: only what comes on top of it is weighed."""
        return pending if pending <= self._sizes[-1] else 1

    def _between(self, tokens: int) -> tuple[int, float]:
        """The measured size before, and how far from it to the next (above 1 beyond the last)."""
        low = min(max(bisect.bisect_right(self._sizes, tokens) - 1, 0), len(self._sizes) - 2)
        return low, (tokens - self._sizes[low]) / (self._sizes[low + 1] - self._sizes[low])
