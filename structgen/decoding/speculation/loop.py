"""The loop with drafts: draft a tree, mask it, look at all of it at once, follow what was chosen.

It takes tokens as `decoding.loop` does, with the same functions, from the same logits; a draft only
decides whether the next logits are there already or need another forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structgen.bitmask import allocate_bitmask, apply_bitmask
from structgen.decoding.loop import Request, refuse_rows
from structgen.decoding.result import DraftStats
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.drafters.protocol import Row
from structgen.decoding.speculation.growth import Draft
from structgen.decoding.speculation.masks import TreeMasks, tree_masks
from structgen.decoding.speculation.speculator import Speculator
from structgen.errors import LimitExceededError
from structgen.models.protocol import PromptSession, SparseSession

if TYPE_CHECKING:
    import torch

    from structgen.decoding.fast_forward import FastForward
    from structgen.models.protocol import TreeSession

__all__ = ["speculate"]

_GUESSED = 8  # tokens that are remembered of each row
_SURE = 0.999


def speculate(
    request: Request,
    session: TreeSession,
    sampling: Sampling,
    fast_forward: FastForward | None,
    speculator: Speculator,
) -> Iterator[tuple[Request, bytes]]:
    """Generate until the request has its finish reason.

    Args:
        request: The request.
        session: A new session of the model.
        sampling: How tokens are chosen.
        fast_forward: How forced text is taken; None leaves every token to the model.
        speculator: Where drafts come from.

    Yields:
        The request and the bytes that were added to its text.

    Raises:
        GenerationError: As `decode`; or a drafter fails.
        VocabularyError: The grammar needs text that the tokens cannot spell.
        LimitExceededError: The engine's tables are too small.
    """
    import torch

    clock = speculator.clock
    start = clock()
    stats = request.stats
    stats.prompt_tokens = len(request.prompt)
    drafts = stats.drafts = DraftStats()
    vocabulary = request.matcher.compiled.vocabulary
    bitmask = allocate_bitmask(speculator.most_nodes + 1, vocabulary.size)
    forced = request.go_on(fast_forward)
    if forced:
        yield request, b"".join(vocabulary.tokens[token] for token in forced)
    stats.mask_seconds = clock() - start
    speculator.begin(request)
    beginning = request.prompt
    if request.finish_reason is None and isinstance(session, PromptSession):
        (beginning,) = session.read([request.prompt])
    pending = beginning + forced
    while request.finish_reason is None:
        began = clock()
        draft = speculator.draft(request, sampling, pending, session)
        drafted = clock()
        try:
            masks = tree_masks(request.matcher, draft.tree, bitmask)
        except LimitExceededError:
            draft = draft.first(0)
            masks = tree_masks(request.matcher, draft.tree, bitmask)
        if len(masks.nodes) < len(draft.tree):
            draft = _legal(draft, masks.nodes)
        masked = clock()
        if isinstance(session, SparseSession):
            session.allow(masks.bitmask)
        logits = session.forward_tree(pending, draft.tree.tokens, draft.tree.parents)
        numbers = ~torch.isnan(logits).any(-1).cpu()  # bool[n + 1]; waits for a device
        seen = clock()
        apply_bitmask(logits, torch.from_numpy(masks.bitmask))
        walk = _Walk(draft, logits, numbers)
        text = walk.go(request, sampling, fast_forward, speculator)
        took = clock()
        known, pending = len(pending), walk.pending
        if request.finish_reason is None:
            session.keep_path(walk.path)
        moved = clock()
        rows = _rows(draft, logits, masks, walk.taken)
        speculator.observe(draft, rows, walk.asked, walk.path, walk.added, drafts)
        done = clock()
        passing = seen - masked + moved - took
        speculator.observe_pass(
            known, len(draft.tree), len(walk.asked), passing, done - began - passing
        )
        stats.forward_passes += 1
        stats.model_seconds += passing
        stats.mask_seconds += masked - drafted + took - seen
        drafts.draft_seconds += drafted - began + done - moved
        stats.seconds = done - start
        stats.tokens = len(request.tokens)
        if text:
            yield request, text
    stats.tokens = len(request.tokens)


@dataclass
class _Walk:
    """From the end of the text along the tree, as far as it was drafted.

    Attributes:
        draft: The legal draft of n nodes.
        logits: floating[n + 1, V], masked.
        numbers: bool[n + 1], where no logit was NaN.
        path: The nodes that are in the text now.
        asked: The nodes (-1 for the end of the text) where the model chose, and its token.
        taken: The same with forced tokens.
        added: The tokens that the text has gained.
        pending: Those after the path, which the model has not seen.
    """

    draft: Draft
    logits: torch.Tensor
    numbers: torch.Tensor
    path: list[int] = field(default_factory=list)
    asked: dict[int, int] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)

    def go(
        self,
        request: Request,
        sampling: Sampling,
        fast_forward: FastForward | None,
        speculator: Speculator,
    ) -> bytes:
        """Take tokens until one was not drafted or the request has ended; their text."""
        tokens = request.matcher.compiled.vocabulary.tokens
        text = b""
        node = -1
        while not self.pending and request.finish_reason is None:
            row = slice(node + 1, node + 2)
            refuse_rows(self.logits[row], self.numbers[row], [request])
            place = (request.seed, len(request.tokens))
            drafted = list(self.draft.tree.children[node + 1])
            law = self.draft.buds[node + 1].law
            token = speculator.verifier(self.logits[row], sampling, place, drafted, law)
            self.asked[node] = token
            text += request.take(token)
            forced = request.go_on(fast_forward)
            text += b"".join(tokens[token] for token in forced)
            node = self._follow(node, [token, *forced])
        return text

    def _follow(self, node: int, tokens: Sequence[int]) -> int:
        """Go along the tree while it has these tokens; what it has not is pending."""
        self.added += tokens
        for index, token in enumerate(tokens):
            self.taken[node] = token
            child = self.draft.tree.children[node + 1].get(token)
            if child is None:
                self.pending = list(tokens[index:])
                break
            self.path.append(child)
            node = child
        return node


def _legal(draft: Draft, nodes: Sequence[int]) -> Draft:
    """The draft of its legal nodes alone."""
    return Draft(
        draft.tree.kept(nodes),
        [draft.chances[node] for node in nodes],
        [draft.sources[node] for node in nodes],
        [draft.buds[0], *(draft.buds[node + 1] for node in nodes)],
    )


def _rows(
    draft: Draft,
    logits: torch.Tensor,
    masks: TreeMasks,
    taken: Mapping[int, int],
) -> list[Row]:
    """What the model said at every point: its most probable tokens, with their shares among them.

    Shares are near enough to chances for a guess, and do not look at the whole vocabulary again.
    """
    best = logits.topk(min(_GUESSED, logits.shape[-1]), dim=-1)
    chances = best.values.float().softmax(-1).nan_to_num(0.0).clamp(max=_SURE).tolist()
    rows = []
    for index, (tokens, row) in enumerate(zip(best.indices.tolist(), chances, strict=True)):
        guess = [(token, chance) for token, chance in zip(tokens, row, strict=True) if chance > 0]
        point = draft.buds[index].point
        place, mask = masks.places[index], masks.bitmask[index]
        rows.append(Row(point.context, place, guess, taken.get(index - 1), mask))
    return rows
