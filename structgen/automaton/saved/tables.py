"""The saved tables of one grammar, and the checks that make them fit to be read by kernels.

Numbers are the file's own, so that tables can be put into an engine that already holds others.
States 0 to `FIXED_STATES` - 1 are the same in every engine and not saved; the saved ones follow, so
ordered that a state which leads to another without reading has the larger number. That makes sure
that no walk goes round in circles, and that it can be checked in one comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import kernels as k
from structgen.errors import GrammarError
from structgen.vocabulary import Vocabulary

__all__ = ["FIXED_STATES", "ROOT", "WIDTHS", "Int32s", "SavedTables", "check_tables"]

Int32s = NDArray[np.int32]

FIXED_STATES = 10  # RETURN, UNKNOWN and the content automaton of all texts
ROOT = -1  # in place of a state: the grammar itself


@dataclass(frozen=True)
class SavedTables:
    """What was learned of a grammar over a vocabulary of V tokens and a trie of N nodes.

    A node set is a node, or N plus the number of a set, or -1 for none.

    Attributes:
        start: int32[1], the state of the whole language.
        states: int32[n, 6], as in the engine; where there are edges, the first one is left out.
        safe: int32[n, 2], as in the engine.
        nullable: int32[n], whether a state may return without reading.
        edges: int32[m, 2], state after state: (first byte and last byte, or outcome; target).
        results: int32[r, 6], (state, node set, row or -1, token count, exits, met UNKNOWN).
        outcomes: int32[o, 3], (result, outcome, exits) beside those of the results, in their order.
        tokens: int32[t], result after result.
        sets: int32[s], how many nodes each set has, at least two.
        nodes: int32[p], set after set, ascending in each.
        rows: int32[q, ceil(V/32)], masks.
        texts: int32[u, 2], (text without its last byte, that byte); text 0 is empty and left out.
        captured: int32[c, 4], (capture, text, where it begins, state that follows).
        expansions: int32[e, 2], (state or `ROOT`, how many keys its definition names).
        calls: int32[h], expansion after expansion: the states of these keys, -1 if not saved.
    """

    start: Int32s
    states: Int32s
    safe: Int32s
    nullable: Int32s
    edges: Int32s
    results: Int32s
    outcomes: Int32s
    tokens: Int32s
    sets: Int32s
    nodes: Int32s
    rows: Int32s
    texts: Int32s
    captured: Int32s
    expansions: Int32s
    calls: Int32s

    @property
    def content(self) -> NDArray[np.bool_]:
        """bool[FIXED_STATES + n]: which states are inside a quoted string."""
        states, edges = self.states, self.edges
        inside = np.zeros(FIXED_STATES + len(states), np.bool_)
        inside[2:FIXED_STATES] = True
        owners = _owners(states)
        reached = states[states[:, 0] == k.STRING, 2]
        while len(reached):
            inside[reached] = True
            targets = edges[inside[owners], 1]
            reached = np.unique(targets[~inside[targets]])
        return inside


WIDTHS = {field.name: 1 for field in fields(SavedTables)} | {
    "states": 6,
    "safe": 2,
    "edges": 2,
    "results": 6,
    "outcomes": 3,
    "texts": 2,
    "captured": 4,
    "expansions": 2,
}
"""How many values a record of each table has; of `rows`, it is up to the vocabulary."""


def _owners(states: Int32s) -> NDArray[np.int64]:
    """int64[m]: the state that each edge belongs to."""
    counts = np.where(np.isin(states[:, 0], (k.SCAN, k.CHOICE, k.SWITCH)), states[:, 2], 0)
    return np.repeat(np.arange(len(states)) + FIXED_STATES, counts)


def check_tables(tables: SavedTables, vocabulary: Vocabulary) -> None:
    """Make sure that kernels can read the tables: all is in range, nothing goes in circles.

    That they say the truth about the grammar is not checked.

    Raises:
        GrammarError: Something is out of range.
    """
    _check_states(tables)
    _check_results(tables, vocabulary)
    size = FIXED_STATES + len(tables.states)
    texts, captured = tables.texts, tables.captured
    _within(texts[:, 0], 0, np.arange(1, len(texts) + 1), "text")
    _within(texts[:, 1], 0, 256, "text")
    _within(captured[:, 0], FIXED_STATES, size, "capture")
    _that(tables.states[captured[:, 0] - FIXED_STATES, 0] == k.CAPTURE, "capture")
    _within(captured[:, 1], 0, len(texts) + 1, "capture")
    lengths = _text_lengths(texts)
    _within(captured[:, 2], 0, lengths[captured[:, 1]] + 1, "capture")
    _within(captured[:, 3], 0, size, "capture")
    _within(tables.expansions[:, 0], ROOT, size, "expansion")
    _that(len(tables.expansions) > 0, "expansion")
    _counts(tables.expansions[:, 1], len(tables.calls), "expansion")
    _within(tables.calls, -1, size, "expansion")
    _that(len(tables.start) == 1, "start")
    _within(tables.start, 0, size, "start")
    is_switch = np.zeros(size, np.bool_)
    is_switch[FIXED_STATES:] = tables.states[:, 0] == k.SWITCH
    for states in (captured[:, 3], tables.results[:, 0], tables.start, tables.edges[:, 1]):
        _that(~is_switch[states], "switch")


def _text_lengths(texts: Int32s) -> NDArray[np.int64]:
    lengths = [0]
    for before in texts[:, 0].tolist():
        lengths.append(lengths[before] + 1)
    return np.array(lengths)


def _check_states(tables: SavedTables) -> None:
    states, edges = tables.states, tables.edges
    size = FIXED_STATES + len(states)
    numbers = np.arange(FIXED_STATES, size)
    _that(len(tables.safe) == len(tables.nullable) == len(states), "state")
    kinds, p, q, r, u, v = states.astype(np.int64).T
    known = (k.UNEXPANDED, k.SCAN, k.CHOICE, k.CALL, k.RETURNS, k.STRING, k.EXCEPT, k.CAPTURE)
    _that(np.isin(kinds, (*known, k.SWITCH)), "state")
    scan, string, switch = kinds == k.SCAN, kinds == k.STRING, kinds == k.SWITCH
    choice = (kinds == k.CHOICE) | switch
    calling = (kinds == k.CALL) | (kinds == k.CAPTURE)
    except_ = kinds == k.EXCEPT
    _counts(q[scan | choice], len(edges), "edge")
    _that(q[choice] > 0, "choice")
    _within(u[scan], -1, size, "state")
    _within(p[calling], 0, size, "call")
    _within(q[calling], 0, size, "call")
    after_fixed = p[calling & (p >= FIXED_STATES)] - FIXED_STATES
    _that(~switch[after_fixed], "switch")
    sketches = q[(kinds == k.CAPTURE) & (q >= FIXED_STATES)] - FIXED_STATES
    _that(~switch[sketches], "switch")
    _that(p[kinds == k.RETURNS] > 0, "outcome")
    _within(p[string] & 15, k.OPEN, k.LOW3 + 1, "string")
    _within(p[string] >> 4, 0, 1 << 16, "string")
    _within(q[string], 0, size, "string")
    _within(r[string], 0, k.UNLIMITED + 1, "string")
    _within(u[string], 0, k.UNLIMITED + 1, "string")
    _within(v[string], 0, 2, "string")
    for part in (p[except_], q[except_]):
        _within(part, FIXED_STATES, size, "exception")
        _that(string[part - FIXED_STATES], "exception")
    _within(edges[:, 1], 0, size, "edge")
    _check_edges(edges, _owners(states), scan, switch)
    content = tables.content
    _that(np.isin(kinds[content[FIXED_STATES:]], (k.UNEXPANDED, k.SCAN)), "string")
    _that(~content[:2], "string")
    # What leads on without reading leads to smaller numbers.
    nullable = np.zeros(size, np.bool_)
    nullable[k.RETURN] = True
    nullable[FIXED_STATES:] = tables.nullable != 0
    owners = _owners(states)
    by_choice = choice[owners - FIXED_STATES]
    _that(edges[by_choice, 1] < owners[by_choice], "choice")
    _that(p[calling] < numbers[calling], "call")
    passing = calling.copy()
    passing[calling] = nullable[p[calling]]
    _that(q[passing] < numbers[passing], "call")
    expected = (kinds == k.RETURNS) | (scan & (r != 0))
    chosen = owners[by_choice][nullable[edges[by_choice, 1]]]
    expected[chosen - FIXED_STATES] = True
    call = kinds == k.CALL
    expected[call] = nullable[p[call]] & nullable[q[call]]
    capture = kinds == k.CAPTURE
    expected[capture] = nullable[p[capture]]
    _that(expected == nullable[FIXED_STATES:], "state")
    captures = tables.captured[:, 0]
    if len(captures):
        _within(captures, FIXED_STATES, size, "capture")
        passing = nullable[captures]
        _that(tables.captured[passing, 3] < captures[passing], "capture")


def _check_edges(
    edges: Int32s,
    owners: NDArray[np.int64],
    scan: NDArray[np.bool_],
    switch: NDArray[np.bool_],
) -> None:
    """Bytes of a scan ascend, and outcomes of a switch."""
    _that(len(owners) == len(edges), "edge")
    values = edges[:, 0].astype(np.int64)
    scans, switches = scan[owners - FIXED_STATES], switch[owners - FIXED_STATES]
    low = np.where(switches, values, values & 255)
    high = np.where(switches, values, values >> 8)
    _within(high, low, np.where(switches, 1 << 31, 256), "edge")
    _that(low >= 0, "edge")
    same = (owners[1:] == owners[:-1]) & (scans | switches)[1:]
    _that(low[1:][same] > high[:-1][same], "edge")


def _check_results(tables: SavedTables, vocabulary: Vocabulary) -> None:
    results, sets, nodes, rows = tables.results, tables.sets, tables.nodes, tables.rows
    n_nodes = len(vocabulary.trie.nodes)
    size = FIXED_STATES + len(tables.states)
    _within(nodes, 0, n_nodes, "node set")
    _that(sets >= 2, "node set")
    _counts(sets, len(nodes), "node set")
    firsts = np.cumsum(sets, dtype=np.int64) - sets
    ascends = np.ones(len(nodes), np.bool_)
    ascends[1:] = nodes[1:] > nodes[:-1]
    ascends[firsts] = True
    _that(ascends, "node set")
    state, before, row, count, after, unknown = results.T
    _within(state, 0, size, "result")
    _within(before, 0, n_nodes + len(sets), "result")
    _within(after, -1, n_nodes + len(sets), "result")
    _within(row, -1, len(rows), "result")
    _within(unknown, 0, 2, "result")
    _within(count, 0, k.TOKEN_SCRATCH + 1, "result")
    _counts(count, len(tables.tokens), "result")
    _within(tables.tokens, 0, vocabulary.size, "token")
    owner, outcome, exits = tables.outcomes.T
    _within(owner, 0, len(results), "outcome")
    _that(owner[1:] >= owner[:-1], "outcome")
    _that(outcome >= 0, "outcome")
    _within(exits, 0, n_nodes + len(sets), "outcome")
    least = np.concatenate([np.arange(n_nodes), nodes[firsts]])
    _that(least[exits] >= least[before[owner]], "outcome")
    returning = after >= 0
    nullable = np.concatenate([np.zeros(FIXED_STATES, np.int32), tables.nullable])
    nullable[k.RETURN] = 1
    first = least[before[returning]] + (nullable[state[returning]] == 0)
    _that(least[after[returning]] >= first, "result")
    beyond = vocabulary.size & 31
    if beyond and len(rows):
        _that(rows[:, -1].view(np.uint32) >> np.uint32(beyond) == 0, "mask")


def _counts(counts: NDArray[np.integer], total: int, what: str) -> None:
    _that(counts >= 0, what)
    _that(int(counts.sum(dtype=np.int64)) == total, what)


def _within(values: NDArray[np.integer], low: object, high: object, what: str) -> None:
    _that((values >= low) & (values < high), what)  # type: ignore[operator]


def _that(holds: object, what: str) -> None:
    if not np.all(holds):  # type: ignore[call-overload]
        raise GrammarError(f"The saved grammar is damaged: a {what} is out of range")
