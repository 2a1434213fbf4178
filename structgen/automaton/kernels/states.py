"""States: records [kind, five values, body of a string with this content (two spellings)].

`layout.py` has the values of each kind. `table_network.py` makes the records.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import borrowed, hash_of
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *


@kernel
def new_state(a, kind, p, q, r, u, v):
    """Append a state record; FULL when there is no room."""
    s = a[N_STATES]
    if s >= MAX_STATES:
        a[IS_FULL] = 1
        return FULL
    a[N_STATES] = s + 1
    at = STATE + 8 * s
    a[at] = kind
    a[at + 1] = p
    a[at + 2] = q
    a[at + 3] = r
    a[at + 4] = u
    a[at + 5] = v
    return s


@kernel
def intern_state(a, kind, p, q, r, u, v):
    """The state with exactly this record: strings, exceptions, calls."""
    i = hash_of(p * 31 + kind, q * 8191 + r, u * 2 + v) & (STATE_SLOTS - 1)
    while True:
        s = a[STATE_SLOT + i] - 1
        if s < 0:
            break
        at = STATE + 8 * s
        if (
            a[at] == kind
            and a[at + 1] == p
            and a[at + 2] == q
            and a[at + 3] == r
            and a[at + 4] == u
            and a[at + 5] == v
        ):
            return s
        i = (i + 1) & (STATE_SLOTS - 1)
    s = new_state(a, kind, p, q, r, u, v)
    if s >= 0:
        if s > (STATE_SLOTS // 8) * 7:
            a[IS_FULL] = 1
            return FULL
        a[STATE_SLOT + i] = s + 1
    return s


@kernel
def new_literal(a, data, then):
    """A chain of states that reads `data` (uint8[n]), then continues at `then`."""
    s = then
    for i in range(data.shape[0] - 1, -1, -1):
        e = a[N_EDGES]
        if e >= MAX_EDGES:
            a[IS_FULL] = 1
            return FULL
        a[N_EDGES] = e + 1
        a[EDGE + 2 * e] = data[i] | np.int32(data[i]) << 8
        a[EDGE + 2 * e + 1] = s
        s = new_state(a, SCAN, e, 1, 0, -1, 0)
        if s < 0:
            return FULL
    return s


@kernel
def new_names(a, blob, offsets, targets):
    """The content trie of sorted distinct names; the end of name i leads to `targets[i]`.

    Returns the root content state.
    """
    root = new_state(a, SCAN, 0, 0, 0, -1, 0)
    if root < 0:
        return FULL
    longest = 0
    for i in range(targets.shape[0]):
        longest = max(longest, offsets[i + 1] - offsets[i])
    path = np.empty(longest + 1, np.int64)
    path[0] = root
    depth = 0
    # Records temporarily hold: a = parent, d = after quote, e = the byte that leads here.
    for i in range(targets.shape[0]):
        first = offsets[i]
        length = offsets[i + 1] - first
        shared = 0
        if i > 0:
            before = offsets[i - 1]
            while (
                shared < length
                and shared < first - before
                and blob[first + shared] == blob[before + shared]
            ):
                shared += 1
        for depth in range(shared, length):
            s = new_state(a, SCAN, path[depth], 0, 0, -1, blob[first + depth])
            if s < 0:
                return FULL
            a[STATE + 8 * path[depth] + 2] += 1
            path[depth + 1] = s
        a[STATE + 8 * path[length] + 4] = targets[i]
    last = a[N_STATES]
    edges = a[N_EDGES]
    if edges + last - root > MAX_EDGES:
        a[IS_FULL] = 1
        return FULL
    # Parents come before their children: lay out each state's edges, then fill them in order.
    for s in range(root, last):
        at = STATE + 8 * s
        parent = a[at + 1]
        if s > root:
            up = STATE + 8 * parent
            e = a[up + 1] + a[up + 3]
            a[up + 3] += 1
            a[EDGE + 2 * e] = a[at + 5] | a[at + 5] << 8
            a[EDGE + 2 * e + 1] = s
        a[at + 1] = edges
        a[at + 3] = 0
        edges += a[at + 2]
    a[N_EDGES] = edges
    for s in range(root, last):
        a[STATE + 8 * s + 3] = 0
        a[STATE + 8 * s + 5] = 0
    return root


@kernel
def add_name(arena, root, data, target):
    """The root of a content trie with one name more, which ends at `target`; the rest is shared.

    The n + 1 states on the way are copied; `data` (uint8[n]) must not be in the trie.
    """
    a = borrowed(arena)
    n = data.shape[0]
    first = a[N_STATES]
    old = root  # the state to copy, or -1 where the old trie has none
    for i in range(n + 1):
        e = a[N_EDGES]
        from_edge = 0
        count = 0
        quote = -1
        if old >= 0:
            from_edge = a[STATE + 8 * old + 1]
            count = a[STATE + 8 * old + 2]
            quote = a[STATE + 8 * old + 4]
        s = new_state(a, SCAN, e, 0, 0, quote, 0)
        if s < 0 or e + count + 1 > MAX_EDGES:
            a[IS_FULL] = 1
            return FULL
        old = -1
        is_placed = i == n
        b = 0 if is_placed else data[i]
        for old_edge in range(from_edge, from_edge + count):
            byte = a[EDGE + 2 * old_edge] & 255
            if not is_placed and byte >= b:
                is_placed = True
                a[EDGE + 2 * e] = b | b << 8
                a[EDGE + 2 * e + 1] = s + 1
                e += 1
                if byte == b:
                    old = a[EDGE + 2 * old_edge + 1]
                    continue
            a[EDGE + 2 * e] = a[EDGE + 2 * old_edge]
            a[EDGE + 2 * e + 1] = a[EDGE + 2 * old_edge + 1]
            e += 1
        if not is_placed:
            a[EDGE + 2 * e] = b | b << 8
            a[EDGE + 2 * e + 1] = s + 1
            e += 1
        a[STATE + 8 * s + 2] = e - a[N_EDGES]
        a[N_EDGES] = e
        if i == n:
            a[STATE + 8 * s + 4] = target
    return first
