"""Loops: scans to which some characters lead back, as in a name, a comment, or a quoted text.

What such characters can spell below a node does not depend on the scan, only on the classes of
their bytes. So that is a piece of its own, a state of kind LOOP, whose result is kept for all scans
with these classes: the tokens, and as exits the nodes between characters; or of these, where the
scan can not return, only those at which it can leave the loop. A scan takes both as they are, and
is read on its own only where it leaves.
"""

from __future__ import annotations

from structgen.automaton.kernels.byte_steps import scan_step
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.findings import (
    arrive,
    emit,
    emit_below,
    exit_at,
    exit_set,
    exit_with,
)
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import set_node, set_size
from structgen.automaton.kernels.results import absorb, narrowed, result_or_job
from structgen.automaton.kernels.states import intern_state
from structgen.automaton.kernels.trie import byte_class, utf8_step


@kernel
def is_long_loop(a, s, x):
    """Whether scan s loops, and there is much for it to read below set x."""
    if a[SAFE + 2 * s] == 0:
        return False
    below = 0
    for i in range(set_size(a, x)):
        below += a[a[N_BELOW] + set_node(a, x, i)]
        if below >= MUCH_BELOW:
            return True
    return False


@kernel
def read_loop(a, s, x):
    """Absorb scan s, which loops, from node set x; MISSING when its loop is not known yet."""
    classes = a[SAFE + 2 * s]
    returns = a[STATE + 8 * s + 3]
    loop = intern_state(a, LOOP, classes, returns != 0, 0, 0, 0)
    if loop < 0:
        return MISSING
    r = result_or_job(a, loop, x)
    if r < 0:
        return MISSING
    absorb(a, r)
    ends = a[RESULT + 8 * r + 5]
    if returns == 1:
        exit_set(a, x)
        exit_set(a, ends)
    elif returns > 1:
        exit_with(a, returns - 1, x)
        exit_with(a, returns - 1, ends)
    leaving = _leaving_classes(a, s, classes)
    _leave_each(a, s, x, classes, leaving)
    _leave_each(a, s, ends, classes, leaving)
    return 0


@kernel
def _leaving_classes(a, s, looping):
    """The classes of the bytes that scan s reads, without those that only loop."""
    classes = 0
    for e in range(a[STATE + 8 * s + 1], a[STATE + 8 * s + 1] + a[STATE + 8 * s + 2]):
        for b in range(a[EDGE + 2 * e] & 255, (a[EDGE + 2 * e] >> 8) + 1):
            classes |= 1 << byte_class(b)
    return classes & ~looping


@kernel
def _leave_each(a, s, x, looping, leaving):
    """Step from scan s at each node of set x along the bytes that leave its loop."""
    if set_size(a, x) >= LARGE_SET:
        x = narrowed(a, leaving, x)
    trie = a[TRIE]
    for i in range(set_size(a, x)):
        node = set_node(a, x, i)
        if a[a[CHILDREN] + node] & leaving == 0:
            continue
        a[COUNT_VISITS] += 1
        first = a[trie + 8 * node + 1]
        for y in range(first, first + a[trie + 8 * node + 2]):
            b = a[trie + 8 * y + 3]
            if looping >> byte_class(b) & 1 != 0:
                continue
            t = scan_step(a, s, b)
            if t == UNKNOWN:
                a[ACC_UNKNOWN] = 1
            elif t >= 0:
                emit(a, a[trie + 8 * y])
                arrive(a, t, y)


@kernel
def walk_loop(a, s, x):
    """Find the tokens of a LOOP's characters below node set x, and its exits."""
    trie = a[TRIE]
    classes = a[STATE + 8 * s + 1]
    returns = a[STATE + 8 * s + 2] != 0
    # The queue of (node, place in a character) is at ARRIVAL. In this order nodes ascend.
    end = set_size(a, x)
    for i in range(end):
        a[ARRIVAL + 2 * i] = set_node(a, x, i)
        a[ARRIVAL + 2 * i + 1] = 0
    at = 0
    while at < end:
        node = a[ARRIVAL + 2 * at]
        place = a[ARRIVAL + 2 * at + 1]
        at += 1
        first = a[trie + 8 * node + 1]
        for y in range(first, first + a[trie + 8 * node + 2]):
            b = a[trie + 8 * y + 3]
            if classes >> byte_class(b) & 1 == 0:
                continue
            u = utf8_step(place, b)
            if u < 0:
                continue
            if not returns and a[trie + 8 * y + BELOW] & ~classes == 0:
                emit_below(a, y)
                continue
            emit(a, a[trie + 8 * y])
            if a[trie + 8 * y + 2] == 0 or (u == 0 and a[a[STAMP] + y] == a[EPOCH]):
                continue
            if u == 0 and (returns or a[a[CHILDREN] + y] & ~classes != 0):
                exit_at(a, y)
            if end >= MAX_ARRIVALS:
                a[IS_FULL] = 1
                return
            a[ARRIVAL + 2 * end] = y
            a[ARRIVAL + 2 * end + 1] = u
            end += 1
    a[COUNT_VISITS] += end
