"""The loop: feed, mask, choose, take.

It does not know where logits come from (`models.protocol`), what a grammar is (`Matcher`), or how
prompts are written. Rows of a batch are independent: they share forward passes and mask calls only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structgen.bitmask import allocate_bitmask, apply_bitmask
from structgen.decoding.result import FinishReason, Stats
from structgen.decoding.sampling import Sampling, choose
from structgen.errors import GenerationError
from structgen.matcher import Matcher, fill_bitmasks
from structgen.models.protocol import PromptSession, SparseSession

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from structgen.decoding.fast_forward import FastForward
    from structgen.models.protocol import Session

__all__ = ["Request", "decode", "refuse_rows"]


@dataclass
class Request:
    """One text that is being generated.

    Args:
        prompt: Its tokens, at least one.
        matcher: The request's own, at the beginning of the text.
        max_new_tokens: When to stop.
        seed: What its draws depend on, with the position in the text and the token.
    """

    prompt: list[int]
    matcher: Matcher
    max_new_tokens: int
    seed: int
    tokens: list[int] = field(default_factory=list)
    finish_reason: FinishReason | None = None
    stats: Stats = field(default_factory=Stats)

    def take(self, token: int) -> bytes:
        """Take a token that the mask allows; its text."""
        taken = self.matcher.accept_token(token)
        assert taken, "only allowed tokens are chosen or forced"
        if self.matcher.is_terminated:
            self.finish_reason = "complete"
            return b""
        self.tokens.append(token)
        return self.matcher.compiled.vocabulary.tokens[token]

    def go_on(self, fast_forward: FastForward | None) -> list[int]:
        """Take forced text, and see whether that was all; the tokens taken."""
        forced: list[int] = []
        if fast_forward is not None and self.finish_reason is None:
            left = self.max_new_tokens - len(self.tokens)
            forced = fast_forward.tokens(self.matcher, self.tokens)[:left]
            for token in forced:
                self.take(token)
            self.stats.forced_tokens += len(forced)
        if self.finish_reason is None:
            if self.matcher.is_accepting and not self.matcher.next_bytes():
                self.finish_reason = "complete"
            elif len(self.tokens) >= self.max_new_tokens:
                self.finish_reason = "length"
        return forced


def decode(
    requests: Sequence[Request],
    session: Session,
    sampling: Sampling,
    fast_forward: FastForward | None,
) -> Iterator[tuple[Request, bytes]]:
    """Generate until every request has its finish reason.

    Args:
        requests: B requests over the same vocabulary.
        session: A new session of the model.
        sampling: How tokens are chosen.
        fast_forward: How forced text is taken; None leaves every token to the model.

    Yields:
        A request and the bytes that were added to its text.

    Raises:
        GenerationError: The model's logits are not numbers, or rule out every allowed token.
        VocabularyError: The grammar needs text that the tokens cannot spell.
        LimitExceededError: The engine's tables are too small.
    """
    import torch

    start = time.perf_counter()
    rows: list[tuple[Request, list[int]]] = []  # requests that go on, and what to feed
    for request in requests:
        forced = request.go_on(fast_forward)
        request.stats.prompt_tokens = len(request.prompt)
        if forced:
            yield request, _text(request, forced)
        if request.finish_reason is None:
            rows.append((request, forced))
    started = time.perf_counter()
    for request in requests:
        request.stats.mask_seconds = request.stats.seconds = started - start
    beginnings = [request.prompt for request, _ in rows]
    if rows and isinstance(session, PromptSession):
        beginnings = session.read(beginnings)
    rows = [
        (request, beginning + forced)
        for (request, forced), beginning in zip(rows, beginnings, strict=True)
    ]
    while rows:
        before = time.perf_counter()
        active = [request for request, _ in rows]
        bitmask = None
        if isinstance(session, SparseSession):
            bitmask = _masks(active)
            session.allow(bitmask)
        allowed = time.perf_counter()
        logits = session.forward([tokens for _, tokens in rows])  # [B, V]
        fed = time.perf_counter()
        if bitmask is None:  # while a device may still be computing
            bitmask = _masks(active)
        numbers = ~torch.isnan(logits).any(-1)  # bool[B]
        apply_bitmask(logits, torch.from_numpy(bitmask))
        refuse_rows(logits, numbers, active)
        masked = time.perf_counter()
        places = [(request.seed, len(request.tokens)) for request in active]
        chosen = choose(logits, sampling, places)
        took = time.perf_counter()
        pieces = []
        rows = []
        for request, token in zip(active, chosen, strict=True):
            text = request.take(token)
            forced = request.go_on(fast_forward)
            pieces.append(text + _text(request, forced))
            rows.append((request, [token, *forced]))
        done = time.perf_counter()
        for request in active:
            request.stats.forward_passes += 1
            request.stats.model_seconds += fed - allowed
            request.stats.mask_seconds += allowed - before + masked - fed + done - took
            request.stats.seconds = done - start
        stay = [index for index, (request, _) in enumerate(rows) if request.finish_reason is None]
        if stay and len(stay) < len(rows):
            session.keep(stay)
        rows = [rows[index] for index in stay]
        for request, piece in zip(active, pieces, strict=True):
            if piece:
                yield request, piece
    for request in requests:
        request.stats.tokens = len(request.tokens)


def _masks(requests: Sequence[Request]) -> NDArray[np.int32]:
    """int32[B, W], what may come next in each."""
    vocabulary = requests[0].matcher.compiled.vocabulary
    bitmask = allocate_bitmask(len(requests), vocabulary.size)
    fill_bitmasks([request.matcher for request in requests], bitmask)
    return bitmask


def _text(request: Request, tokens: list[int]) -> bytes:
    return b"".join(request.matcher.compiled.vocabulary.tokens[token] for token in tokens)


def refuse_rows(logits: torch.Tensor, numbers: torch.Tensor, requests: Sequence[Request]) -> None:
    """Refuse logits that no token can be chosen from.

    Args:
        logits: floating[B, V], masked.
        numbers: bool[B], whether no logit of the row was NaN.
        requests: Those of the B rows.

    Raises:
        GenerationError: A row is not of numbers, or allows nothing that the model could choose.
        VocabularyError: The grammar needs text that the tokens cannot spell.
    """
    import torch

    if not bool(numbers.all()):
        raise GenerationError("The model's logits are not numbers (NaN)")
    hopeless = torch.isneginf(logits.amax(-1)).tolist()
    if any(hopeless):
        matcher = requests[hopeless.index(True)].matcher
        matcher.fill_bitmask(allocate_bitmask(1, logits.shape[-1])[0])  # may say what is missing
        raise GenerationError(
            "The model gives no probability to any of the tokens that may come next"
        )
