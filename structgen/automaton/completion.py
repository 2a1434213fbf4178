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
from collections.abc import Iterator
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
    # (length, tie-breaker, state, cell, text); a state -1 - outcome has returned that outcome.
    queue = [(0, i, *pair, b"") for i, pair in enumerate(engine.pairs(config))]
    order = len(queue)
    done: set[tuple[int, int]] = set()
    while True:
        _, _, state, cell, text = heapq.heappop(queue)  # every configuration can be completed
        if (state, cell) in done:
            continue
        done.add((state, cell))
        if state < 0 and cell == k.BOTTOM:
            return text
        then, start, parents = engine.cell(cell)
        following: list[tuple[int, int, bytes]] = []
        if state >= 0:
            wanted = search.wanted(then) if cell != k.BOTTOM and start < 0 else None
            for outcome, rest in search.texts(state, wanted).items():
                following.append((-1 - outcome, cell, text + rest))
        else:
            if start >= 0:
                then = engine.after(then, (before + text)[start:])
            else:
                then = search.following(then, -1 - state)
            following = [(then, parent, text) for parent in parents]
        for item in following:
            order += 1
            heapq.heappush(queue, (len(item[2]), order, *item))


_Wanted = frozenset[int] | None  # outcomes; None: the first that is found


class _Search:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[int, _Wanted], dict[int, bytes]] = {}
        self._open: dict[tuple[int, _Wanted], bool] = {}
        self._steps = 0

    def wanted(self, then: int) -> _Wanted:
        """The outcomes that matter where `then` comes after a piece."""
        kind, *_ = self._engine.definition(then)
        return frozenset(self._engine.outcomes(then)) if kind == k.SWITCH else None

    def following(self, then: int, outcome: int) -> int:
        """The state after a piece that has returned an outcome."""
        kind, *_ = self._engine.definition(then)
        return self._engine.outcomes(then)[outcome] if kind == k.SWITCH else then

    def texts(self, start: int, wanted: _Wanted) -> dict[int, bytes]:
        """A shortest text from `start` to the end of its piece for each outcome that is wanted.

        Fewer, or none, inside its own search.
        """
        asked = (start, wanted)
        if asked in self._known:
            return self._known[asked]
        if asked in self._open:
            for piece in self._open:  # what depends on a piece passed over is not kept
                self._open[piece] = True
            return {}
        self._open[asked] = False
        found = self._search(start, wanted)
        cut_short = self._open.pop(asked)
        if found and (not cut_short or not self._open):
            self._known[asked] = found
        return found

    def _search(self, start: int, wanted: _Wanted) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        # (length at least, order of calls, what is read, state or -1 - outcome, text).
        queue: list[tuple[int, int, int, int, bytes]] = [(0, 0, 0, start, b"")]
        done: set[tuple[int, bool]] = set()
        order = 0
        while queue:
            _, called, _, state, text = heapq.heappop(queue)
            if (state, bool(called)) in done:
                continue
            done.add((state, bool(called)))
            if state < 0:
                if wanted is None or -1 - state in wanted:
                    found[-1 - state] = text
                if len(found) == (1 if wanted is None else len(wanted)):
                    break
                continue
            self._steps += 1
            if self._steps > MAX_SEARCH_STEPS:
                raise LimitExceededError(
                    "A shortest completion was not found in time", limit="completion_steps"
                )
            if self._engine.definition(state)[0] in (k.CALL, k.CAPTURE) and not called:
                # Looked into only when it is its turn: a call costs at least nothing.
                order += 1
                heapq.heappush(queue, (len(text), order, -len(text), state, text))
                continue
            for piece, target in self._following(state, wanted):
                longer = text + piece
                least = len(longer)
                if target >= 0:
                    least += self._engine.least_length(target)
                heapq.heappush(queue, (least, 0, -len(longer), target, longer))
        return found

    def _following(self, state: int, wanted: _Wanted) -> Iterator[tuple[bytes, int]]:
        """(text, state that it leads to) from a state."""
        kind, p, q, r, *_ = self._engine.definition(state)
        if kind == k.CALL and q == k.RETURN:
            for outcome, text in self.texts(p, wanted).items():
                yield text, -1 - outcome
        elif kind == k.CALL:
            for outcome, text in self.texts(p, self.wanted(q)).items():
                yield text, self.following(q, outcome)
        elif kind == k.CAPTURE:
            for text in self.texts(p, None).values():
                yield text, self._engine.after(state, text)
        elif kind == k.CHOICE:
            yield from ((b"", target) for target in self._engine.alternatives(state))
        elif kind == k.RETURNS:
            yield b"", -1 - p
        else:
            if kind == k.SCAN and r:
                yield b"", -r
            yield from self._engine.steps(state)
