"""What need not be read in a string: bytes of classes that are *safe* at its content state.

Every text of safe classes can be continued inside the string. So the tokens of safe classes only
are allowed, all at once: below a node, and from the root as one row for each set of classes.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.any_string import build_any
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *


@kernel
def is_safe_below(a, s, x):
    """Whether all tokens below x, which is reached in string s, can be continued inside it."""
    safe, limit = safe_classes(a, s)
    at = a[TRIE] + 8 * x
    return safe != 0 and a[at + BELOW] & ~safe == 0 and a[at + LONGEST] <= limit


@kernel
def safe_classes(a, s):
    """(classes that are safe in string s, the most characters of which they are), or (0, 0)."""
    at = STATE + 8 * s
    if a[at] != STRING or a[at + 1] != BODY or a[at + 3] != 0 or a[at + 5] != 0:
        return 0, 0
    high = a[at + 4]
    safe = a[SAFE + 2 * a[at + 2]]
    if safe == 0 or high == UNLIMITED:
        return safe, UNLIMITED
    lengths = a[SAFE + 2 * a[at + 2] + 1]
    limit = high - (lengths >> SHORTEST_BITS)
    if lengths == NO_TAIL or lengths & SHORTEST_MASK > high or limit <= 0:
        return 0, 0
    return safe, limit


@kernel
def safe_row(a, safe, limit):
    """The row of the tokens of at most `limit` characters, all of safe classes, inside a string."""
    limit = min(limit, a[MAX_CHARS])
    for i in range(a[N_SAFE_ROWS]):
        at = SAFE_ROW + 3 * i
        if a[at] == safe and a[at + 1] == limit:
            return a[at + 2]
    if a[ANY_READY] == 0:
        build_any(a)
    row = a[N_ROWS]
    if a[IS_FULL] != 0 or row >= a[MAX_ROWS]:
        a[IS_FULL] = 1
        return -1
    a[N_ROWS] = row + 1
    at = a[ROW] + row * a[MASK_WORDS]
    inside = a[ANY_TOKEN]
    for i in range(a[N_ANY_TOKENS]):
        if a[inside + 3 * i + 2] & ~safe == 0 and a[inside + 3 * i + 1] <= limit:
            token = a[inside + 3 * i]
            a[at + (token >> 5)] |= np.int32(1 << (token & 31))
    if a[N_SAFE_ROWS] < MAX_SAFE_ROWS:
        at = SAFE_ROW + 3 * a[N_SAFE_ROWS]
        a[at] = safe
        a[at + 1] = limit
        a[at + 2] = row
        a[N_SAFE_ROWS] += 1
    return row


@kernel
def is_passed_over(a, x, safe, limit):
    """Whether all tokens at x and below it have safe bytes only and at most `limit` characters."""
    at = a[TRIE] + 8 * x
    return (a[at + ABOVE] | a[at + BELOW]) & ~safe == 0 and a[at + LONGEST] <= limit
