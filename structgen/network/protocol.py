"""The interface between front ends and the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from structgen.network.names import NO_NAMES, Names

if TYPE_CHECKING:
    from structgen.network.definitions import Key
    from structgen.regular import Automaton, Language

__all__ = ["RETURN", "UNKNOWN", "Network"]

RETURN = 0
"""The state that ends a piece."""

UNKNOWN = 1
"""Where the sketch of a capture would need the text (see `structgen.network.TextKey`).

A token that ends with the byte or the call that leads here is looked at with its text, as are those
that go on. A token may end at a choice of this state and others.
"""


class Network(Protocol):
    """Interned states, made on demand.

    Every state that a front end makes must be productive: some text leads from it to `RETURN`.
    States are ints that stay valid only during one call into the front end; a front end keeps
    keys, not states.
    """

    RETURN: int
    UNKNOWN: int

    def state(self, key: Key) -> int:
        """The state named by `key`, defined by `key.expand` when it is first reached."""
        ...

    def literal(self, data: bytes, then: int) -> int:
        """A state that reads exactly `data`, then continues at `then`."""
        ...

    def call(self, piece: int, then: int) -> int:
        """A state that runs `piece`, then continues at `then`."""
        ...

    def returning(self, outcome: int) -> int:
        """A state that ends a piece and tells its caller an outcome, which a switch asks for.

        Args:
            outcome: From 0, which is `RETURN`, to 2^31 - 1. A piece may return another outcome only
                after it has read a byte, and not as the piece of a capture.
        """
        ...

    def switch(self, states: Mapping[int, int]) -> int:
        """What comes after a call whose piece returns one of these outcomes: the outcome's state.

        It may stand nowhere but after a call. Any other state there follows every outcome; only
        where `RETURN` comes after a call does its outcome become that of the piece around it: so
        one that returns each outcome as it is, is `RETURN`.

        Args:
            states: {outcome: state}, for every outcome that the piece can return; no state of it
                is `UNKNOWN`.
        """
        ...

    def choice(self, states: Sequence[int]) -> int:
        """A state that continues at any of `states`."""
        ...

    def automaton(self, automaton: Automaton) -> int:
        """A piece that reads a text of a regular language."""
        ...

    def special_token(self, token: str | int) -> int:
        """A piece that reads one special token, by its name or its id.

        Raises:
            VocabularyError: The vocabulary has no such special token.
        """
        ...

    def json_string(
        self,
        language: Language | None = None,
        min_length: int = 0,
        max_length: int | None = None,
    ) -> int:
        """A piece that reads a quoted JSON string in any spelling (RFC 8259 section 7).

        Args:
            language: What the parsed value must belong to; None: every string.
            min_length: Least number of code points, only without a language.
            max_length: Largest number of code points; with a language, only if its automaton's
                `length_bound` is known, and not less than its shortest text.
        """
        ...

    def json_names(self, names: Sequence[tuple[str, int]]) -> int:
        """A state that reads one of these quoted names, then continues at that name's state.

        Printable ASCII characters are spelled as themselves; others raw or escaped.
        """
        ...

    def json_string_except(
        self, names: Sequence[str], met: Names = NO_NAMES, language: Language | None = None
    ) -> int:
        """A piece that reads a quoted JSON string whose parsed value is not in `names` or `met`.

        Args:
            names: Names that are known beforehand.
            met: Names met so far, none of them in `names`.
            language: What the parsed value must belong to; None: every string. Every beginning of
                its texts must be that of one that is in neither: of infinitely many
                (`regular.leaves_room`), or of more than there are names (`regular.spare_texts`).
        """
        ...
