"""What a network state can be.

A state is named by a key and defined when it is first reached. A *piece* is a part of the network
that is entered by a call and ends at `RETURN`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from structgen.network.protocol import Network

__all__ = ["Call", "Choice", "Definition", "Key", "Scan"]


class Scan(NamedTuple):
    """Read one byte.

    Attributes:
        edges: (first byte, last byte, target state), sorted by byte and disjoint.
        returns: Whether the piece may also end here.
    """

    edges: tuple[tuple[int, int, int], ...]
    returns: bool = False


class Choice(NamedTuple):
    """Continue at any of these states."""

    states: tuple[int, ...]


class Call(NamedTuple):
    """Run the piece that starts at `piece`; when it returns, continue at `then`."""

    piece: int
    then: int


Definition = Scan | Choice | Call


class Key(Hashable, Protocol):
    """The name of a network state: equal keys are the same state in every grammar."""

    def expand(self, network: Network) -> Definition:
        """Define the state. Must be pure: a network may forget states and ask again."""
        ...
