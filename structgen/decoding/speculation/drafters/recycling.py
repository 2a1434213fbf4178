"""The model's own second thoughts: what it found probable the last time that it was here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row

__all__ = ["Recycling", "StateRecycling"]

MAX_ENTRIES = 1 << 17  # then all are forgotten


class Recycling:
    """For each token, the model's most probable successors when it last saw the token.

    They come from every node of every tree, the rejected ones too.

    Source:
        Luo et al., 'Turning Trash into Treasure: Accelerating Inference of Large Language Models
        with Token Recycling', ACL 2025, section 3.
    """

    name = "recycling"

    def __init__(self) -> None:
        self._after: dict[Hashable, Guess] = {}

    def begin(self, prompt: Sequence[int]) -> None:
        """What is known stays known."""

    def propose(self, point: Point) -> Guess:
        """What came last time."""
        return self._after.get(self._key(point.matcher.place, point.context), ())

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """The newest word counts; what was taken counts most."""
        if len(self._after) > MAX_ENTRIES:
            self._after.clear()
        for row in sorted(rows, key=lambda row: row.token is not None):
            self._after[self._key(row.place, row.context)] = row.guess

    def _key(self, place: Hashable, context: tuple[int, ...]) -> Hashable:
        return context[-1]


class StateRecycling(Recycling):
    """The same, for each token at each place in the grammar.

    A schema has few places, and a model that filled one in has said much about the next time.
    """

    name = "state"

    def _key(self, place: Hashable, context: tuple[int, ...]) -> Hashable:
        return place, context[-1]
