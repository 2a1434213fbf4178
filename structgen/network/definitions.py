"""What a network state can be.

A state is named by a key and defined when it is first reached. A *piece* is a part of the network
that is entered by a call and ends at `RETURN`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from structgen.network.protocol import Network

__all__ = ["Call", "Capture", "Choice", "Definition", "Key", "Measured", "Scan", "TextKey"]


class Scan(NamedTuple):
    """Read one byte.

    Attributes:
        edges: (first byte, last byte, target state), sorted by byte and disjoint.
        returns: Whether the piece may also end here.
        outcome: What it returns if it does (see `Network.returning`).
        loops: Characters, as ranges, whose bytes lead back to this state: what the engine need not
            read. None need be named.
    """

    edges: tuple[tuple[int, int, int], ...]
    returns: bool = False
    outcome: int = 0
    loops: tuple[tuple[int, int], ...] = ()


class Choice(NamedTuple):
    """Continue at any of these states."""

    states: tuple[int, ...]


class Call(NamedTuple):
    """Run the piece that starts at `piece`; when it returns, continue at `then`."""

    piece: int
    then: int


class Capture(NamedTuple):
    """Run the piece that starts at `piece`; how to continue depends on the text it has read.

    It continues at the state named by `then.after(text)`. For what no context-free grammar
    expresses: names that an object has already, items that must differ, tags that must match.
    """

    piece: int
    then: TextKey


Definition = Scan | Choice | Call | Capture


class Key(Hashable, Protocol):
    """The name of a network state: equal keys are the same state in every grammar.

    A key may also have a method `least_length() -> int` (see `Measured`).
    """

    def expand(self, network: Network) -> Definition:
        """Define the state. Must be pure: a network may forget states and ask again."""
        ...


@runtime_checkable
class Measured(Protocol):
    """A key that knows how much must come; it makes shortest completions fast."""

    def least_length(self) -> int:
        """No text from the state to the end of its piece has fewer bytes."""
        ...


class TextKey(Hashable, Protocol):
    """What follows a captured text. Both methods must be pure."""

    def after(self, text: bytes) -> Key:
        """The state after `text`, which is the whole text of the piece."""
        ...

    def sketch(self) -> Key:
        """A stand-in for `after(text)` that holds for every text.

        It reads the same as each of them up to where the text matters: it must be at
        `network.UNKNOWN` before the first byte that one text allows and another does not. Masks
        read on in the sketch beyond the end of the piece, and only where one token runs into
        UNKNOWN is each end of the piece looked at with its own text. So a sketch saves time where
        tokens seldom get that far; one that is UNKNOWN itself is always right.
        """
        ...
