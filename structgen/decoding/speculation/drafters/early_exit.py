"""The target drafts for itself: its first layers, its final norm and its head.

A draft costs the layers up to the exit, and what those computed for the text is in the target's
cache. Which exit pays is measured as the text is written: after each forward pass one exit is asked
what it would have said where the target chose a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structgen.bitmask import allowed_tokens
from structgen.decoding.speculation.drafters.branches import Branches, state_at
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.decoding.speculation.drafters.trimmed import TrimmedHead
from structgen.errors import GenerationError
from structgen.models.inner import InnerModel, InnerSession
from structgen.models.shallow import layer_count, shallow

if TYPE_CHECKING:
    import torch

__all__ = ["EarlyExit", "best_exit"]

MAX_DEPTH = 6
_PLAN = "plan of the exit"  # a note at the end of the text
FREQUENT = 4096  # tokens that an exit can say where many are legal
_SHARES = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)  # of the layers, where exits are
_MEMORY = 0.95  # of experience, from one case to the next
_PRIOR = (1.0, 0.5)  # cases and how many came true, before experience


class EarlyExit:
    """Drafts from an intermediate layer, the one that pays; none where no exit does.

    Args:
        tokens: Those that an exit can say where many are legal; None takes those of the lowest
            ids, which a tokenizer's merges made first since they are frequent.

    Source:
        Entezari Zarch et al., 'DEL: Context-Aware Dynamic Exit Layer for Efficient Self-Speculative
        Decoding', 2025: exits judged by cached states of the target, tokens per layer maximised.
    """

    name = "exit"
    costly = True

    def __init__(self, tokens: Sequence[int] | None = None) -> None:
        self._tokens = tokens
        self._inner: InnerModel | None = None
        self._output: TrimmedHead | None = None
        self._bodies: dict[int, Any] = {}  # by their number of layers
        self._experience: dict[int, tuple[float, float]] = {}  # cases and how many came true
        self._turn = 0

    def begin(self, prompt: Sequence[int]) -> None:
        """What is known of exits stays known."""

    def propose(self, point: Point) -> Guess:
        """What the exit says.

        Raises:
            GenerationError: The model does not tell its states, or its layers are not a list.
        """
        if point.inside is None:
            raise GenerationError(
                f"The drafter {self.name!r} needs a model that tells its hidden states"
            )
        if point.mask is None:
            return ()
        output = self._set_up(point.inside.session.inner)
        notes = point.root.notes
        if _PLAN not in notes:
            notes[_PLAN] = self._plan(point.inside.session)
        branches, length = notes[_PLAN]
        if point.depth >= length:
            return ()
        state = state_at(branches, point, self.name, point.inside.pending)
        if state is None:
            return ()
        return output.guess(state, point.mask)

    def _plan(self, session: InnerSession) -> tuple[Branches | None, int]:
        """What reads the drafts of one tree, up to the exit that pays, and how long they are."""
        exit_layer, length = best_exit(self.chances(), layer_count(session.inner.model))
        if not length or not session.known:  # the whole prompt would have to be read for it
            return None, 0
        cache = session.text_cache(exit_layer)
        return Branches(self._bodies[exit_layer], cache, session.known), length

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Ask one exit, in turn, about the last token that the target had to choose."""
        layers = None if self._inner is None else self._inner.layers
        if layers is None or self._inner is None or self._output is None:
            return
        chosen = [
            (number, row)
            for number, row in enumerate(rows)
            if row.token is not None and len(allowed_tokens(row.mask)) > 1
        ]
        if not chosen or layers[0].shape[1] < len(rows):
            return
        number, row = chosen[-1]
        exits = sorted(self._bodies)
        exit_layer = exits[self._turn % len(exits)]
        self._turn += 1
        state = self._normed(exit_layer, layers[exit_layer][0, number - len(rows)])
        guess = self._output.guess(state, row.mask)
        cases, true = self._experience.get(exit_layer, _PRIOR)
        right = bool(guess) and guess[0][0] == row.token
        self._experience[exit_layer] = _MEMORY * cases + 1, _MEMORY * true + right

    def chances(self) -> dict[int, float]:
        """For each exit, by its number of layers, how often it says what the target chooses."""
        found = {}
        for exit_layer in self._bodies:
            cases, true = self._experience.get(exit_layer, _PRIOR)
            found[exit_layer] = true / cases
        return found

    def _set_up(self, inner: InnerModel) -> TrimmedHead:
        """Make the exits of a model, and have its passes keep what each layer computed."""
        inner.keep_layers = True
        if self._output is None or self._inner is None or self._inner.model is not inner.model:
            weight = inner.head.weight.detach()
            tokens = self._tokens or range(min(FREQUENT, len(weight)))
            self._output = TrimmedHead(weight, tokens, getattr(inner.head, "bias", None))
            layers = layer_count(inner.model)
            exits = {max(1, round(share * layers)) for share in _SHARES} - {layers}
            self._bodies = {number: shallow(inner.model, number) for number in exits}
            self._experience = {}
        self._inner = inner
        return self._output

    def _normed(self, exit_layer: int, state: torch.Tensor) -> torch.Tensor:
        import torch

        with torch.inference_mode():
            normed: torch.Tensor = self._bodies[exit_layer].norm(state)
        return normed


def best_exit(chances: dict[int, float], layers: int) -> tuple[int, int]:
    """The exit, and the length of a draft, with the most expected tokens for each layer run.

    Args:
        chances: For each exit, by its number of layers, the chance that a draft is right.
        layers: Of the target.

    Returns:
        Layers up to the exit, and the length: 0 where no draft is worth its layers.

    Source:
        'DEL', 2025: tokens per layer.

    Example:
        >>> best_exit({8: 0.2, 16: 0.9}, 32)
        (16, 3)
        >>> best_exit({8: 0.2, 28: 0.8}, 32)
        (28, 0)
    """
    best, best_rate = (max(chances, default=0), 0), 1.0 / layers
    for exit_layer, chance in sorted(chances.items()):
        expected = reached = 1.0
        for depth in range(1, MAX_DEPTH + 1):
            reached *= chance
            expected += reached
            rate = expected / (layers + depth * exit_layer)
            if rate > best_rate * (1 + 1e-9):
                best, best_rate = (exit_layer, depth), rate
    return best
