"""Results: what is kept of a walk from a state and a node set.

Record: [state, set, mask row or -1, first token, token count, exit set, whether it met UNKNOWN,
1 + its last entry at OUTCOME, or 0]. The exit set is where the piece returned outcome 0; entries
[outcome, exit set, 1 + the entry before or 0] have the other outcomes, and more of outcome 0: a
large set that comes from elsewhere is passed on as it is, beside what is added to it.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import hash_of
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.findings import (
    allow,
    arrive,
    exit_with,
    flush_tokens,
    intern_exits,
    merge_row,
    sort_outcomes,
)
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import intern_nodes, set_node, set_size, sort
from structgen.automaton.kernels.states import intern_state
from structgen.automaton.kernels.trie import byte_class


@kernel
def _representative(a, s):
    """The same string with its counts clamped at what one token can reach."""
    at = STATE + 8 * s
    if a[at] != STRING or (a[at + 3] == 0 and a[at + 4] == UNLIMITED):
        return s
    most = a[MAX_CHARS]
    low = min(a[at + 3], most)
    needed = a[STATE + 8 * a[at + 2] + 3] >> SHORTEST_BITS
    high = a[at + 4] if a[at + 4] < most + needed else UNLIMITED
    return intern_state(a, STRING, a[at + 1], a[at + 2], low, high, a[at + 5])


@kernel
def find_result(a, s, x):
    i = hash_of(s, x, 1) & (RESULT_SLOTS - 1)
    while True:
        r = a[RESULT_SLOT + i] - 1
        if r < 0:
            return -1
        if a[RESULT + 8 * r] == s and a[RESULT + 8 * r + 1] == x:
            return r
        i = (i + 1) & (RESULT_SLOTS - 1)


@kernel
def first_classes(a, s):
    """The classes of the bytes that scan s reads, as bits; all bits if there are many."""
    classes = 0
    for e in range(a[STATE + 8 * s + 1], a[STATE + 8 * s + 1] + a[STATE + 8 * s + 2]):
        low = a[EDGE + 2 * e] & 255
        high = a[EDGE + 2 * e] >> 8
        if high - low > 16:
            return ~0
        for b in range(low, high + 1):
            classes |= 1 << byte_class(b)
    return classes


@kernel
def narrowed(a, classes, x):
    """The nodes of set x that have a byte of these classes right below, or one node of it.

    Most large sets are where a word may end, and nearly all of it has only more of the word below:
    the few others are found once for all classes that are in no word.
    """
    if classes & WORD == 0 and set_size(a, x) >= HUGE_SET:
        x = _narrowed_to(a, ~WORD, x)
    return _narrowed_to(a, classes, x)


@kernel
def _narrowed_to(a, classes, x):
    at = NARROW + 3 * (hash_of(classes, x, 6) & (NARROW_SLOTS - 1))
    if a[at + 1] != x or a[at] != classes:
        nodes = np.empty(set_size(a, x), np.int32)
        n = 0
        for i in range(len(nodes)):
            y = set_node(a, x, i)
            if a[a[CHILDREN] + y] & classes != 0:
                nodes[n] = y
                n += 1
        a[at] = classes
        a[at + 1] = x
        a[at + 2] = intern_nodes(a, nodes[:n]) if n > 0 else set_node(a, x, 0)
    return a[at + 2]


@kernel
def result_or_job(a, s, x):
    """The result of (s, x), or MISSING with its job pushed."""
    s = _representative(a, s)
    if s < 0:
        return MISSING
    if a[STATE + 8 * s] == SCAN and a[STATE + 8 * s + 3] == 0 and set_size(a, x) >= LARGE_SET:
        classes = first_classes(a, s)
        if classes != ~0:
            x = narrowed(a, classes, x)
        if x == FULL:
            return MISSING
    r = find_result(a, s, x)
    if r >= 0:
        return r
    n = a[N_JOBS]
    if n >= MAX_JOBS:
        a[IS_FULL] = 1
        return MISSING
    a[JOB + 2 * n] = s
    a[JOB + 2 * n + 1] = x
    a[N_JOBS] = n + 1
    return MISSING


@kernel
def absorb(a, r):
    """Allow what result r allows."""
    row = a[RESULT + 8 * r + 2]
    if row >= 0 and row != a[ACC_ROW]:
        if a[ACC_ROW] < 0:
            a[ACC_ROW] = row
        else:
            merge_row(a, row)
    a[ACC_UNKNOWN] |= a[RESULT + 8 * r + 6]
    first = TOKEN + a[RESULT + 8 * r + 3]
    for i in range(a[RESULT + 8 * r + 4]):
        allow(a, a[first + i])


@kernel
def switch(a, s, outcome):
    """The state to go on at after a piece that returned `outcome`, where s comes after it.

    A switch has a state for every outcome of the piece; any other state follows all of them.
    """
    at = STATE + 8 * s
    if a[at] != SWITCH:
        return s
    for e in range(a[at + 1], a[at + 1] + a[at + 2]):
        if a[EDGE + 2 * e] == outcome:
            return a[EDGE + 2 * e + 1]
    return DEAD


@kernel
def go_on_from(a, r, then):
    """Go on at `then`, or what it is for each outcome, from the exits of result r of a piece."""
    y = a[RESULT + 8 * r + 5]
    if y >= 0:
        arrive(a, switch(a, then, 0), y)
    entry = a[RESULT + 8 * r + 7]
    while entry > 0:
        at = OUTCOME + 3 * (entry - 1)
        if then == RETURN and a[at] != 0:  # a tail call
            exit_with(a, a[at], a[at + 1])
        else:
            arrive(a, switch(a, then, a[at]), a[at + 1])
        entry = a[at + 2]


@kernel
def exits_of(a, r):
    """All nodes at which result r exits with outcome 0, as one set."""
    y = a[RESULT + 8 * r + 5]
    size = set_size(a, y)
    entry = a[RESULT + 8 * r + 7]
    while entry > 0:
        at = OUTCOME + 3 * (entry - 1)
        if a[at] == 0:
            size += set_size(a, a[at + 1])
        entry = a[at + 2]
    if size == set_size(a, y):
        return y
    nodes = np.empty(size, np.int32)
    n = 0
    entry = a[RESULT + 8 * r + 7]
    while True:
        for i in range(set_size(a, y)):
            nodes[n] = set_node(a, y, i)
            n += 1
        y = -1
        while entry > 0 and y < 0:
            at = OUTCOME + 3 * (entry - 1)
            if a[at] == 0:
                y = a[at + 1]
            entry = a[at + 2]
        if y < 0:
            break
    sort(nodes)
    distinct = 0
    for i in range(n):
        if i == 0 or nodes[i] != nodes[i - 1]:
            nodes[distinct] = nodes[i]
            distinct += 1
    return intern_nodes(a, nodes[:distinct])


@kernel
def store_result(a, s, x):
    exits = intern_exits(a)
    outcomes = _intern_outcomes(a) if a[ACC_OUTCOMES] > 0 else 0
    for i in range(a[ACC_WHOLE]):
        if a[WHOLE + 2 * i] == 0 and exits < 0:
            exits = a[WHOLE + 2 * i + 1]
        else:
            outcomes = _new_outcome(a, a[WHOLE + 2 * i], a[WHOLE + 2 * i + 1], outcomes)
    is_any = a[STATE + 8 * s] == STRING and a[STATE + 8 * s + 2] == a[ANY_CONTENT]
    if a[ACC_TOKENS] > LIST_LIMIT and not is_any:
        flush_tokens(a)  # any string's tokens stay a list: `exceptions` looks through it
    row = a[ACC_ROW]
    if a[ACC_OWN_ROW] != 0:
        if row >= 0:
            merge_row(a, row)
        row = a[N_ROWS]
        if row >= a[MAX_ROWS]:
            a[IS_FULL] = 1
            return FULL
        a[N_ROWS] = row + 1
        at = a[ROW] + row * a[MASK_WORDS]
        for w in range(a[MASK_WORDS]):
            a[at + w] = a[a[ROW_SCRATCH] + w]
    r = a[N_RESULTS]
    first = a[N_TOKENS]
    n = a[ACC_TOKENS]
    if r >= MAX_RESULTS or first + n > MAX_TOKENS or a[IS_FULL] != 0:
        a[IS_FULL] = 1
        return FULL
    a[N_RESULTS] = r + 1
    a[N_TOKENS] = first + n
    for i in range(n):
        a[TOKEN + first + i] = a[TOKENS + i]
    at = RESULT + 8 * r
    a[at] = s
    a[at + 1] = x
    a[at + 2] = row
    a[at + 3] = first
    a[at + 4] = n
    a[at + 5] = exits
    a[at + 6] = a[ACC_UNKNOWN]
    a[at + 7] = outcomes
    i = hash_of(s, x, 1) & (RESULT_SLOTS - 1)
    while a[RESULT_SLOT + i] != 0:
        i = (i + 1) & (RESULT_SLOTS - 1)
    a[RESULT_SLOT + i] = r + 1
    return 0


@kernel
def _intern_outcomes(a):
    """Make entries at OUTCOME of the pairs at OUTCOMES; 1 + the last of them, or 0."""
    n = sort_outcomes(a)
    last = 0
    i = 0
    while i < n and a[IS_FULL] == 0:
        outcome = a[OUTCOMES + 2 * i]
        count = 0
        while i < n and a[OUTCOMES + 2 * i] == outcome:
            a[a[EXITS] + count] = a[OUTCOMES + 2 * i + 1]
            count += 1
            i += 1
        a[ACC_EXITS] = count
        last = _new_outcome(a, outcome, intern_exits(a), last)
    return last


@kernel
def _new_outcome(a, outcome, exits, last):
    """1 + a new entry at OUTCOME that follows `last`, or 0 where there is no room."""
    entry = a[N_OUTCOMES]
    if entry >= MAX_OUTCOMES:
        a[IS_FULL] = 1
        return 0
    at = OUTCOME + 3 * entry
    a[at] = outcome
    a[at + 1] = exits
    a[at + 2] = last
    a[N_OUTCOMES] = entry + 1
    return entry + 1
