"""One request's place in a grammar.

A matcher is a list of configurations, one per token taken, each an int. Rollback drops some, fork
copies the list. Nothing else is kept, so the tokens are enough to find the place again when the
engine has emptied its tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import ENDED, TablesFull
from structgen.automaton.completion import shortest_completion
from structgen.errors import LimitExceededError, VocabularyError
from structgen.mask_rows import allow_only, check_width, int32_rows

if TYPE_CHECKING:
    from structgen.compiler import CompiledGrammar

__all__ = ["Matcher", "fill_bitmasks"]

Answer = TypeVar("Answer")

MAX_FORCED_BYTES = 1 << 14
_NO_ROW: NDArray[np.int32] = np.empty(0, np.int32)


class Matcher:
    """One request: which tokens may come next, and what has been taken.

    Made by `CompiledGrammar.matcher`. Not thread-safe by itself; matchers of the same compiled
    grammar may be used from different threads.

    Example:
        >>> import structgen as sg
        >>> tokens = [b"a", b"b", b"ab", b""]
        >>> compiled = sg.compile(sg.regex("ab"), sg.Vocabulary(tokens, eos_token_ids=[3]))
        >>> matcher = compiled.matcher()
        >>> mask = sg.allocate_bitmask(1, len(tokens))[0]
        >>> matcher.fill_bitmask(mask)
        >>> [token for token in range(4) if mask[0] >> token & 1]
        [0, 2]
        >>> matcher.accept_tokens([2, 3]), matcher.is_terminated
        (2, True)
    """

    __slots__ = (
        "_checked_row",
        "_compiled",
        "_configs",
        "_engine",
        "_generation",
        "_is_terminated",
        "_spells_all",
        "_taken",
    )

    def __init__(self, compiled: CompiledGrammar) -> None:
        self._compiled = compiled
        self._engine = compiled.engine
        self._spells_all = not compiled.vocabulary.unspelled_bytes
        self._generation, initial = compiled.initial()
        self._configs = [initial]
        self._taken: list[int | bytes] = []
        self._is_terminated = False
        # A numpy buffer is checked once: most requests have one for all their masks.
        self._checked_row = _NO_ROW

    # --- Where the request is -------------------------------------------------------------------

    @property
    def compiled(self) -> CompiledGrammar:
        """The grammar and vocabulary of this request."""
        return self._compiled

    @property
    def is_accepting(self) -> bool:
        """Whether the text taken so far is complete: end-of-sequence may come here."""
        return self._run(lambda: self._engine.is_accepting(self._configs[-1]))

    @property
    def is_terminated(self) -> bool:
        """Whether end-of-sequence has been taken."""
        return self._is_terminated

    @property
    def place(self) -> tuple[int, int, bool]:
        """Where in the grammar the request is.

        Requests of one vocabulary that are at equal places can go on in the same ways. The
        reverse need not hold, and a place means nothing after the engine has emptied its tables.
        """
        return self._generation, self._configs[-1], self._is_terminated

    # --- Masks ----------------------------------------------------------------------------------

    def fill_bitmask(self, row: Any) -> None:
        """Write which tokens may come next.

        After end-of-sequence only the end-of-sequence bits are set, so that a finished row of a
        batch can be padded; `accept_token` takes nothing more.

        Args:
            row: int32[ceil(V/32)], a contiguous numpy array or CPU torch tensor; bit i of word w
                allows token 32*w + i. Wider rows are cleared beyond the vocabulary.

        Raises:
            ValueError: `row` has another shape or dtype, is not contiguous or is read-only.
            VocabularyError: No token can go on, though the text is not complete: the grammar needs
                text that the tokens cannot spell (docs/vocabulary.md).
            LimitExceededError: The mask needs more room than the engine's tables have.
        """
        array = row
        if row is not self._checked_row:
            array = int32_rows(row, 1)
            check_width(array.shape[0], self._compiled.vocabulary.size)
            self._checked_row = array
        if self._is_terminated:
            allow_only(array, self._compiled.vocabulary.eos_token_ids)
            return
        engine = self._engine
        with engine.lock:
            try:
                if self._generation == engine.generation:
                    engine.fill(self._configs[-1], array)
            except TablesFull:
                engine.reset(engine.generation)
            if self._generation != engine.generation:
                self._run(lambda: engine.fill(self._configs[-1], array))
        if not self._spells_all and not array.any():
            self._check_end()

    def _check_end(self) -> None:
        """Where the mask is empty: that the text is complete (and no token ends a sequence)."""
        if not self.is_accepting:
            raise VocabularyError(
                "No token can go on here: the text needs one of the bytes "
                f"{_listed(self.next_bytes())} next, and no token that begins with one fits"
            )

    def fill_tree(
        self, tokens: Sequence[int], parents: Sequence[int], bitmask: Any
    ) -> NDArray[np.int64]:
        """Write the masks at the end of the text and at every legal node of a draft tree.

        A node is legal if its parent is and its token may come there. Does not change the matcher.
        A node's row is empty where no token can go on, though its text is not complete: a draft
        may run into that, and only for the text itself is it an error.

        Args:
            tokens: n token ids.
            parents: For each node its parent's number, which is smaller than its own; -1: the node
                follows the text.
            bitmask: int32[n + 1, ceil(V/32)], contiguous, numpy or CPU torch. Row 0 gets what may
                follow the text, the next rows what may follow each legal node, in their order.

        Returns:
            int64[n]: where in the grammar each node is; -1 illegal, `ENDED` after end-of-sequence.
            Nodes at the same place go on in the same ways.

        Raises:
            ValueError: `bitmask` has another shape or dtype, or a parent does not come before its
                child.
            VocabularyError: A token is not in 0..V-1.
            LimitExceededError: A row needs more room than the engine's tables have.
        """
        vocabulary = self._compiled.vocabulary
        ids = np.asarray(tokens, np.int64)
        above = np.asarray(parents, np.int64)
        rows = int32_rows(bitmask, 2)
        if ids.shape != above.shape or ids.ndim != 1 or len(rows) <= len(ids):
            raise ValueError(
                f"A tree of {ids.shape} tokens and {above.shape} parents needs one row more than "
                f"nodes, not {len(rows)}"
            )
        check_width(rows.shape[1], vocabulary.size)
        if np.any(above >= np.arange(len(ids))) or np.any(above < -1):
            raise ValueError("A node's parent must come before it")
        if np.any(ids < 0) or np.any(ids >= vocabulary.size):
            raise VocabularyError(
                f"A token is out of range: the vocabulary has {vocabulary.size} tokens"
            )
        self.fill_bitmask(rows[0])
        if self._is_terminated:
            return np.full(len(ids), -1, np.int64)
        return self._run(lambda: self._fill_tree(ids, above, rows[1:]))

    def _fill_tree(
        self, tokens: NDArray[np.int64], parents: NDArray[np.int64], rows: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        places = self._engine.step_tree(self._configs[-1], tokens, parents)
        legal = places[places != -1]
        ended = legal == ENDED
        self._engine.fill_many(np.where(ended, self._configs[-1], legal), rows[: len(legal)])
        for number in np.flatnonzero(ended).tolist():
            allow_only(rows[number], self._compiled.vocabulary.eos_token_ids)
        return places

    # --- Taking tokens --------------------------------------------------------------------------

    def accept_token(self, token_id: int) -> bool:
        """Take a token; False, and nothing changes, when it is not allowed.

        Raises:
            VocabularyError: `token_id` is not in 0..V-1.
            TypeError: It is no integer.
            LimitExceededError: The step needs more room than the engine's tables have.
        """
        if type(token_id) is int and not self._is_terminated:
            # A step that has been made before, by any request, is one look-up. The tables may be
            # emptied meanwhile; that changes the generation first.
            target = self._engine.token_steps.get((self._configs[-1], token_id))
            if target is not None and self._generation == self._engine.generation:
                if target >= 0:
                    self._configs.append(target)
                    self._taken.append(token_id)
                return target >= 0
        return self._accept_token(token_id)

    def _accept_token(self, token_id: int) -> bool:
        vocabulary = self._compiled.vocabulary
        if type(token_id) is not int:
            token_id = index(token_id)
        if not 0 <= token_id < vocabulary.size:
            raise VocabularyError(
                f"Token {token_id} is out of range: the vocabulary has {vocabulary.size} tokens"
            )
        if self._is_terminated:
            return False
        if token_id in vocabulary.eos_token_ids:
            if not self.is_accepting:
                return False
            self._is_terminated = True
            self._taken.append(token_id)
            self._configs.append(self._configs[-1])
            return True
        target = self._run(lambda: self._engine.step_token(self._configs[-1], token_id))
        if target < 0:
            return False
        self._configs.append(target)
        self._taken.append(token_id)
        return True

    def accept_tokens(self, token_ids: Sequence[int]) -> int:
        """Take tokens up to the first that is not allowed; how many were taken.

        Raises:
            VocabularyError: A token is not in 0..V-1; those before it have been taken.
            TypeError: A token is no integer; likewise.
            LimitExceededError: A step needs more room than the engine's tables have.
        """
        for count, token_id in enumerate(token_ids):
            if not self.accept_token(token_id):
                return count
        return len(token_ids)

    def accept_bytes(self, data: bytes) -> bool:
        """Take text that did not come as tokens; False, and nothing changes, when it cannot come.

        Counts as one step for `rollback`.

        Raises:
            TypeError: `data` is not bytes.
            LimitExceededError: The step needs more room than the engine's tables have.
        """
        data = bytes(memoryview(data))  # what has been taken is kept, and must not change
        if self._is_terminated and data:
            return False
        target = self._run(lambda: self._engine.step_bytes(self._configs[-1], data))
        if target < 0:
            return False
        self._configs.append(target)
        self._taken.append(data)
        return True

    def rollback(self, count: int) -> None:
        """Undo the last `count` steps.

        Raises:
            ValueError: `count` is negative or more than has been taken.
            TypeError: It is no integer.
        """
        count = index(count)
        if not 0 <= count <= len(self._taken):
            raise ValueError(f"Cannot undo {count} steps: {len(self._taken)} have been taken")
        if count:
            del self._configs[-count:]
            del self._taken[-count:]
        if self._is_terminated:
            ends = self._compiled.vocabulary.eos_token_ids
            self._is_terminated = any(step in ends for step in self._taken)

    def reset(self) -> None:
        """Go back to the beginning of the text."""
        self.rollback(len(self._taken))

    def fork(self) -> Matcher:
        """An independent request at the same place."""
        other = object.__new__(Matcher)
        other._compiled = self._compiled
        other._engine = self._engine
        other._spells_all = self._spells_all
        other._generation = self._generation
        other._configs = self._configs.copy()
        other._taken = self._taken.copy()
        other._is_terminated = self._is_terminated
        other._checked_row = _NO_ROW
        return other

    # --- Looking ahead --------------------------------------------------------------------------

    def next_bytes(self) -> list[int]:
        """The bytes that can come next, ascending.

        Raises:
            LimitExceededError: The answer needs more room than the engine's tables have.
        """
        if self._is_terminated:
            return []
        return self._run(lambda: self._engine.next_bytes(self._configs[-1]))

    def forced_bytes(self) -> bytes:
        """The text that is the only way on, up to the first choice (which ending here counts as).

        Raises:
            LimitExceededError: The answer needs more room than the engine's tables have.
        """
        return b"" if self._is_terminated else self._run(self._forced_bytes)

    def _forced_bytes(self) -> bytes:
        engine = self._engine
        config = self._configs[-1]
        forced = bytearray()
        while len(forced) < MAX_FORCED_BYTES and not engine.is_accepting(config):
            following = engine.next_bytes(config, most=2)
            if len(following) != 1:
                break
            forced.append(following[0])
            config = engine.step_bytes(config, bytes(following))
        return bytes(forced)

    def forced_tokens(self) -> list[int]:
        """Tokens of the text that is the only way on.

        The text is cut greedily into the longest tokens, and those at its end that a longer token
        could replace are left out. Every one of them is allowed at its place. For a tokenizer's
        own (canonical) cut, encode `forced_bytes`.

        Raises:
            LimitExceededError: The answer needs more room than the engine's tables have.
        """
        return self._compiled.vocabulary.trie.longest_tokens(self.forced_bytes())

    def shortest_completion(self) -> bytes:
        """A shortest text that completes what has been taken; b"" when it is complete.

        Raises:
            LimitExceededError: The search needs more steps than it is given.
        """
        if self._is_terminated or self.is_accepting:
            return b""
        return self._run(lambda: shortest_completion(self._engine, self._configs[-1]))

    # --- Full tables ----------------------------------------------------------------------------

    def _replay(self) -> None:
        """Find the place again in tables that have been emptied."""
        self._engine.reset(self._generation)
        generation, config = self._compiled.initial()
        configs = [config]
        for step in self._taken:
            if isinstance(step, bytes):
                config = self._engine.step_bytes(config, step)
            elif step not in self._compiled.vocabulary.eos_token_ids:
                config = self._engine.step_token(config, step)
            configs.append(config)
        self._generation, self._configs = generation, configs

    def _run(self, action: Callable[[], Answer]) -> Answer:
        """Do `action` on current tables: once as they are, once on empty ones.

        Under the engine's lock, so that no other request empties the tables in between.
        """
        with self._engine.lock:
            for _ in range(2):
                try:
                    if self._generation != self._engine.generation:
                        self._replay()
                    return action()
                except TablesFull:
                    self._engine.reset(self._engine.generation)
        raise LimitExceededError(
            "The request does not fit in the engine's tables", limit="engine_tables"
        )


def fill_bitmasks(matchers: Sequence[Matcher], bitmask: Any) -> None:
    """Write the token masks of several requests in one call.

    Does not change any matcher. Rows are filled without the GIL, in threads when there are many.

    Args:
        matchers: B matchers over the same vocabulary of V tokens.
        bitmask: int32[B, ceil(V/32)], contiguous, numpy or CPU torch; bit i of word w allows token
            32*w + i.

    Raises:
        ValueError: `bitmask` has another shape or dtype, is not contiguous or is read-only, or the
            vocabularies differ.
        VocabularyError: A text cannot go on (as in `Matcher.fill_bitmask`).
        LimitExceededError: A row needs more room than the engine's tables have.

    Source:
        docs/masks.md, 'Exit sets'.
    """
    rows = int32_rows(bitmask, 2)
    if rows.shape[0] != len(matchers):
        raise ValueError(f"The bitmask has {rows.shape[0]} rows for {len(matchers)} matchers")
    if not matchers:
        return
    engine = matchers[0]._engine
    if any(matcher._engine is not engine for matcher in matchers):
        raise ValueError("The matchers are over different vocabularies: use one call for each")
    check_width(rows.shape[1], matchers[0]._compiled.vocabulary.size)
    with engine.lock:
        filled = False
        if all(m._generation == engine.generation and not m._is_terminated for m in matchers):
            try:
                engine.fill_many([matcher._configs[-1] for matcher in matchers], rows)
                filled = True
            except TablesFull:
                pass
    if not filled:
        for matcher, row in zip(matchers, rows, strict=True):
            matcher.fill_bitmask(row)
    elif not matchers[0]._spells_all:
        for row in np.flatnonzero(~rows.any(axis=1)).tolist():
            matchers[row]._check_end()


def _listed(values: Iterable[int]) -> str:
    """Bytes as hexadecimal numbers, a few of many."""
    shown = [f"0x{value:02X}" for value in values]
    return ", ".join([*shown[:8], "..."] if len(shown) > 8 else shown)
