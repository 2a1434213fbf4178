"""Text that is the only way on, in the tokenizer's own cut.

Often a single text is possible and yet many tokens are (`n`, `na`, `name`): a model nearly always
takes the cut that its tokenizer makes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from structgen.decoding.fast_forward import CONTEXT_TOKENS
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.matcher import Matcher

__all__ = ["Forced"]

CHANCE = 0.95  # before experience
MAX_ENTRIES = 1 << 14  # then all are forgotten


class Forced:
    """Drafts of forced text.

    Args:
        cut: The tokens of the text that is the only way on (`FastForward.tokens`).
        certain: Decoding takes the same cut without asking the model.
    """

    name = "forced"

    def __init__(
        self, cut: Callable[[Matcher, Sequence[int]], list[int]], *, certain: bool
    ) -> None:
        self._cut = cut
        self._runs: dict[Hashable, list[int]] = {}
        self._chance = 1.0 if certain else CHANCE

    def begin(self, prompt: Sequence[int]) -> None:
        """Nothing is remembered."""

    def propose(self, point: Point) -> Guess:
        """The next token of the run that the point is in, or of one that begins there."""
        before = point.parent.notes.get(self.name, []) if point.parent is not None else []
        if len(before) > 1 and before[0] == point.context[-1]:
            run = before[1:]
        else:
            run = self._run(point)
        if not run:
            return ()
        point.notes[self.name] = run
        return ((run[0], self._chance),)

    def _run(self, point: Point) -> list[int]:
        taken = point.context[-point.answered :] if point.answered else ()
        key = point.matcher.place, taken[-CONTEXT_TOKENS:]
        run = self._runs.get(key)
        if run is None:
            if len(self._runs) >= MAX_ENTRIES:
                self._runs.clear()
            run = self._runs[key] = self._cut(point.matcher, taken)
        return run

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Nothing is learnt."""
