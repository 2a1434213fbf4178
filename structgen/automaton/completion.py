"""A shortest text that completes a configuration.

Within a frame this is a search over its states, those first of which the whole text may be
shortest (an automaton knows how much must still come); a call costs what the called piece costs,
found by the same search. A shortest text never nests a piece in itself at the same state (leaving
out the nesting would be shorter), so a piece that is met again while it is being searched is passed
over there (Knuth, 'A generalization of Dijkstra's algorithm', Information Processing Letters 6(1),
1977, has the general argument).
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from structgen.automaton import kernels as k
from structgen.errors import LimitExceededError

if TYPE_CHECKING:
    from structgen.automaton.engine import Engine

__all__ = ["shortest_completion"]

MAX_SEARCH_STEPS = 200_000


def shortest_completion(engine: Engine, config: int) -> bytes:
    """A shortest text that leads from `config` to the end of the language.

    Args:
        engine: The engine; its tables may grow.
        config: A configuration.

    Raises:
        LimitExceededError: More than `MAX_SEARCH_STEPS` states were visited, or pieces call each
            other more deeply than Python can follow.
        TablesFull: The engine's tables are full.
    """
    if engine.is_accepting(config):
        return b""
    with engine.lock:
        try:
            return _shortest(engine, config)
        except RecursionError:
            raise LimitExceededError(
                "A shortest completion is nested too deeply", limit="completion_nesting"
            ) from None


def _shortest(engine: Engine, config: int) -> bytes:
    search = _Search(engine)
    before = engine.text(config)
    # (length, tie-breaker, state, cell, text): state RETURN has read its frame.
    queue = [(0, i, *pair, b"") for i, pair in enumerate(engine.pairs(config))]
    order = len(queue)
    done: set[tuple[int, int]] = set()
    while True:
        _, _, state, cell, text = heapq.heappop(queue)  # every configuration can be completed
        if (state, cell) in done:
            continue
        done.add((state, cell))
        following: list[tuple[int, int, bytes]] = []
        if state != k.RETURN:
            rest = search.text(state)
            following = [] if rest is None else [(k.RETURN, cell, text + rest)]
        elif cell == k.BOTTOM:
            return text
        else:
            then, start, parents = engine.cell(cell)
            if start >= 0:
                then = engine.after(then, (before + text)[start:])
            following = [(then, parent, text) for parent in parents]
        for item in following:
            order += 1
            heapq.heappush(queue, (len(item[2]), order, *item))


class _Search:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[int, bytes | None] = {k.RETURN: b""}
        self._open: dict[int, bool] = {}
        self._steps = 0

    def text(self, start: int) -> bytes | None:
        """A shortest text from `start` to the end of its piece; None inside its own search."""
        if start in self._known:
            return self._known[start]
        if start in self._open:
            for piece in self._open:  # what depends on a piece passed over is not kept
                self._open[piece] = True
            return None
        self._open[start] = False
        found = self._search(start)
        cut_short = self._open.pop(start)
        if found is not None and (not cut_short or not self._open):
            self._known[start] = found
        return found

    def _search(self, start: int) -> bytes | None:
        # (length at least, order of calls, what is read, state, text).
        queue: list[tuple[int, int, int, int, bytes]] = [(0, 0, 0, start, b"")]
        done: set[tuple[int, bool]] = set()
        order = 0
        while queue:
            _, called, _, state, text = heapq.heappop(queue)
            if state == k.RETURN and not called:
                return text
            if (state, bool(called)) in done:
                continue
            done.add((state, bool(called)))
            self._steps += 1
            if self._steps > MAX_SEARCH_STEPS:
                raise LimitExceededError(
                    "A shortest completion was not found in time", limit="completion_steps"
                )
            following: list[tuple[bytes, int]]
            definition = self._engine.definition(state)
            if definition[0] in (k.CALL, k.CAPTURE) and not called:
                # Looked into only when it is its turn: a call costs at least nothing.
                order += 1
                heapq.heappush(queue, (len(text), order, -len(text), state, text))
                continue
            if definition[0] == k.CALL:
                inner = self.text(definition[1])
                following = [] if inner is None else [(inner, definition[2])]
            elif definition[0] == k.CAPTURE:
                inner = self.text(definition[1])
                following = [] if inner is None else [(inner, self._engine.after(state, inner))]
            elif definition[0] == k.CHOICE:
                following = [(b"", target) for target in self._engine.alternatives(state)]
            else:
                following = self._engine.steps(state)
                if definition[0] == k.SCAN and definition[3]:
                    following = [(b"", k.RETURN), *following]
            for piece, target in following:
                longer = text + piece
                least = len(longer) + self._engine.least_length(target)
                heapq.heappush(queue, (least, 0, -len(longer), target, longer))
        return None
