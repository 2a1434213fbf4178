"""Differences: what one result allows, without what ends where another one does."""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.findings import allow, exit_at, merge_row, own_row
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import set_node, set_size
from structgen.automaton.kernels.results import absorb, exits_of, result_or_job


@kernel
def _ends_at(a, token, y):
    """Whether token is one of those at a node of set y."""
    for i in range(set_size(a, y)):
        other = a[a[TRIE] + 8 * set_node(a, y, i)]
        while other >= 0:
            if other == token:
                return True
            other = a[a[CHAIN] + other]
    return False


@kernel
def _has_token_at(a, row, y):
    """Whether a row has a token that ends at a node of set y."""
    at = a[ROW] + row * a[MASK_WORDS]
    for i in range(set_size(a, y)):
        token = a[a[TRIE] + 8 * set_node(a, y, i)]  # others with its bytes are in the row with it
        if token >= 0 and a[at + (token >> 5)] >> (token & 31) & 1 != 0:
            return True
    return False


@kernel
def _merge_row_except(a, row, y):
    """Allow the tokens of a row but for those that end at a node of set y."""
    own_row(a)
    left_out = np.zeros(a[MASK_WORDS], np.int32)
    for i in range(set_size(a, y)):
        token = a[a[TRIE] + 8 * set_node(a, y, i)]
        while token >= 0:
            left_out[token >> 5] |= np.int32(1 << (token & 31))
            token = a[a[CHAIN] + token]
    at = a[ROW_SCRATCH]
    source = a[ROW] + row * a[MASK_WORDS]
    for w in range(a[MASK_WORDS]):
        a[at + w] |= a[source + w] & ~left_out[w]


@kernel
def _absorb_except(a, r, q):
    """Allow what result r allows, but not the tokens that end exactly at an exit of result q."""
    y = exits_of(a, q)
    row = a[RESULT + 8 * r + 2]
    if row >= 0 and row != a[ACC_ROW]:
        if _has_token_at(a, row, y):
            _merge_row_except(a, row, y)
        elif a[ACC_ROW] < 0:
            a[ACC_ROW] = row
        else:
            merge_row(a, row)
    a[ACC_UNKNOWN] |= a[RESULT + 8 * r + 6]
    first = TOKEN + a[RESULT + 8 * r + 3]
    for i in range(a[RESULT + 8 * r + 4]):
        token = a[first + i]
        if not _ends_at(a, token, y):
            allow(a, token)


@kernel
def absorb_call(a, r, then):
    """Allow what result r of a piece allows, but nothing that ends where UNKNOWN follows."""
    if then == UNKNOWN and exits_of(a, r) >= 0:
        _absorb_except(a, r, r)
        a[ACC_UNKNOWN] = 1
    else:
        absorb(a, r)


@kernel
def _except_exits(a, r, q):
    """Exits of result r that are not exits of result q."""
    x = exits_of(a, r)
    y = exits_of(a, q)
    if x < 0:
        return
    n = a[TRIE_SIZE]
    i = 0
    i_end = 1
    j = 0
    j_end = 0
    if x >= n:
        i = NODE + a[SET + 2 * (x - n)]
        i_end = i + a[SET + 2 * (x - n) + 1]
    if y >= n:
        j = NODE + a[SET + 2 * (y - n)]
        j_end = j + a[SET + 2 * (y - n) + 1]
    while i < i_end:
        node = a[i] if x >= n else x
        if y >= n:
            while j < j_end and a[j] < node:
                j += 1
            if not (j < j_end and a[j] == node):
                exit_at(a, node)
        elif node != y:
            exit_at(a, node)
        i += 1


@kernel
def except_result(a, s, x):
    """Absorb the exception s from node set x; MISSING when its parts are not known yet."""
    r = result_or_job(a, a[STATE + 8 * s + 1], x)
    q = result_or_job(a, a[STATE + 8 * s + 2], x)
    if r < 0 or q < 0:
        return MISSING
    _absorb_except(a, r, q)
    _except_exits(a, r, q)
    return 0
