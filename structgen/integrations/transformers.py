"""A logits processor for transformers' own `generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structgen.bitmask import allocate_bitmask, apply_bitmask
from structgen.errors import GenerationError
from structgen.matcher import fill_bitmasks

if TYPE_CHECKING:
    import torch

    from structgen.compiler import CompiledGrammar
    from structgen.matcher import Matcher

__all__ = ["LogitsProcessor"]


class LogitsProcessor:
    """Constrain `model.generate(..., logits_processor=[LogitsProcessor(compiled)])`.

    Use one for each call of `generate`. The first call fixes the prompts; later calls take the
    tokens that have been added since. Rows may be reordered (beams): a row whose tokens are not
    those of its matcher goes back to the last token they share.

    Args:
        compiled: The grammar over the model's vocabulary.

    Raises:
        GenerationError: A row holds a token that the grammar does not allow, or the prompts are
            others than in the first call.
        VocabularyError: A row cannot go on (as in `Matcher.fill_bitmask`).
        LimitExceededError: A mask needs more room than the engine's tables have.

    Example:
        >>> import structgen as sg, torch
        >>> vocabulary = sg.Vocabulary([b"a", b"b", b""], eos_token_ids=[2])
        >>> compiled = sg.compile(sg.regex("ab"), vocabulary)
        >>> processor = sg.LogitsProcessor(compiled)
        >>> processor(torch.tensor([[1, 1]]), torch.zeros(1, 3)).tolist()
        [[0.0, -inf, -inf]]
        >>> processor(torch.tensor([[1, 1, 0]]), torch.zeros(1, 3)).tolist()
        [[-inf, 0.0, -inf]]
    """

    def __init__(self, compiled: CompiledGrammar) -> None:
        self._compiled = compiled
        self._prompts: torch.Tensor | None = None  # int64[B, P]
        self._matchers: list[Matcher] = []
        self._taken: list[list[int]] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Forbid what the grammar does not allow.

        Args:
            input_ids: int64[B, L], prompts and what has been generated.
            scores: floating[B, V], changed in place and returned.
        """
        import torch

        rows = input_ids.shape[0]
        if self._prompts is None:
            self._prompts = input_ids.clone()
            self._matchers = [self._compiled.matcher() for _ in range(rows)]
            self._taken = [[] for _ in range(rows)]
        if len(self._matchers) != rows:
            raise GenerationError(
                f"The batch has changed from {len(self._matchers)} to {rows} rows: use a new "
                "LogitsProcessor for each call of generate"
            )
        length = self._prompts.shape[1]
        if not torch.equal(input_ids[:, :length], self._prompts):
            raise GenerationError(
                "The prompts are not those of the first call: use a new LogitsProcessor for each "
                "call of generate"
            )
        generated = input_ids[:, length:].tolist()
        states = list(zip(self._matchers, self._taken, strict=True))
        for row, tokens in enumerate(generated):
            matcher, taken = self._closest(states, row, tokens)
            self._matchers[row], self._taken[row] = matcher, taken
        bitmask = allocate_bitmask(rows, self._compiled.vocabulary.size)
        fill_bitmasks(self._matchers, bitmask)
        apply_bitmask(scores, torch.from_numpy(bitmask))
        return scores

    def _closest(
        self,
        states: list[tuple[Matcher, list[int]]],
        row: int,
        tokens: list[int],
    ) -> tuple[Matcher, list[int]]:
        """A matcher at the end of `tokens`, from the row that shares most with them."""

        def shared(index: int) -> int:
            count = 0
            for mine, theirs in zip(tokens, states[index][1], strict=False):
                if mine != theirs:
                    break
                count += 1
            return count

        best = row
        if shared(row) < len(states[row][1]):
            best = max(range(len(states)), key=shared)
        keep = shared(best)
        source, taken = states[best]
        matcher = source.fork()  # several rows may go on from the same one
        matcher.rollback(len(taken) - keep)
        accepted = taken[:keep]
        for token in tokens[keep:]:
            if matcher.is_terminated:  # the rest is padding
                break
            if not matcher.accept_token(token):
                raise GenerationError(f"Row {row} holds token {token}, which is not allowed there")
            accepted.append(token)
        return matcher, accepted
