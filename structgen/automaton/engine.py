"""The engine of one vocabulary: tables, their single writer, and the way out when they are full.

All grammars over a vocabulary share one engine, so a piece that two schemas have in common (a JSON
string, a number, white space) is walked once. Kernels run under the engine's lock. When a table is
full, the engine forgets everything and its *generation* goes up; whoever holds a configuration of
an older generation replays its text (see `structgen.matcher`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Protocol
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import kernels as k
from structgen.automaton.saved import SavedTables, collect
from structgen.automaton.table_network import TableNetwork
from structgen.automaton.tables import TablesFull, allocate_arena
from structgen.network import Network
from structgen.vocabulary import Vocabulary

__all__ = ["ENDED", "Engine", "Grammar", "TablesFull", "engine_of"]

ENDED = k.ENDED
MEMOISED_TOKENS = 1 << 18
THREADED_BATCH = 16


class Grammar(Protocol):
    """A language, independent of any vocabulary.

    One whose keys no other grammar can name may have an attribute `owner`, and so have those keys:
    an engine forgets them with the grammar (see `structgen.automaton.named`).
    """

    def start(self, network: Network) -> int:
        """The piece that is the whole language."""
        ...


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="structgen-mask")


class Engine:
    """Configurations and masks over one vocabulary.

    Every method may raise `TablesFull`; `reset` is the answer to it.

    Args:
        vocabulary: The vocabulary of V tokens; W = ceil(V/32) mask words.

    Attributes:
        generation: How often the tables have been emptied.
        token_steps: The configuration after (configuration, token), or -1, as far as it is known.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.lock = threading.RLock()
        self.generation = 0
        self._vocabulary = ref(vocabulary)  # the registry below is keyed by it, weakly
        self._spellings = vocabulary.spellings()
        self._blob, starts, ends = self._spellings
        self._starts, self._ends = starts.data, ends.data  # as `_cells` below
        self._next_bytes = np.empty(256, np.uint8)
        self._open()

    def _open(self) -> None:
        vocabulary = self._vocabulary()
        assert vocabulary is not None, "whoever uses an engine holds its vocabulary"
        self._arena = allocate_arena(vocabulary)
        self._cells = self._arena.data  # reads a value in a third of the time
        self._network = TableNetwork(self._arena, self._special_token_id)
        self.token_steps: dict[tuple[int, int], int] = {}

    def _special_token_id(self, token: str | int) -> int:
        vocabulary = self._vocabulary()
        assert vocabulary is not None, "whoever uses an engine holds its vocabulary"
        return vocabulary.special_token_id(token)

    def reset(self, generation: int) -> None:
        """Empty the tables, unless someone else has since `generation`."""
        with self.lock:
            if self.generation == generation:
                self.generation += 1
                self._open()

    def _run(self, kernel: Callable[..., int], *arguments: object) -> int:
        """Call a kernel, expanding the states that it asks for, until it has an answer."""
        return self._go_on(kernel(self._arena, *arguments), kernel, *arguments)

    def _go_on(self, answer: int, kernel: Callable[..., int], *arguments: object) -> int:
        """The same where the kernel has given an answer already."""
        arena = self._arena
        while answer == k.NEED:
            self._expand()
            answer = kernel(arena, *arguments)
        if answer == k.FULL:
            raise TablesFull
        return int(answer)

    def _expand(self) -> None:
        arena, cells = self._arena, self._cells
        # One state or one text, most often: reading single cells is faster than a slice.
        requests = [cells[k.REQUEST + i] for i in range(cells[k.N_REQUESTS])]
        texts = [cells[k.TEXT_REQUEST + i] for i in range(3 * cells[k.N_TEXT_REQUESTS])]
        cells[k.N_REQUESTS] = cells[k.N_TEXT_REQUESTS] = 0
        try:
            for state in requests:
                self._network.expand(state)
            for capture, text, start in zip(texts[::3], texts[1::3], texts[2::3], strict=True):
                then = self._network.after(capture, self._text(text)[start:])
                if k.set_captured(arena, capture, text, start, then) == k.FULL:
                    raise TablesFull
        except BaseException:  # whatever waited for these states is given up
            cells[k.N_JOBS] = cells[k.IS_SUSPENDED] = 0
            raise

    def _text(self, text: int) -> bytes:
        """A captured text."""
        letters = bytearray()
        while text:
            text, byte, _ = self._arena[k.TEXT + 3 * text : k.TEXT + 3 * text + 3].tolist()
            letters.append(byte)
        return bytes(reversed(letters))

    def initial(self, grammar: Grammar) -> int:
        """The configuration before the first byte."""
        with self.lock:
            return self._run(k.initial, self._network.start_of(grammar))

    def saved(self, grammar: Grammar) -> SavedTables:
        """What the tables hold about a grammar, for a file."""
        with self.lock:
            return collect(self._arena, self._network, grammar)

    def step_token(self, config: int, token: int) -> int:
        """The configuration after a token's bytes, or -1."""
        key = (config, token)
        target = self.token_steps.get(key)
        if target is None:
            with self.lock:
                start, end = self._starts[token], self._ends[token]
                if start == end:
                    target = k.DEAD
                else:
                    target = self._run(k.advance, config, self._blob, start, end)
                if len(self.token_steps) >= MEMOISED_TOKENS:
                    self.token_steps.clear()
                self.token_steps[key] = target
        return target

    def step_bytes(self, config: int, data: bytes) -> int:
        """The configuration after `data`, or -1."""
        with self.lock:
            array = np.frombuffer(data, np.uint8)
            return self._run(k.advance, config, array, 0, len(array))

    def step_tree(
        self, config: int, tokens: NDArray[np.int64], parents: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The configuration after each of n nodes: int64[n], -1 illegal, `ENDED` past the end."""
        with self.lock:
            out = np.empty(len(tokens), np.int64)
            self._run(k.advance_tree, config, tokens, parents, *self._spellings, out)
        return out

    def is_accepting(self, config: int) -> bool:
        """Whether the text is complete here."""
        return bool(self._arena[k.CONFIG + 7 * config + 2])

    def next_bytes(self, config: int, most: int = 256) -> list[int]:
        """The bytes that can come next, ascending, at most `most` of them."""
        with self.lock:
            count = self._run(k.next_bytes, config, self._next_bytes, most)
            return self._next_bytes[:count].tolist()

    def fill(self, config: int, row: NDArray[np.int32]) -> None:
        """Write the mask of a configuration to int32[W]."""
        with self.lock:
            # The first call is the warm path: one kernel call, nothing to expand.
            answer = k.fill(self._arena, config, row)
            if answer:
                self._go_on(answer, k.fill, config, row)

    def fill_many(
        self, configs: Sequence[int] | NDArray[np.int64], rows: NDArray[np.int32]
    ) -> None:
        """Write the masks of B configurations to int32[B, W], in threads when B is large."""
        array = np.asarray(configs, np.int64)
        with self.lock:
            self._run(k.prepare_many, array)
            if len(array) < THREADED_BATCH:
                k.fill_many(self._arena, array, rows)
                return
            middle = len(array) // 2
            other = _threads().submit(k.fill_many, self._arena, array[middle:], rows[middle:])
            k.fill_many(self._arena, array[:middle], rows[:middle])
            other.result()

    # --- Single records, for searches in Python -------------------------------------------------

    def pairs(self, config: int) -> list[tuple[int, int]]:
        """The (state, cell) pairs of a configuration."""
        first, count = self._arena[k.CONFIG + 7 * config : k.CONFIG + 7 * config + 2].tolist()
        flat = self._arena[k.PAIR + 2 * first : k.PAIR + 2 * (first + count)].tolist()
        return list(zip(flat[::2], flat[1::2], strict=True))

    def text(self, config: int) -> bytes:
        """What has been read since the outermost open capture began; b"" when none is open."""
        return self._text(int(self._arena[k.CONFIG + 7 * config + 5]))

    def cell(self, cell: int) -> tuple[int, int, list[int]]:
        """(state to continue at, -1, parents); of a capture: (itself, where it began, parents)."""
        then, start, _, count, parent = self._arena[
            k.CELL + 5 * cell : k.CELL + 5 * cell + 5
        ].tolist()
        if count == 1:
            return then, start, [parent]
        return then, start, self._arena[k.PARENT + parent : k.PARENT + parent + count].tolist()

    def after(self, capture: int, text: bytes) -> int:
        """The state after a capture whose piece has read `text`."""
        return self._network.after(capture, text)

    def definition(self, state: int) -> list[int]:
        """The record of a state, expanded first if need be."""
        if self._arena[k.STATE + 8 * state] == k.UNEXPANDED:
            self._network.expand(state)
        return self._arena[k.STATE + 8 * state : k.STATE + 8 * state + 8].tolist()

    def least_length(self, state: int) -> int:
        """No text from `state` to the end of its automaton, or string, has fewer bytes."""
        return self._network.least_length(state)

    def alternatives(self, state: int) -> list[int]:
        """The states of a choice."""
        _, first, count, *_ = self.definition(state)
        return self._arena[k.EDGE + 2 * first + 1 : k.EDGE + 2 * (first + count) + 1 : 2].tolist()

    def outcomes(self, state: int) -> dict[int, int]:
        """The states of a switch, by outcome."""
        _, first, count, *_ = self.definition(state)
        flat = self._arena[k.EDGE + 2 * first : k.EDGE + 2 * (first + count)].tolist()
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def steps(self, state: int) -> list[tuple[bytes, int]]:
        """One (byte, target) for each distinct state that one byte leads to."""
        targets = np.empty(256, np.int32)
        self._run(k.step_all, state, targets)
        states, first = np.unique(targets, return_index=True)
        return [
            (bytes([byte]), target)
            for target, byte in zip(states.tolist(), first.tolist(), strict=True)
            if target >= 0
        ]

    def counts(self) -> dict[str, int]:
        """How much work has been done and kept since the tables were last emptied."""
        arena = self._arena
        names = {
            "states": k.N_STATES,
            "edges": k.N_EDGES,
            "results": k.N_RESULTS,
            "result_tokens": k.N_TOKENS,
            "node_sets": k.N_SETS,
            "mask_rows": k.N_ROWS,
            "configurations": k.N_CONFIGS,
            "cells": k.N_CELLS,
            "walks": k.COUNT_WALKS,
            "visited_nodes": k.COUNT_VISITS,
            "configuration_steps": k.COUNT_STEPS,
        }
        return {name: int(arena[index]) for name, index in names.items()}


_engines: WeakKeyDictionary[Vocabulary, Engine] = WeakKeyDictionary()
_engines_lock = threading.Lock()


def engine_of(vocabulary: Vocabulary) -> Engine:
    """The engine that all grammars over `vocabulary` share."""
    with _engines_lock:
        engine = _engines.get(vocabulary)
        if engine is None:
            engine = _engines[vocabulary] = Engine(vocabulary)
        return engine
