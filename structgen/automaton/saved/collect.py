"""From an engine's tables, those of one grammar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from structgen.automaton import kernels as k
from structgen.automaton.saved.recording import Recording
from structgen.automaton.saved.restore import SavedGrammar
from structgen.automaton.saved.tables import FIXED_STATES, ROOT, WIDTHS, Int32s, SavedTables
from structgen.automaton.table_network import TableNetwork

if TYPE_CHECKING:
    from structgen.automaton.engine import Grammar

__all__ = ["collect"]


def collect(arena: Int32s, network: TableNetwork, grammar: Grammar) -> SavedTables:
    """What an engine holds about a grammar: its states, and the results of their walks.

    Configurations are left out: they are many, and are found again in microseconds.

    Args:
        arena: The engine's tables.
        network: Its network.
        grammar: The grammar.

    Raises:
        TablesFull: The engine's tables are.
    """
    return _Collector(arena, network).collect(grammar)


class _Collector:
    def __init__(self, arena: Int32s, network: TableNetwork) -> None:
        self._arena = arena
        self._network = network
        self._recording = Recording(network)

    def collect(self, grammar: Grammar) -> SavedTables:
        keys: dict[int, object] = {}
        for restored in self._network.restored:
            keys |= restored.all_keys()
        recording = self._recording
        recording.expect(None)
        start = grammar.start(recording)
        if isinstance(grammar, SavedGrammar):  # what it names is in its source
            grammar.grammar.start(recording)
        root = recording.states
        keys |= self._network.keys_by_state()
        self._read()
        reached = self._reachable([start, *root])
        order = self._in_order(reached)
        self._number = np.full(len(self._states), -1, np.int64)
        self._number[:FIXED_STATES] = np.arange(FIXED_STATES)
        self._number[order] = np.arange(FIXED_STATES, FIXED_STATES + len(order))
        expansions = [(ROOT, len(root))]
        calls = list(root)
        for state in order:
            if state in keys and self._states[state][0] != k.UNEXPANDED:
                recording.expect(None)
                recording.define(keys[state])
                expansions.append((int(self._number[state]), len(recording.states)))
                calls += recording.states
        known = self._number.tolist()
        tables = {
            "start": [known[start]],
            "expansions": expansions,
            "calls": [known[call] if call < len(known) else -1 for call in calls],
            **self._saved_states(order),
            **self._saved_results(),
            **self._saved_texts(),
        }
        return SavedTables(**{name: _array(values, name) for name, values in tables.items()})

    def _read(self) -> None:
        a = self._arena
        self._states = a[k.STATE :][: 8 * a[k.N_STATES]].reshape(-1, 8).tolist()
        self._edges = a[k.EDGE :][: 2 * a[k.N_EDGES]].reshape(-1, 2).tolist()
        captured = a[k.CAPTURED :][: 4 * k.CAPTURED_SLOTS].reshape(-1, 4)
        self._captured: dict[int, list[list[int]]] = {}
        for entry in captured[captured[:, 0] != 0].tolist():
            self._captured.setdefault(entry[0], []).append(entry)

    # --- States ---------------------------------------------------------------------------------

    def _reachable(self, roots: Iterable[int]) -> set[int]:
        """The states that some text reaches, as far as they are known."""
        found = set(range(FIXED_STATES))
        # Strings are interned by their content; how far one has got is not written anywhere.
        waiting = [s for s, record in enumerate(self._states) if record[0] in (k.STRING, k.EXCEPT)]
        queue = list(roots)
        while queue:
            while queue:
                state = queue.pop()
                if state not in found:
                    found.add(state)
                    queue.extend(self._targets(state))
            later = []
            for state in waiting:
                kind, p, q, *_ = self._states[state]
                if q in found and (kind == k.STRING or p in found):
                    queue.append(state)
                else:
                    later.append(state)
            waiting = later
        return found

    def _targets(self, state: int) -> list[int]:
        kind, p, q, _, u, *_ = self._states[state]
        if kind == k.SCAN:
            targets = [target for _, target in self._edges[p : p + q]]
            return targets if u < 0 else [*targets, u]
        if kind in (k.CHOICE, k.SWITCH):
            return [target for _, target in self._edges[p : p + q]]
        if kind == k.CAPTURE:
            return [p, q, *(entry[3] for entry in self._captured.get(state, ()))]
        if kind in (k.CALL, k.EXCEPT):
            return [p, q]
        return [q] if kind == k.STRING else []

    def _in_order(self, reached: set[int]) -> list[int]:
        """The states that are saved; what one leads to without reading comes before it."""
        self._nullable = self._find_nullable(reached)
        done = set(range(FIXED_STATES))
        order: list[int] = []
        for root in sorted(reached):
            stack = [(root, False)]
            while stack:
                state, is_left = stack.pop()
                if is_left:
                    order.append(state)
                elif state not in done:
                    done.add(state)
                    stack.append((state, True))
                    stack.extend((target, False) for target in self._silent(state))
        return order

    def _silent(self, state: int) -> list[int]:
        """The states that one leads to without reading."""
        kind, p, *_ = self._states[state]
        if kind in (k.CHOICE, k.SWITCH):
            return self._targets(state)
        if kind in (k.CALL, k.CAPTURE):
            return self._targets(state) if p in self._nullable else [p]
        return []

    def _find_nullable(self, reached: set[int]) -> set[int]:
        """The states that may return without reading; captures may if their piece may."""
        nullable = {k.RETURN}
        silent = []
        for state in sorted(reached):
            kind, _, _, r, *_ = self._states[state]
            if kind == k.RETURNS or (kind == k.SCAN and r):
                nullable.add(state)
            elif kind in (k.CHOICE, k.SWITCH, k.CALL, k.CAPTURE):
                silent.append(state)
        before = -1
        while before != len(nullable):
            before = len(nullable)
            for state in silent:
                kind, p, q, *_ = self._states[state]
                if kind in (k.CHOICE, k.SWITCH):
                    is_nullable = any(target in nullable for target in self._targets(state))
                else:
                    is_nullable = p in nullable and (kind == k.CAPTURE or q in nullable)
                if is_nullable:
                    nullable.add(state)
        return nullable

    def _saved_states(self, order: list[int]) -> dict[str, object]:
        number = self._number.tolist()
        states, edges, safe = [], [], []
        for state in order:
            kind, p, q, r, u, v, *_ = self._states[state]
            if kind in (k.SCAN, k.CHOICE, k.SWITCH):
                edges += [(value, number[target]) for value, target in self._edges[p : p + q]]
                u = number[u] if kind == k.SCAN and u >= 0 else u
                states.append((kind, 0, q, r, u, v))
            elif kind == k.RETURNS:
                states.append((kind, p, 0, 0, 0, 0))
            elif kind == k.STRING:
                states.append((kind, p, number[q], r, u, v))
            elif kind == k.UNEXPANDED:
                states.append((kind, 0, 0, r, 0, 0))
            else:
                states.append((kind, number[p], number[q], 0, 0, 0))
            at = k.SAFE + 2 * state
            safe.append(self._arena[at : at + 2].tolist())
        nullable = [state in self._nullable for state in order]
        return {"states": states, "edges": edges, "safe": safe, "nullable": nullable}

    # --- Results --------------------------------------------------------------------------------

    def _saved_results(self) -> dict[str, object]:
        a = self._arena
        trie_size = int(a[k.TRIE_SIZE])
        results = a[k.RESULT :][: 8 * a[k.N_RESULTS]].reshape(-1, 8)
        number = np.append(self._number, np.full(a[k.N_STATES] - len(self._number), -1))
        results = results[number[results[:, 0]] >= 0]
        outcomes = self._outcomes(results[:, 7])
        used = np.unique(np.concatenate([results[:, [1, 5]].ravel(), outcomes[:, 2]]))
        used = used[used >= trie_size] - trie_size
        firsts, counts = a[k.SET :][: 2 * a[k.N_SETS]].reshape(-1, 2)[used].T
        rows = np.unique(results[results[:, 2] >= 0, 2])

        def sets(column: Int32s) -> Int32s:
            is_set = column >= trie_size
            place = trie_size + np.searchsorted(used, column - trie_size)
            return np.where(is_set, place, column)

        row = np.where(results[:, 2] < 0, -1, np.searchsorted(rows, results[:, 2]))
        saved = (
            number[results[:, 0]],
            sets(results[:, 1]),
            row,
            results[:, 4],
            sets(results[:, 5]),
            results[:, 6],
        )
        words = int(a[k.MASK_WORDS])
        return {
            "results": np.stack(saved, axis=1),
            "outcomes": np.stack([*outcomes[:, :2].T, sets(outcomes[:, 2])], axis=1),
            "tokens": _spans(a, k.TOKEN + results[:, 3], results[:, 4]),
            "sets": counts,
            "nodes": _spans(a, k.NODE + firsts, counts),
            "rows": a[a[k.ROW] :][: words * a[k.N_ROWS]].reshape(-1, words)[rows],
        }

    def _outcomes(self, last: Int32s) -> Int32s:
        """int32[o, 3]: (result, outcome, exits), from the last entry of each result."""
        found = []
        for result in np.flatnonzero(last).tolist():
            entry = int(last[result])
            while entry:
                outcome, exits, entry = self._arena[k.OUTCOME + 3 * entry - 3 :][:3].tolist()
                found.append((result, outcome, exits))
        return np.array(found, np.int32).reshape(-1, 3)

    # --- Captured texts -------------------------------------------------------------------------

    def _saved_texts(self) -> dict[str, object]:
        number = {0: 0}
        texts: list[tuple[int, int]] = []
        captured = []
        for state, entries in self._captured.items():
            if self._number[state] < 0:
                continue
            for _, text, start, then in entries:
                longer = []
                while text not in number:
                    longer.append(text)
                    text = int(self._arena[k.TEXT + 3 * text])
                for each in reversed(longer):
                    before, byte = self._arena[k.TEXT + 3 * each :][:2].tolist()
                    texts.append((number[before], byte))
                    number[each] = len(texts)
                last = number[longer[0] if longer else text]
                captured.append((self._number[state], last, start, self._number[then]))
        return {"texts": texts, "captured": captured}


def _spans(arena: Int32s, firsts: Int32s, counts: Int32s) -> Int32s:
    """The values of several spans, one after the other."""
    parts = [
        arena[first : first + count]
        for first, count in zip(firsts.tolist(), counts.tolist(), strict=True)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def _array(values: object, name: str) -> Int32s:
    array = np.asarray(values, np.int32)
    if name == "rows":
        return array
    return array.reshape(-1, WIDTHS[name]) if WIDTHS[name] > 1 else array.reshape(-1)
