"""Saved tables, put into an engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import kernels as k
from structgen.automaton.saved.recording import Recording
from structgen.automaton.saved.tables import FIXED_STATES, ROOT, SavedTables
from structgen.automaton.table_network import AutomatonKey, SavedKey, TableNetwork
from structgen.automaton.tables import TablesFull
from structgen.network import Capture, Key, Network, TextKey

if TYPE_CHECKING:
    from structgen.automaton.engine import Grammar

__all__ = ["Restored", "SavedGrammar"]


class SavedGrammar:
    """A grammar that comes from a file, with what had been learned of it.

    The first engine that asks gets the saved tables. The source is read only where a text leaves
    what they hold, or when an engine has emptied its tables since.

    Args:
        tables: The tables, checked.
        source: Makes the grammar from its source.
    """

    def __init__(self, tables: SavedTables, source: Callable[[], Grammar]) -> None:
        self._tables: SavedTables | None = tables
        self._restored: Restored | None = None
        self._make = source

    @cached_property
    def grammar(self) -> Grammar:
        """The grammar, made from its source."""
        return self._make()

    def start(self, network: Network) -> int:
        """The piece that is the whole language."""
        if not isinstance(network, TableNetwork):
            return self.grammar.start(network)
        tables, self._tables = self._tables, None
        if tables is not None:
            self._restored = Restored(network, tables, lambda: self.grammar)
        if self._restored in network.restored:
            return self._restored.start
        return self.grammar.start(network)


class Restored(Recording):
    """Saved tables in an engine; finds the keys of their states when they are needed.

    Attributes:
        start: The state of the whole language.
    """

    def __init__(
        self, network: TableNetwork, tables: SavedTables, source: Callable[[], Grammar]
    ) -> None:
        super().__init__(network)
        self._tables = tables
        self._source = source
        self._found: dict[int, object] = {}  # by the file's numbers, as everything below
        self._then: dict[int, TextKey] = {}
        self._defined: set[int] = set()
        self._put_states()
        self._put_results()
        texts = [0]
        for before, byte in tables.texts.tolist():
            texts.append(self._check(k.longer_text(self._arena, texts[before], byte)))
        for capture, text, first, then in tables.captured.tolist():
            self._check(
                k.set_captured(
                    self._arena, self._at[capture], texts[text], first, int(self._at[then])
                )
            )
        if self._arena[k.IS_FULL]:
            raise TablesFull
        self.start = int(self._at[tables.start[0]])
        network.restored.append(self)

    # --- Tables ---------------------------------------------------------------------------------

    def _put_states(self) -> None:
        states, arena = self._tables.states, self._arena
        kinds = states[:, 0]
        is_string, is_except = kinds == k.STRING, kinds == k.EXCEPT
        is_return = kinds == k.RETURNS
        plain = np.flatnonzero(~is_string & ~is_except & ~is_return)
        first, edge = int(arena[k.N_STATES]), int(arena[k.N_EDGES])
        self._first = first  # the states from here on are new
        edges = self._tables.edges
        if first + len(plain) > k.MAX_STATES or edge + len(edges) > k.MAX_EDGES:
            raise TablesFull
        at = self._at = np.arange(FIXED_STATES + len(states))
        at[FIXED_STATES + plain] = first + np.arange(len(plain))
        arena[k.N_STATES] = first + len(plain)
        arena[k.N_EDGES] = edge + len(edges)
        # Strings are the same in every grammar, and so is what a piece returns.
        for number in np.flatnonzero(is_return).tolist():
            at[FIXED_STATES + number] = self.returning(int(states[number, 1]))
        for kind, own in ((k.STRING, is_string), (k.EXCEPT, is_except)):
            for number in np.flatnonzero(own).tolist():
                p, q, r, u, v = states[number, 1:].tolist()
                if kind == k.EXCEPT:
                    p = int(at[p])
                at[FIXED_STATES + number] = self._check(
                    k.intern_state(arena, kind, p, int(at[q]), r, u, v)
                )
        records = np.zeros((len(plain), 8), np.int32)
        records[:, :6] = states[plain]
        kind, p, q, _, u = records.T[:5]
        calls = (kind == k.CALL) | (kind == k.CAPTURE)
        p[calls], q[calls] = at[p[calls]], at[q[calls]]
        has_edges = (kind == k.SCAN) | (kind == k.CHOICE) | (kind == k.SWITCH)
        p[has_edges] = edge + np.cumsum(q[has_edges]) - q[has_edges]
        quoted = (kind == k.SCAN) & (u >= 0)
        u[quoted] = at[u[quoted]]
        arena[k.STATE + 8 * first :][: records.size] = records.ravel()
        arena[k.SAFE + 2 * first :][: 2 * len(plain)] = self._tables.safe[plain].ravel()
        copied = edges.copy()
        copied[:, 1] = at[edges[:, 1]]
        arena[k.EDGE + 2 * edge :][: copied.size] = copied.ravel()
        for number in (FIXED_STATES + plain[kind == k.UNEXPANDED]).tolist():
            self._keys[int(at[number])] = SavedKey(partial(self._key, number))
        for number in (FIXED_STATES + plain[kind == k.CAPTURE]).tolist():
            self._captures[int(at[number])] = _SavedCapture(self, number)

    def _put_results(self) -> None:
        arena, tables = self._arena, self._tables
        n_nodes = int(arena[k.TRIE_SIZE])
        row, words = int(arena[k.N_ROWS]), int(arena[k.MASK_WORDS])
        if row + len(tables.rows) > arena[k.MAX_ROWS]:
            raise TablesFull
        arena[k.N_ROWS] = row + len(tables.rows)
        arena[arena[k.ROW] + row * words :][: tables.rows.size] = tables.rows.ravel()
        cells, exits = self._cells, int(arena[k.EXITS])
        nodes, tokens = tables.nodes.data, tables.tokens.data
        spans = []
        sets = []
        end = 0
        for count in tables.sets.tolist():
            begin, end = end, end + count
            spans.append((begin, end))
            cells[exits : exits + count] = nodes[begin:end]
            cells[k.ACC_EXITS] = count
            sets.append(self._check(k.intern_exits(arena)))
        at = self._at.tolist()
        outcomes: dict[int, list[tuple[int, int]]] = {}
        for number, outcome, after in tables.outcomes.tolist():
            outcomes.setdefault(number, []).append((outcome, after))
        end = 0
        for number, (state, before, mask, count, after, unknown) in enumerate(
            tables.results.tolist()
        ):
            begin, end = end, end + count
            before = before if before < n_nodes else sets[before - n_nodes]
            if at[state] < self._first and k.find_result(arena, at[state], before) >= 0:
                continue
            if after < n_nodes:
                cells[exits] = after
                cells[k.ACC_EXITS] = after >= 0
            else:
                first, last = spans[after - n_nodes]
                cells[exits : exits + last - first] = nodes[first:last]
                cells[k.ACC_EXITS] = last - first
            whole: list[
                tuple[int, int]
            ] = []  # large sets go on as they are, as when the result was found
            pairs: list[tuple[int, int]] = []
            for outcome, after in outcomes.get(number, ()):
                span = spans[after - n_nodes] if after >= n_nodes else (0, 0)
                if span[1] - span[0] >= k.LARGE_SET and len(whole) < k.MAX_WHOLE:
                    whole.append((outcome, sets[after - n_nodes]))
                else:
                    pairs += [(outcome, node) for node in nodes[slice(*span)] or [after]]
            if len(pairs) > k.OUTCOME_SCRATCH:
                raise TablesFull
            for counter, first, entries in (
                (k.ACC_OUTCOMES, k.OUTCOMES, pairs),
                (k.ACC_WHOLE, k.WHOLE, whole),
            ):
                cells[counter] = len(entries)
                for place, value in enumerate(chain.from_iterable(entries), first):
                    cells[place] = value
            cells[k.TOKENS : k.TOKENS + count] = tokens[begin:end]
            cells[k.ACC_TOKENS] = count
            cells[k.ACC_ROW] = -1 if mask < 0 else row + mask
            cells[k.ACC_OWN_ROW] = 0  # a long list is kept as a row, and sets this
            cells[k.ACC_UNKNOWN] = unknown
            self._check(k.store_result(arena, at[state], before))

    # --- Keys -----------------------------------------------------------------------------------

    def all_keys(self) -> dict[int, object]:
        """The keys of all saved states that have one, by the engine's numbers."""
        for number, _ in self._tables.expansions.tolist():
            if number != ROOT:
                self._key(number)
            self._define(number)
        for number in self._origins:
            self._key(number)
        return {int(self._at[number]): key for number, key in self._found.items()}

    def _key(self, number: int) -> object:
        """The key of a saved state: on the way to it from the root, definitions are run again."""
        way: list[int] = []
        while number not in self._found:
            way.append(number)
            origin = self._origins.get(number)
            if origin is None or origin.expansion == ROOT:
                break
            number = origin.expansion
        for each in reversed(way):
            origin = self._origins.get(each)
            if origin is None:
                raise TablesFull  # not a state that has a key: done without
            if origin.text is None:
                self._define(origin.expansion)
            else:
                self._bind(each, self._capture(origin.expansion).after(origin.text))
            if each not in self._found:
                raise TablesFull
        return self._found[way[0] if way else number]

    def _capture(self, number: int) -> TextKey:
        """What follows a saved capture."""
        if number not in self._then:
            self._key(number)
            self._define(number)
        if number not in self._then:
            raise TablesFull
        return self._then[number]

    def _define(self, number: int) -> None:
        """Run a definition again, to find the keys that it names."""
        if number in self._defined:
            return
        calls = self._named.get(number)
        if calls is None:
            raise TablesFull
        self.expect([int(self._at[call]) if call >= 0 else -1 for call in calls])
        if number == ROOT:
            self._source().start(self)
        else:
            definition = self.define(self._found[number])
            if isinstance(definition, Capture):
                self._then[number] = definition.then
        if len(self.keys) != len(calls):
            raise TablesFull
        for call, key in zip(calls, self.keys, strict=True):
            if call >= 0:
                self._bind(call, key)
        self._defined.add(number)

    def _bind(self, number: int, key: object) -> None:
        is_content = type(key) is AutomatonKey and key.content
        if is_content != self._content[number]:
            raise TablesFull
        self._found.setdefault(number, key)
        state = int(self._at[number])
        self._states.like(key).setdefault(key, state)
        if state in self._keys:
            self._keys[state] = key

    @cached_property
    def _content(self) -> NDArray[np.bool_]:
        return self._tables.content

    @cached_property
    def _named(self) -> dict[int, list[int]]:
        """What each definition names."""
        numbers, counts = self._tables.expansions.T
        named = np.split(self._tables.calls, np.cumsum(counts)[:-1])
        return {number: each.tolist() for number, each in zip(numbers.tolist(), named, strict=True)}

    @cached_property
    def _origins(self) -> dict[int, _Origin]:
        """Where the key of each saved state is first named, breadth first from the root."""
        texts = [b""]
        for before, byte in self._tables.texts.tolist():
            texts.append(texts[before] + bytes([byte]))
        after: dict[int, list[tuple[int, bytes]]] = {}
        for capture, text, first, then in self._tables.captured.tolist():
            after.setdefault(capture, []).append((then, texts[text][first:]))
        origins: dict[int, _Origin] = {}
        queue = [ROOT]
        for number in queue:
            named: list[tuple[int, bytes | None]] = [
                (call, None) for call in self._named.get(number, ())
            ]
            for call, text_ in [*named, *after.get(number, ())]:
                if call >= FIXED_STATES and call not in origins:
                    origins[call] = _Origin(number, text_)
                    queue.append(call)
        return origins


class _Origin(NamedTuple):
    """A state is named by a definition, or follows a capture's text."""

    expansion: int
    text: bytes | None


class _SavedCapture(NamedTuple):
    """What follows a saved capture, found when it is needed."""

    restored: Restored
    number: int

    def after(self, text: bytes) -> Key:
        return self.restored._capture(self.number).after(text)

    def sketch(self) -> Key:
        return self.restored._capture(self.number).sketch()
