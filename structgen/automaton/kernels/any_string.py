"""Strings that may hold anything: one walk of the whole trie serves all of them.

What a string allows then depends only on how many characters it may still hold.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.byte_steps import string_body, string_step
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.findings import exit_at, merge_row
from structgen.automaton.kernels.layout import *


@kernel
def build_any(a):
    """Walk the whole trie once inside a JSON string that may hold anything.

    Lists (token, characters begun, classes of its bytes) of the tokens that stay inside the string,
    most characters first, and (token or node, characters begun) of the tokens that end it and of
    the nodes at which it ends.
    """
    trie = a[TRIE]
    body = string_body(a, a[ANY_CONTENT], 0, UNLIMITED, 0)
    inside = a[ANY_TOKEN]
    ends = a[ANY_END]
    exits = a[ANY_EXIT]
    most = a[MAX_CHARS] + 1
    totals = np.zeros(most + 1, np.int64)
    # The stack of (state, node, characters) is at ARRIVAL, three to an entry; the first pass
    # counts tokens by characters, the second puts them in their places.
    for fill_in in range(2):
        n_ends = 0
        n_exits = 0
        depth = 1
        a[ARRIVAL] = body
        a[ARRIVAL + 1] = 0
        a[ARRIVAL + 2] = 0
        while depth > 0:
            depth -= 1
            at = ARRIVAL + 3 * depth
            s = a[at]
            x = a[at + 1]
            before = a[at + 2]
            phase = a[STATE + 8 * s + 1] & 15
            first = a[trie + 8 * x + 1]
            for y in range(first, first + a[trie + 8 * x + 2]):
                b = a[trie + 8 * y + 3]
                t = string_step(a, s, b)
                if t < 0:
                    continue
                token = a[trie + 8 * y]
                if t == RETURN:
                    while token >= 0:
                        a[ends + 2 * n_ends] = token
                        a[ends + 2 * n_ends + 1] = before
                        n_ends += 1
                        token = a[a[CHAIN] + token]
                    a[exits + 2 * n_exits] = y
                    a[exits + 2 * n_exits + 1] = before
                    n_exits += 1
                    continue
                chars = before
                if phase == BODY and (b < 0x80 or b >= 0xC0):
                    chars += 1
                while token >= 0:
                    if fill_in == 0:
                        totals[chars] += 1
                    else:
                        place = inside + 3 * totals[chars]
                        a[place] = token
                        a[place + 1] = chars
                        a[place + 2] = a[a[TRIE] + 8 * y + ABOVE]
                        totals[chars] += 1
                    token = a[a[CHAIN] + token]
                if a[trie + 8 * y + 2] > 0:
                    if 3 * depth + 3 > 2 * MAX_ARRIVALS:
                        a[IS_FULL] = 1
                        return
                    at = ARRIVAL + 3 * depth
                    a[at] = t
                    a[at + 1] = y
                    a[at + 2] = chars
                    depth += 1
        a[N_ANY_ENDS] = n_ends
        a[N_ANY_EXITS] = n_exits
        if fill_in == 0:
            place = 0
            for chars in range(most, -1, -1):
                count = totals[chars]
                totals[chars] = place
                place += count
            a[N_ANY_TOKENS] = place
    row = a[N_ROWS]
    if row >= a[MAX_ROWS]:
        a[IS_FULL] = 1
        return
    a[N_ROWS] = row + 1
    at = a[ROW] + row * a[MASK_WORDS]
    for i in range(a[N_ANY_TOKENS]):
        token = a[inside + 3 * i]
        a[at + (token >> 5)] |= np.int32(1 << (token & 31))
    a[ANY_ROW] = row
    a[ANY_READY] = 1


@kernel
def walk_any(a, s):
    """The result of a string that may hold anything, from the root: filtered by characters.

    A token inside the string may begin at most as many characters as are left; one that ends it
    must also have begun as many as are owed.
    """
    if a[ANY_READY] == 0:
        build_any(a)
        if a[IS_FULL] != 0:
            return
    low = a[STATE + 8 * s + 3]
    high = a[STATE + 8 * s + 4]
    a[ACC_ROW] = a[ANY_ROW]
    inside = a[ANY_TOKEN]
    n = a[N_ANY_TOKENS]
    if n > 0 and a[inside + 1] > high:
        a[ACC_ROW] = -1
        merge_row(a, a[ANY_ROW])
        at = a[ROW_SCRATCH]
        i = 0
        while i < n and a[inside + 3 * i + 1] > high:
            token = a[inside + 3 * i]
            a[at + (token >> 5)] &= ~np.int32(1 << (token & 31))
            i += 1
    for i in range(a[N_ANY_ENDS]):
        if low <= a[a[ANY_END] + 2 * i + 1] <= high:
            a[TOKENS + a[ACC_TOKENS]] = a[a[ANY_END] + 2 * i]
            a[ACC_TOKENS] += 1
    for i in range(a[N_ANY_EXITS]):
        if low <= a[a[ANY_EXIT] + 2 * i + 1] <= high:
            exit_at(a, a[a[ANY_EXIT] + 2 * i])
