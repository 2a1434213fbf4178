"""How large a tree is worth its time.

A forward pass over a tree gives one token and, in expectation, as many more as the chances of its
nodes add up to. What it costs depends on the number of tokens in ways that only measuring tells: a
pass over 8 may be cheaper than one over 4 (`running_costs`).

Chances may be wrong, and drafting itself takes time, so what came of each pass is booked: an
account is kept of the time that drafts have won or lost against one-by-one decoding. Where it is
overdrawn nothing is drafted, and each token that the model chooses pays back a fiftieth of a pass.
So all that drafts lose, at the costs that are known, is a fiftieth of the time of one-by-one
decoding, the credit and one pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from structgen.decoding.speculation.running_costs import RunningCosts

__all__ = ["Controller"]

_ALLOWANCE = 0.02  # of the time of one-by-one decoding, that drafts may lose
_CREDIT = 12.0  # passes over one token, that they may lose, and of what they won may lose again
_PROBE = 32  # after so many passes without one over a single token, one is made
_ADJUSTMENT = 0.2  # of the logarithm of the time that a draft takes, by one pass
_FORGETTING = 0.005  # of it, by one pass without a draft
_TRUSTED = math.log(2.0)  # one draft may take long for reasons of its own


class Controller:
    """Sizes of trees, from the seconds that passes and drafts take.

    Args:
        costs: Seconds of a pass by its number of tokens, at least for two numbers.

    Raises:
        ValueError: There are fewer, or a cost is not positive.

    Example:
        >>> controller = Controller({1: 1.0, 4: 1.6, 8: 1.4, 16: 2.6})
        >>> controller.best_size([0.1], 1)
        0
        >>> controller.best_size([0.9, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 1)
        7
    """

    def __init__(self, costs: Mapping[int, float]) -> None:
        self._passes = RunningCosts(costs)
        self._node_seconds = 0.0  # of drafting, masks and learning
        self._account = _CREDIT  # in passes over one token

    @property
    def rests(self) -> bool:
        """Whether the next pass is made without drafts: they lost too much, or to see its cost."""
        return self._account < 0 or self._passes.unseen >= _PROBE

    def seconds(self, tokens: int, nodes: int) -> float:
        """What a pass costs.

        Args:
            tokens: That are fed, nodes included.
            nodes: How many of them have to be drafted.
        """
        return self._passes.seconds(tokens) + nodes * self._node_seconds

    def observe(
        self, pending: int, nodes: int, drafted: int, chosen: int, seconds: float, around: float
    ) -> None:
        """A pass has been made.

        Args:
            pending: Tokens that were fed in any case.
            nodes: Drafts that were fed with them.
            drafted: How many were drafted for that, with those that were then left out.
            chosen: Tokens that the model chose; one-by-one decoding makes a pass for each.
            seconds: Of the pass.
            around: Seconds of all else: drafting, masks, learning.
        """
        self._passes.observe(pending + nodes, seconds)
        balance = self._account + _ALLOWANCE * chosen
        if not drafted:  # what is not seen any more is forgotten, so that it is tried again
            self._node_seconds *= 1 - _FORGETTING
        else:
            self._observe_draft(around / drafted)
            fed = self._counted(pending)
            lost = self.seconds(fed + nodes, drafted) - self.seconds(fed, 0)
            balance += chosen - 1 - lost / self.seconds(1, 0)
        self._account = min(balance, _CREDIT)

    def _observe_draft(self, seconds: float) -> None:
        """A node took this long to draft, mask and learn from."""
        if self._node_seconds <= 0:
            self._node_seconds = seconds
        elif seconds > 0:
            surprise = math.log(seconds / self._node_seconds)
            surprise = min(max(surprise, -_TRUSTED), _TRUSTED)
            self._node_seconds *= math.exp(_ADJUSTMENT * surprise)

    def best_size(self, chances: Sequence[float], pending: int) -> int:
        """How many nodes give the most tokens a second; 0 is an answer.

        No tree is worth more than what is left in the account and one pass, so that after losing it
        all drafts do not rest for long.

        Args:
            chances: Of the nodes, in the order in which they would be taken.
            pending: Tokens that are fed in any case.
        """
        pending = self._counted(pending)
        plain = self.seconds(pending, 0)
        most = plain + (self._account + 1.0) * self.seconds(1, 0)
        best, best_rate, expected = 0, 1.0 / plain, 1.0
        for nodes, chance in enumerate(chances, 1):
            expected += chance
            seconds = self.seconds(pending + nodes, nodes)
            rate = expected / seconds
            if rate > best_rate and seconds <= most:
                best, best_rate = nodes, rate
        return best

    def may_pay(self, nodes: int, expected: float, chance: float, pending: int) -> bool:
        """Whether nodes with at most this chance can still raise the tokens a second.

        Looks at the next node and at every measured size beyond, as if all nodes up to it had the
        chance.
        """
        if self.rests:
            return False
        pending = self._counted(pending)
        rate = expected / self.seconds(pending + nodes, nodes)
        sizes = self._passes.sizes
        ahead = [nodes + 1, *(size - pending for size in sizes if size - pending > nodes)]
        return any(
            expected + (more - nodes) * chance > rate * self.seconds(pending + more, more)
            for more in ahead
        )

    def _counted(self, pending: int) -> int:
        """A long prompt is paid for in any case: only what comes on top of it is weighed."""
        return pending if pending <= self._passes.sizes[-1] else 1
