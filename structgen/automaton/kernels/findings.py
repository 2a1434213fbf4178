"""What the walk at hand has found so far: tokens, exits, outcomes, and where to go on."""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import intern_nodes, set_node, set_size, sort


@kernel
def own_row(a):
    """Start the scratch row, if this walk has not yet."""
    if a[ACC_OWN_ROW] == 0:
        a[ACC_OWN_ROW] = 1
        at = a[ROW_SCRATCH]
        for w in range(a[MASK_WORDS]):
            a[at + w] = 0


@kernel
def flush_tokens(a):
    own_row(a)
    at = a[ROW_SCRATCH]
    for i in range(a[ACC_TOKENS]):
        token = a[TOKENS + i]
        a[at + (token >> 5)] |= np.int32(1 << (token & 31))
    a[ACC_TOKENS] = 0


@kernel
def merge_row(a, row):
    own_row(a)
    at = a[ROW_SCRATCH]
    source = a[ROW] + row * a[MASK_WORDS]
    for w in range(a[MASK_WORDS]):
        a[at + w] |= a[source + w]


@kernel
def allow(a, token):
    n = a[ACC_TOKENS]
    if n >= TOKEN_SCRATCH:
        flush_tokens(a)
        n = 0
    a[TOKENS + n] = token
    a[ACC_TOKENS] = n + 1


@kernel
def emit(a, token):
    """Allow a token and every other id with the same bytes."""
    while token >= 0:
        allow(a, token)
        token = a[a[CHAIN] + token]


@kernel
def emit_below(a, x):
    """Allow the tokens at node x and below it."""
    first = a[BELOW_TOKEN] + a[a[TRIE] + 8 * x + FIRST_BELOW]
    count = a[a[N_BELOW] + x]
    while count > 0:
        n = a[ACC_TOKENS]
        part = min(count, TOKEN_SCRATCH - n)
        for i in range(part):
            a[TOKENS + n + i] = a[first + i]
        a[ACC_TOKENS] = n + part
        first += part
        count -= part
        if count > 0:
            flush_tokens(a)


@kernel
def exit_at(a, x):
    if a[a[STAMP] + x] != a[EPOCH]:
        a[a[STAMP] + x] = a[EPOCH]
        n = a[ACC_EXITS]
        a[a[EXITS] + n] = x
        a[ACC_EXITS] = n + 1


@kernel
def _is_passed_on(a, outcome, x):
    """Whether set x is passed on as a whole as what is returned with an outcome."""
    if set_size(a, x) < LARGE_SET:
        return False
    n = a[ACC_WHOLE]
    for i in range(n):
        if a[WHOLE + 2 * i] == outcome and a[WHOLE + 2 * i + 1] == x:
            return True
    if n >= MAX_WHOLE:
        return False
    a[WHOLE + 2 * n] = outcome
    a[WHOLE + 2 * n + 1] = x
    a[ACC_WHOLE] = n + 1
    return True


@kernel
def exit_set(a, y):
    """Exit at every node of set y."""
    if not _is_passed_on(a, 0, y):
        for i in range(set_size(a, y)):
            exit_at(a, set_node(a, y, i))


@kernel
def exit_with(a, outcome, x):
    """Return `outcome` (not 0) at every node of set x."""
    if _is_passed_on(a, outcome, x):
        return
    for i in range(set_size(a, x)):
        y = set_node(a, x, i)
        if a[a[TRIE] + 8 * y + 2] > 0:  # something longer to read
            n = a[ACC_OUTCOMES]
            if n >= OUTCOME_SCRATCH:
                n = sort_outcomes(a)
                if n > OUTCOME_SCRATCH // 2:
                    a[IS_FULL] = 1
                    return
            a[OUTCOMES + 2 * n] = outcome
            a[OUTCOMES + 2 * n + 1] = y
            a[ACC_OUTCOMES] = n + 1


@kernel
def sort_outcomes(a):
    """Sort the (outcome, node) pairs at OUTCOMES and drop repetitions; their number."""
    n = a[ACC_OUTCOMES]
    pairs = np.empty(n, np.int64)
    for i in range(n):
        pairs[i] = np.int64(a[OUTCOMES + 2 * i]) << 32 | a[OUTCOMES + 2 * i + 1]
    sort(pairs)
    distinct = 0
    for i in range(n):
        if i == 0 or pairs[i] != pairs[i - 1]:
            a[OUTCOMES + 2 * distinct] = pairs[i] >> 32
            a[OUTCOMES + 2 * distinct + 1] = pairs[i] & 0xFFFFFFFF
            distinct += 1
    a[ACC_OUTCOMES] = distinct
    return distinct


@kernel
def arrive(a, s, x):
    """Go on at state s from node set x."""
    if s < 0:
        return
    if s == RETURN:
        exit_set(a, x)
        return
    if x < a[TRIE_SIZE] and a[a[TRIE] + 8 * x + 2] == 0:  # nothing longer to read
        return
    n = a[N_ARRIVALS]
    if n >= MAX_ARRIVALS:
        a[IS_FULL] = 1
        return
    a[ARRIVAL + 2 * n] = s
    a[ARRIVAL + 2 * n + 1] = x
    a[N_ARRIVALS] = n + 1


@kernel
def intern_exits(a):
    """Intern the nodes collected at EXITS."""
    nodes = a[a[EXITS] : a[EXITS] + a[ACC_EXITS]]
    sort(nodes)
    return intern_nodes(a, nodes)
