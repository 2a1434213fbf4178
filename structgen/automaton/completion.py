"""A shortest text that completes a configuration.

One search over all frames at once. What is looked at is (a piece, one of its states, a text from
the piece's start to there). A call asks for the called piece, whose search begins at the empty
text, and waits for its outcomes; a piece that is asked for twice is searched once. What is next is
what may lead to the shortest whole: the text so far, what its piece needs at least from there, and
what whoever waits for the piece has and needs at least. So the first whole text is a shortest one.

Source:
    Klein and Manning, 'A* parsing: fast exact Viterbi parse selection', HLT-NAACL 2003, on a
    grammar of which only what is asked for is made. Bounds need not be consistent here: a state is
    looked at again when a shorter text leads to it.
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

    piece: _Piece
    then: int
    cell: int
    text: bytes
    capture: int = -1


_NO_CELL = -1
_Item = tuple[int, int, int, int, int, bytes]
"""(length at least, - what is read, tie-breaker, state or -1 - outcome, cell, text)."""


class _Piece:
    """The search of one piece, or of what is left of an open frame.

    The open frames themselves are one more, whose ends come with their cells.

    Attributes:
        outside: No text that it is part of has fewer bytes besides its own.
        queue: What is to be looked at.
        lengths: The shortest text that has led to each (state, cell).
        found: A shortest text, by outcome.
        waiting: What goes on when it ends.
        called: The pieces that it waits for, and what is outside of them but inside of it.
        needs_all: Whether what waits depends on the outcome; if not, one is enough.
        tails: The pieces whose outcome is its own.
    """

    __slots__ = (
        "called",
        "found",
        "lengths",
        "needs_all",
        "outside",
        "queue",
        "tails",
        "waiting",
    )

    def __init__(self, outside: int) -> None:
        self.outside = outside
        self.queue: list[_Item] = []
        self.lengths: dict[tuple[int, int], int] = {}
        self.found: dict[int, bytes] = {}
        self.waiting: list[_Waiting] = []
        self.called: list[tuple[_Piece, int]] = []
        self.needs_all = False
        self.tails: list[_Piece] = []

    @property
    def least(self) -> int | None:
        """No text that what is to be looked at leads to has fewer bytes; None: nothing is."""
        if not self.queue or (self.found and not self.needs_all):
            return None
        return self.outside + self.queue[0][0]


class _Search:
    def __init__(self, engine: Engine, config: int) -> None:
        self._engine = engine
        self._before = engine.text(config)
        self._pieces: dict[int, _Piece] = {}
        self._queue: list[tuple[int, int, _Piece]] = []
        self._order = 0
        self._open = _Piece(0)
        for state, cell in engine.pairs(config):
            self._call(state, _Waiting(self._open, k.RETURN, cell, b""))

    def run(self) -> bytes:
        for _ in range(MAX_SEARCH_STEPS):  # every configuration can be completed
            piece = self._next()
            _, _, _, state, cell, text = heapq.heappop(piece.queue)
            if len(text) == piece.lengths[state, cell]:
                if state >= 0:
                    self._go_on(piece, state, cell, text)
                elif piece is not self._open:
                    self._end(piece, -1 - state, text)
                elif cell == k.BOTTOM:
                    return text
                else:
                    self._leave(cell, -1 - state, text)
            self._offer(piece)
        raise LimitExceededError(
            "A shortest completion was not found in time", limit="completion_steps"
        )

    # --- Queues ---------------------------------------------------------------------------------

    def _next(self) -> _Piece:
        """The piece with the least of all."""
        while True:
            least, _, piece = heapq.heappop(self._queue)
            if least == piece.least:
                return piece

    def _offer(self, piece: _Piece) -> None:
        """Put a piece in its place, where its `least` may have changed."""
        least = piece.least
        if least is not None:
            self._order += 1
            heapq.heappush(self._queue, (least, -self._order, piece))

    def _push(self, piece: _Piece, state: int, cell: int, text: bytes) -> None:
        known = piece.lengths.get((state, cell))
        if known is not None and known <= len(text):
            return
        piece.lengths[state, cell] = len(text)
        least = len(text)
        if state >= 0:
            least += self._engine.least_length(state)
        self._order += 1
        heapq.heappush(piece.queue, (least, -len(text), self._order, state, cell, text))
        if piece.queue[0][2] == self._order:
            self._offer(piece)

    # --- Steps ----------------------------------------------------------------------------------

    def _go_on(self, piece: _Piece, state: int, cell: int, text: bytes) -> None:
        """Take all steps from a state."""
        kind, p, q, r, *_ = self._engine.definition(state)
        if kind == k.CALL:
            self._call(p, _Waiting(piece, q, cell, text))
        elif kind == k.CAPTURE:
            self._call(p, _Waiting(piece, q, cell, text, state))
        elif kind == k.CHOICE:
            for target in self._engine.alternatives(state):
                self._push(piece, target, cell, text)
        elif kind == k.RETURNS:
            self._push(piece, -1 - p, cell, text)
        else:
            if kind == k.SCAN and r:
                self._push(piece, -r, cell, text)
            for byte, target in self._engine.steps(state):
                self._push(piece, target, cell, text + byte)

    def _call(self, state: int, waiting: _Waiting) -> None:
        """Ask for the ends of a piece."""
        inside = len(waiting.text)
        if waiting.capture < 0:
            inside += self._least_after(waiting.then)
        outside = waiting.piece.outside + inside
        piece = self._pieces.get(state)
        if piece is None:
            piece = self._pieces[state] = _Piece(outside)
            self._push(piece, state, _NO_CELL, b"")
        waiting.piece.called.append((piece, inside))
        piece.waiting.append(waiting)
        self._lower(piece, outside)
        if waiting.capture < 0 and self._depends_on_outcome(waiting):
            self._need_all(piece)
        elif waiting.then == k.RETURN:
            waiting.piece.tails.append(piece)
        for outcome, text in piece.found.items():
            self._resume(waiting, outcome, text)

    def _least_after(self, then: int) -> int:
        kind, *_ = self._engine.definition(then)
        if kind == k.SWITCH:
            targets = self._engine.outcomes(then).values()
            return min(self._engine.least_length(target) for target in targets)
        return self._engine.least_length(then)

    def _lower(self, piece: _Piece, outside: int) -> None:
        """Less is outside of a piece than was known, and so of those that it waits for."""
        lowered = [(piece, outside)]
        for each, bound in lowered:
            if bound < each.outside:
                each.outside = bound
                self._offer(each)
                lowered += [(called, bound + inside) for called, inside in each.called]

    def _depends_on_outcome(self, waiting: _Waiting) -> bool:
        piece, then, cell, *_ = waiting
        if then == k.RETURN:
            if piece is not self._open:
                return piece.needs_all
            if cell == k.BOTTOM:
                return False
            then, start, _ = self._engine.cell(cell)
            if start >= 0:
                return False
        return self._engine.definition(then)[0] == k.SWITCH

    def _need_all(self, piece: _Piece) -> None:
        """Go on with a piece that has ended already, for its other outcomes."""
        pieces = [piece]
        for each in pieces:
            if not each.needs_all:
                each.needs_all = True
                pieces += each.tails
                self._offer(each)

    def _end(self, piece: _Piece, outcome: int, text: bytes) -> None:
        """A piece has ended."""
        piece.found[outcome] = text
        for waiting in piece.waiting:
            self._resume(waiting, outcome, text)

    def _resume(self, waiting: _Waiting, outcome: int, text: bytes) -> None:
        piece, then, cell, before, capture = waiting
        if capture >= 0:
            target = self._engine.after(capture, text)
        elif then == k.RETURN:
            target = -1 - outcome
        else:
            target = self._following(then, outcome)
        self._push(piece, target, cell, before + text)

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
