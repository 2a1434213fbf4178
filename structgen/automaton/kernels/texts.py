"""Captured texts, and the states that follow a capture.

A text is interned as [the text without its last byte, that byte, length]; text 0 is empty.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import borrowed, hash_of
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.findings import arrive
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import set_node, set_size
from structgen.automaton.kernels.results import absorb, exits_of, go_on_from, result_or_job
from structgen.automaton.kernels.trie import trie_parent


@kernel
def longer_text(a, text, b):
    """The text with one byte more."""
    i = hash_of(text, b, 5) & (TEXT_SLOTS - 1)
    while True:
        k = a[TEXT_SLOT + i]
        if k == 0:
            break
        if a[TEXT + 3 * k] == text and a[TEXT + 3 * k + 1] == b:
            return k
        i = (i + 1) & (TEXT_SLOTS - 1)
    k = a[N_TEXTS]
    if k >= MAX_TEXTS:
        a[IS_FULL] = 1
        return 0
    a[N_TEXTS] = k + 1
    a[TEXT + 3 * k] = text
    a[TEXT + 3 * k + 1] = b
    a[TEXT + 3 * k + 2] = a[TEXT + 3 * text + 2] + 1
    a[TEXT_SLOT + i] = k
    return k


@kernel
def path_text(a, text, x, y):
    """The text followed by the bytes from trie node x down to y."""
    path = np.empty(a[MAX_CHARS], np.int64)
    n = 0
    while y != x:
        path[n] = a[a[TRIE] + 8 * y + 3]
        n += 1
        y = trie_parent(a, y)
    for i in range(n - 1, -1, -1):
        text = longer_text(a, text, path[i])
    return text


@kernel
def _captured_slot(a, s, text, start):
    i = hash_of(s, text, start) & (CAPTURED_SLOTS - 1)
    while True:
        at = CAPTURED + 4 * i
        if a[at] == 0 or (a[at] == s and a[at + 1] == text and a[at + 2] == start):
            return at
        i = (i + 1) & (CAPTURED_SLOTS - 1)


@kernel
def captured(a, s, text, start):
    """The state that follows capture s over text[start:]; NEED when it has been asked for."""
    at = _captured_slot(a, s, text, start)
    if a[at] != 0:
        return a[at + 3]
    n = a[N_TEXT_REQUESTS]
    if n < MAX_TEXT_REQUESTS:
        a[TEXT_REQUEST + 3 * n] = s
        a[TEXT_REQUEST + 3 * n + 1] = text
        a[TEXT_REQUEST + 3 * n + 2] = start
        a[N_TEXT_REQUESTS] = n + 1
    return NEED


@kernel
def set_captured(arena, s, text, start, then):
    """Answer a text request: after capture s over text[start:] comes state `then`. 0 or FULL."""
    a = borrowed(arena)
    if a[N_CAPTURED] >= CAPTURED_SLOTS // 8 * 7:
        a[IS_FULL] = 1
        return FULL
    at = _captured_slot(a, s, text, start)
    a[N_CAPTURED] += a[at] == 0
    a[at] = s
    a[at + 1] = text
    a[at + 2] = start
    a[at + 3] = then
    return 0


@kernel
def sketched(a, sketch, x):
    """`sketch`, or UNKNOWN if it meets that in the subtrees of node set x, or MISSING."""
    q = result_or_job(a, sketch, x)
    if q < 0:
        return MISSING
    return sketch if a[RESULT + 8 * q + 6] == 0 else UNKNOWN


@kernel
def capture_result(a, s, x):
    """Absorb the capture s from node set x; MISSING when something is not known yet.

    What follows the piece is read from the sketch; where that meets UNKNOWN, the exit is looked at
    with its own text.
    """
    piece = a[STATE + 8 * s + 1]
    r = result_or_job(a, piece, x)
    if r < 0:
        return MISSING
    y = exits_of(a, r)
    if y < 0:
        absorb(a, r)
        return 0
    q = result_or_job(a, a[STATE + 8 * s + 2], y)
    if q < 0:
        return MISSING
    if a[RESULT + 8 * q + 6] == 0:
        absorb(a, r)
        absorb(a, q)
        go_on_from(a, q, RETURN)
        return 0
    # One start at a time, so that each exit has one text; first all that is missing, then the rest.
    for is_known in range(2):
        missing = False
        for i in range(set_size(a, x)):
            node = set_node(a, x, i)
            alone = result_or_job(a, piece, node)
            if alone < 0:
                missing = True
                continue
            ends = exits_of(a, alone)
            for j in range(set_size(a, ends)):
                end = set_node(a, ends, j)
                then = sketched(a, a[STATE + 8 * s + 2], end)
                if then == UNKNOWN:
                    then = captured(a, s, path_text(a, 0, node, end), 0)
                if then < 0:
                    missing = True
                elif is_known != 0:
                    arrive(a, then, end)
        if missing:
            return MISSING
    absorb(a, r)
    return 0
