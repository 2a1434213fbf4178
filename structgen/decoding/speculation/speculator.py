"""What lasts from one forward pass to the next: drafters' memories, experience, costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from structgen.decoding.loop import Request
from structgen.decoding.result import DraftStats
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.acceptance import Acceptance
from structgen.decoding.speculation.controller import Controller
from structgen.decoding.speculation.drafters.forced import Forced
from structgen.decoding.speculation.drafters.protocol import (
    CONTEXT_TOKENS,
    Drafter,
    Inside,
    Point,
    Row,
)
from structgen.decoding.speculation.drafters.retrieval import Retrieval
from structgen.decoding.speculation.growth import Bud, Draft, Growth, is_costly
from structgen.decoding.speculation.options import (
    DRAFTERS,
    FORCED,
    INNER,
    MAX_NODES,
    Speculation,
)
from structgen.decoding.speculation.tree import DraftTree
from structgen.decoding.speculation.verifiers import VERIFIERS, derived_seed
from structgen.errors import LimitExceededError
from structgen.matcher import Matcher
from structgen.models.inner import InnerSession
from structgen.models.protocol import TreeSession

__all__ = ["Speculator"]


class Speculator:
    """Drafts trees and learns from what became of them.

    It may be used for one request after the other: what was learnt in one helps the next, and
    changes no text.

    Args:
        options: What the user says.
        cut: The tokens of text that is the only way on.
        fast_forward: Decoding takes that cut without asking the model.
        vocabulary_size: V.
        controller: Where sizes of trees come from; None where `options` has a fixed size.
        clock: Tells seconds.
    """

    def __init__(
        self,
        options: Speculation,
        cut: Callable[[Matcher, Sequence[int]], list[int]],
        fast_forward: bool,
        vocabulary_size: int,
        controller: Controller | None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.clock = clock
        self.verifier = VERIFIERS[options.verifier]
        self.most_nodes = MAX_NODES if isinstance(options.nodes, str) else options.nodes
        self._draws = options.verifier == "rejection"
        self._noisy = options.verifier == "match"
        drafters = [self._drafter(drafter, cut, fast_forward) for drafter in options.drafters]
        # Costly ones are asked where others are not certain; what is retrieved, all others prune.
        self._drafters = sorted(
            drafters, key=lambda one: (isinstance(one, Retrieval), is_costly(one))
        )
        self._acceptance = Acceptance()
        self._controller = controller
        self._drafted = 0  # nodes of the last tree, before it was cut to the best size
        self._growth = Growth(
            self._drafters,
            self._acceptance,
            vocabulary_size,
            self.most_nodes,
            options.most_children,
        )

    @staticmethod
    def _drafter(
        drafter: str | Drafter,
        cut: Callable[[Matcher, Sequence[int]], list[int]],
        fast_forward: bool,
    ) -> Drafter:
        if not isinstance(drafter, str):
            return drafter
        if drafter == FORCED:
            return Forced(cut, certain=fast_forward)
        return (DRAFTERS.get(drafter) or INNER[drafter])()

    def begin(self, request: Request) -> None:
        """A new request starts."""
        for drafter in self._drafters:
            drafter.begin([*request.prompt, *request.tokens])

    def draft(
        self,
        request: Request,
        sampling: Sampling,
        pending: Sequence[int],
        session: TreeSession,
    ) -> Draft:
        """Draft a tree at the end of a request's text.

        Args:
            request: The request.
            sampling: How its tokens are chosen.
            pending: The last tokens of the text, which the model has not seen yet.
            session: The model's, of this text.

        Raises:
            GenerationError: A drafter fails, or proposes what is no token.
        """
        self._drafted = 0
        answer = request.tokens[-CONTEXT_TOKENS:]
        context = (*request.prompt[-CONTEXT_TOKENS:], *answer)[-CONTEXT_TOKENS:]
        inside = Inside(session, tuple(pending)) if isinstance(session, InnerSession) else None
        root = Point(context, len(request.tokens), request.matcher, inside=inside)
        random = sampling.temperature > 0
        draws = random and self._draws
        controller = self._controller
        try:
            draft = self._growth.grow(
                root,
                request.max_new_tokens - len(request.tokens) - 1,
                (request.seed, sampling.temperature) if random and self._noisy else None,
                derived_seed(request.seed, f"draft {len(request.tokens)}") if draws else None,
                lambda nodes, expected, chance: (
                    controller is None or controller.may_pay(nodes, expected, chance, len(pending))
                ),
            )
        except LimitExceededError:  # drafts need more room than the text: the text may still fit
            return Draft(DraftTree((), ()), [], [], [Bud(root)])
        self._drafted = len(draft.tree)
        if controller is not None and not draws:  # leaving out what was drawn would be a choice
            draft = draft.first(controller.best_size(draft.chances, len(pending)))
        return draft

    def observe_pass(
        self, pending: int, nodes: int, chosen: int, seconds: float, around: float
    ) -> None:
        """Learn what a forward pass and its draft cost, and what they were good for.

        Args:
            pending: Tokens that were fed in any case.
            nodes: Drafts that were fed with them.
            chosen: Tokens that the model chose.
            seconds: Of the pass.
            around: Seconds of all else.
        """
        if self._controller is not None:
            self._controller.observe(pending, nodes, self._drafted, chosen, seconds, around)

    def observe(
        self,
        draft: Draft,
        rows: Sequence[Row],
        asked: Mapping[int, int],
        path: Sequence[int],
        added: Sequence[int],
        stats: DraftStats,
    ) -> None:
        """Learn what became of a draft.

        Args:
            draft: The draft, its legal nodes only.
            rows: What the model said, at the end of the text and at each node.
            asked: The nodes (-1 for the end of the text) where the model chose, and what.
            path: The nodes that are in the text now.
            added: What the text has gained.
            stats: The request's.
        """
        for node, token in asked.items():
            for name, guess in draft.buds[node + 1].point.said.items():
                for guessed, said in guess:
                    self._acceptance.record(name, said, came_true=guessed == token)
        accepted = set(path)
        for node, (depth, names) in enumerate(zip(draft.tree.depths, draft.sources, strict=True)):
            came = int(node in accepted)
            stats.drafted += 1
            stats.accepted += came
            drafted, good = stats.by_depth.get(depth, (0, 0))
            stats.by_depth[depth] = drafted + 1, good + came
            for name in names:
                drafted, good = stats.by_drafter.get(name, (0, 0))
                stats.by_drafter[name] = drafted + 1, good + came
        for drafter in self._drafters:
            drafter.observe(rows, added)
