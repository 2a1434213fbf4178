"""White space between the tokens of a JSON text."""

from __future__ import annotations

from typing import Literal, NamedTuple

from structgen.network import RETURN, Definition, Network, Scan

__all__ = ["Layout", "Whitespace"]

Whitespace = Literal["flexible", "none", "any"] | int

MOST_SPACES = 32
MOST_TABS = 8


class _FlexibleGap(NamedTuple):
    """Nothing, one space, or a newline and up to 32 spaces or 8 tabs; a piece."""

    after_newline: bool = False
    spaces: int = 0
    tabs: int = 0

    def expand(self, network: Network) -> Definition:
        if not self.after_newline:
            newline = network.state(_FlexibleGap(after_newline=True))
            return Scan(((10, 10, newline), (32, 32, RETURN)), returns=True)
        edges = []
        if self.spaces == 0 and self.tabs < MOST_TABS:
            edges.append((9, 9, network.state(_FlexibleGap(True, 0, self.tabs + 1))))
        if self.tabs == 0 and self.spaces < MOST_SPACES:
            edges.append((32, 32, network.state(_FlexibleGap(True, self.spaces + 1))))
        return Scan(tuple(edges), returns=True)


class _AnyGap(NamedTuple):
    """Any JSON white space; a piece."""

    def expand(self, network: Network) -> Definition:
        here = network.state(self)
        return Scan(((9, 10, here), (13, 13, here), (32, 32, here)), returns=True)


_FLEXIBLE_GAP = _FlexibleGap()
_ANY_GAP = _AnyGap()


class Layout(NamedTuple):
    """A white space policy (see `structgen.json_schema`)."""

    policy: Whitespace

    @property
    def counts_depth(self) -> bool:
        """Whether states must know how deep they are."""
        return isinstance(self.policy, int)

    def gap(self, network: Network, then: int, depth: int) -> int:
        """The white space inside brackets and after a comma, before `then`."""
        if self.policy == "none":
            return then
        if isinstance(self.policy, int):
            return network.literal(b"\n" + b" " * (self.policy * depth), then)
        return network.call(self._piece(network), then)

    def after_colon(self, network: Network, then: int) -> int:
        """The white space between a colon and the value `then`."""
        if self.policy == "none":
            return then
        if isinstance(self.policy, int):
            return network.literal(b" ", then)
        return network.call(self._piece(network), then)

    def around(self, network: Network, then: int) -> int:
        """White space where only the policy "any" has it: around the text, before `,` and `:`."""
        return network.call(network.state(_ANY_GAP), then) if self.policy == "any" else then

    def _piece(self, network: Network) -> int:
        return network.state(_ANY_GAP if self.policy == "any" else _FLEXIBLE_GAP)
