"""A shortest text that completes a configuration.

One search over all frames at once, shortest first. What is looked at is (a piece, one of its
states, a text from the piece's start to there). A call asks for the called piece, whose search
begins at the empty text, and waits for its outcomes; a piece that is asked for twice is searched
once. What is next in the queue is never longer than what any piece can still end with, and a
caller's text is never shorter than the called piece's; so the first end of a piece with an outcome
is a shortest one. That is the order of Knuth's algorithm ('A generalization of Dijkstra's
algorithm', Information Processing Letters 6(1), 1977), on a grammar of which only what is asked for
is made.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

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
        LimitExceededError: More than `MAX_SEARCH_STEPS` states were visited.
        TablesFull: The engine's tables are full.
    """
    if engine.is_accepting(config):
        return b""
    with engine.lock:
        return _Search(engine, config).run()


class _Waiting(NamedTuple):
    """What goes on when a piece ends: `then`, or what follows the captured text of `capture`."""

    search: _Piece
    then: int
    cell: int
    text: bytes
    capture: int = -1


class _Piece:
    """The search of one piece, or of what is left of an open frame.

    The open frames themselves are one more, whose ends come with their cells.
    """

    __slots__ = ("done", "found", "left", "needs_all", "tails", "waiting")

    def __init__(self) -> None:
        self.done: set[tuple[int, int]] = set()
        self.found: dict[int, bytes] = {}  # a shortest text, by outcome
        self.waiting: list[_Waiting] = []
        self.needs_all = False  # whether what waits depends on the outcome
        self.left: list[_Item] = []  # to look at when it does
        self.tails: list[_Piece] = []  # those whose outcome is its own


_NO_CELL = -1
_Item = tuple[int, int, int, _Piece, int, int, bytes]
"""(length at least, what is read, tie-breaker, search, state or -1 - outcome, cell, text)."""


class _Search:
    def __init__(self, engine: Engine, config: int) -> None:
        self._engine = engine
        self._before = engine.text(config)
        self._pieces: dict[int, _Piece] = {}
        self._queue: list[_Item] = []
        self._order = 0
        self._open = _Piece()
        for state, cell in engine.pairs(config):
            self._call(state, _Waiting(self._open, k.RETURN, cell, b""))

    def run(self) -> bytes:
        for _ in range(MAX_SEARCH_STEPS):  # every configuration can be completed
            item = heapq.heappop(self._queue)
            _, _, _, search, state, cell, text = item
            if search.found and not search.needs_all:
                search.left.append(item)
            elif (state, cell) not in search.done:
                search.done.add((state, cell))
                if state >= 0:
                    self._go_on(search, state, cell, text)
                elif search is not self._open:
                    self._end(search, -1 - state, text)
                elif cell == k.BOTTOM:
                    return text
                else:
                    self._leave(cell, -1 - state, text)
        raise LimitExceededError(
            "A shortest completion was not found in time", limit="completion_steps"
        )

    def _push(self, search: _Piece, state: int, cell: int, text: bytes) -> None:
        least = len(text)
        if state >= 0:
            least += self._engine.least_length(state)
        self._order += 1
        item = (least, -len(text), self._order, search, state, cell, text)
        heapq.heappush(self._queue, item)

    def _go_on(self, search: _Piece, state: int, cell: int, text: bytes) -> None:
        """Take all steps from a state."""
        kind, p, q, r, *_ = self._engine.definition(state)
        if kind == k.CALL:
            self._call(p, _Waiting(search, q, cell, text))
        elif kind == k.CAPTURE:
            self._call(p, _Waiting(search, q, cell, text, state))
        elif kind == k.CHOICE:
            for target in self._engine.alternatives(state):
                self._push(search, target, cell, text)
        elif kind == k.RETURNS:
            self._push(search, -1 - p, cell, text)
        else:
            if kind == k.SCAN and r:
                self._push(search, -r, cell, text)
            for byte, target in self._engine.steps(state):
                self._push(search, target, cell, text + byte)

    def _call(self, piece: int, waiting: _Waiting) -> None:
        """Ask for the ends of a piece."""
        search = self._pieces.get(piece)
        if search is None:
            search = self._pieces[piece] = _Piece()
            self._push(search, piece, _NO_CELL, b"")
        search.waiting.append(waiting)
        if waiting.capture < 0 and self._depends_on_outcome(waiting):
            self._need_all(search)
        elif waiting.then == k.RETURN:
            waiting.search.tails.append(search)
        for outcome, text in search.found.items():
            self._resume(waiting, outcome, text)

    def _depends_on_outcome(self, waiting: _Waiting) -> bool:
        search, then, cell, *_ = waiting
        if then == k.RETURN:
            if search is not self._open:
                return search.needs_all
            if cell == k.BOTTOM:
                return False
            then, start, _ = self._engine.cell(cell)
            if start >= 0:
                return False
        return self._engine.definition(then)[0] == k.SWITCH

    def _need_all(self, search: _Piece) -> None:
        """Go on with a piece that has ended already, for its other outcomes."""
        searches = [search]
        for each in searches:
            if not each.needs_all:
                each.needs_all = True
                searches += each.tails
                for item in each.left:
                    heapq.heappush(self._queue, item)
                each.left.clear()

    def _end(self, search: _Piece, outcome: int, text: bytes) -> None:
        """A piece has ended."""
        search.found[outcome] = text
        for waiting in search.waiting:
            self._resume(waiting, outcome, text)

    def _resume(self, waiting: _Waiting, outcome: int, text: bytes) -> None:
        search, then, cell, before, capture = waiting
        if capture >= 0:
            target = self._engine.after(capture, text)
        elif then == k.RETURN:
            target = -1 - outcome
        else:
            target = self._following(then, outcome)
        self._push(search, target, cell, before + text)

    def _leave(self, cell: int, outcome: int, text: bytes) -> None:
        """An open frame has ended."""
        then, start, parents = self._engine.cell(cell)
        if start >= 0:
            then = self._engine.after(then, (self._before + text)[start:])
        else:
            then = self._following(then, outcome)
        for parent in parents:
            self._call(then, _Waiting(self._open, k.RETURN, parent, text))

    def _following(self, then: int, outcome: int) -> int:
        """The state after a call whose piece has returned an outcome."""
        if self._engine.definition(then)[0] != k.SWITCH:
            return then
        return self._engine.outcomes(then)[outcome]
