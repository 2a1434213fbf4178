"""Interned sets of trie nodes.

A set of one node is that node; others are TRIE_SIZE + index. -1 is the empty set.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import hash_of
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *


@kernel
def sort(values):
    """Sort in place by merging runs that are in order, two by two, until there is one.

    What is sorted here is nearly in order, on which Numba's own sort takes quadratic time.
    """
    n = len(values)
    runs = 1
    for i in range(1, n):
        runs += values[i - 1] > values[i]
    if runs == 1:
        return
    merged = np.empty(n, values.dtype)
    while runs > 1:
        runs = 0
        start = 0
        while start < n:
            middle = _run_end(values, start)
            end = _run_end(values, middle)
            i = start
            j = middle
            for at in range(start, end):
                if j == end or (i < middle and values[i] <= values[j]):
                    merged[at] = values[i]
                    i += 1
                else:
                    merged[at] = values[j]
                    j += 1
            runs += 1
            start = end
        values[:] = merged


@kernel
def _run_end(values, start):
    """Where the run in order that begins at `start` ends."""
    end = start + 1
    while end < len(values) and values[end - 1] <= values[end]:
        end += 1
    return min(end, len(values))


@kernel
def intern_nodes(a, nodes):
    """The set of these nodes, which ascend."""
    n = len(nodes)
    if n == 0:
        return -1
    if n == 1:
        return nodes[0]
    h = n
    for i in range(n):
        h = hash_of(h, nodes[i], 0)
    i = h & (SET_SLOTS - 1)
    while True:
        k = a[SET_SLOT + i] - 1
        if k < 0:
            break
        if a[SET + 2 * k + 1] == n:
            first = a[SET + 2 * k]
            j = 0
            while j < n and a[NODE + first + j] == nodes[j]:
                j += 1
            if j == n:
                return a[TRIE_SIZE] + k
        i = (i + 1) & (SET_SLOTS - 1)
    k = a[N_SETS]
    first = a[N_NODES]
    if k >= MAX_SETS or first + n > MAX_NODES:
        a[IS_FULL] = 1
        return FULL
    a[N_SETS] = k + 1
    a[N_NODES] = first + n
    for j in range(n):
        a[NODE + first + j] = nodes[j]
    a[SET + 2 * k] = first
    a[SET + 2 * k + 1] = n
    a[SET_SLOT + i] = k + 1
    return a[TRIE_SIZE] + k


@kernel
def set_size(a, x):
    return 0 if x < 0 else 1 if x < a[TRIE_SIZE] else a[SET + 2 * (x - a[TRIE_SIZE]) + 1]


@kernel
def set_node(a, x, i):
    """Node number i of set x."""
    return x if x < a[TRIE_SIZE] else a[NODE + a[SET + 2 * (x - a[TRIE_SIZE])] + i]
