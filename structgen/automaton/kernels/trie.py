"""What lies above and below a node of the token trie.

A node is eight values: its token or -1, its first child, how many children there are, its byte,
the classes of the bytes that lead to it and of those below it (as bits), its first token in
depth-first order (at BELOW_TOKEN; N_BELOW has how many there are from there) and the bytes of the
longest token through it. CHILDREN has the classes of the bytes right below it. Where a string's
content loops on every byte below a node, all tokens below are allowed at once; so are tokens all of
whose bytes are of classes that are *safe* at a content state, every text of which can be continued.
Only the others are walked.
"""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import borrowed
from structgen.automaton.kernels.byte_steps import scan_step
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *


@kernel
def byte_class(b):
    """A number from 1 to 28; patterns tend to treat the bytes of one class alike.

    First bytes of characters that are white space or line terminators have classes of their own.
    """
    if 48 <= b <= 57:
        return 1
    if 97 <= b <= 122:
        return 2 if b <= 102 else 3
    if 65 <= b <= 90:
        return 4 if b <= 70 else 5
    if b < 0x20:
        return 20
    if b >= 0x7F:
        if b < 0xC0:
            return 21 if b == 0x7F else 22
        if 0xE1 <= b <= 0xE3:
            return b - 0xE1 + 24
        return 27 if b == 0xC2 else 28 if b == 0xEF else 23
    if b == 0x20:
        return 6
    if b == 0x2D:
        return 7
    if b == 0x5F:
        return 8
    if 0x2E <= b <= 0x2F:
        return b - 37
    if b == 0x3A:
        return 11
    if b == 0x40:
        return 12
    if b == 0x2B:
        return 13
    if b == 0x22:
        return 14
    if b == 0x5C:
        return 15
    if b == 0x2C or b == 0x3B:
        return 16
    if b == 0x28 or b == 0x29 or b == 0x3C or b == 0x3E or b >= 0x7B or b == 0x5B or b == 0x5D:
        return 17 if b != 0x7C and b != 0x7E else 19
    if b == 0x21 or b == 0x27 or b == 0x2A or b == 0x5E or b == 0x60:
        return 19
    return 18


@kernel
def utf8_step(u, b):
    """The place in a character after byte b at place u (RFC 3629 section 4), or -1.

    0: between characters; 1 to 3: as many bytes from 0x80 to 0xBF to come; from 4: after E0, ED,
    F0 and F4. Where the place is not known (-1), a byte that begins a character tells it.
    """
    if b < 0x80 or b >= 0xC0:
        if u > 0:
            return -1
        if b < 0x80:
            return 0
        if b < 0xC2 or b > 0xF4:
            return -1
        if b < 0xE0:
            return 1
        if b < 0xF0:
            return 4 if b == 0xE0 else 5 if b == 0xED else 2
        return 6 if b == 0xF0 else 7 if b == 0xF4 else 3
    if 1 <= u <= 3:
        return u - 1
    if u == 4:
        return 1 if b >= 0xA0 else -1
    if u == 5:
        return 1 if b < 0xA0 else -1
    if u == 6:
        return 2 if b >= 0x90 else -1
    if u == 7:
        return 2 if b < 0x90 else -1
    return -1


@kernel
def summarise_trie(arena):
    """Fill the rest of each node's record and BELOW_TOKEN; needs the trie and the chains."""
    a = borrowed(arena)
    trie = a[TRIE]
    n = a[TRIE_SIZE]
    # Breadth-first order: children come after their parent, so counts and classes flow backwards,
    # and places and first tokens flow forwards.
    place_in_character = np.zeros(n, np.int32)
    for x in range(n):
        for y in range(a[trie + 8 * x + 1], a[trie + 8 * x + 1] + a[trie + 8 * x + 2]):
            b = a[trie + 8 * y + 3]
            u = utf8_step(place_in_character[x], b)
            if u < 0 or place_in_character[x] < 0:
                a[trie + 8 * x + BELOW] = BROKEN
                u = utf8_step(-1, b)
            place_in_character[y] = u
    for x in range(n - 1, -1, -1):
        count = 0
        token = a[trie + 8 * x]
        while token >= 0:
            count += 1
            token = a[a[CHAIN] + token]
        children = 0
        classes = a[trie + 8 * x + BELOW]
        first = a[trie + 8 * x + 1]
        for y in range(first, first + a[trie + 8 * x + 2]):
            count += a[a[N_BELOW] + y]
            children |= 1 << byte_class(a[trie + 8 * y + 3])
            classes |= a[trie + 8 * y + BELOW]
            a[trie + 8 * x + LONGEST] = max(
                a[trie + 8 * x + LONGEST], a[trie + 8 * y + LONGEST] + 1
            )
        a[a[CHILDREN] + x] = children
        a[trie + 8 * x + BELOW] = classes | children
        a[a[N_BELOW] + x] = count
    a[trie + FIRST_BELOW] = 0
    depth = np.zeros(n, np.int32)
    for x in range(n):
        a[trie + 8 * x + LONGEST] += depth[x]
        place = a[trie + 8 * x + FIRST_BELOW]
        token = a[trie + 8 * x]
        while token >= 0:
            a[a[BELOW_TOKEN] + place] = token
            place += 1
            token = a[a[CHAIN] + token]
        first = a[trie + 8 * x + 1]
        for y in range(first, first + a[trie + 8 * x + 2]):
            a[trie + 8 * y + ABOVE] = a[trie + 8 * x + ABOVE] | 1 << byte_class(a[trie + 8 * y + 3])
            depth[y] = depth[x] + 1
            a[trie + 8 * y + FIRST_BELOW] = place
            place += a[a[N_BELOW] + y]


@kernel
def loops_of(a, c):
    """The classes on every byte of which content c stays at c, as bits; bit 0 is always set."""
    at = STATE + 8 * c + 5
    if a[at] == 0:
        broken = 0
        for b in range(256):
            if scan_step(a, c, b) != c:
                broken |= 1 << byte_class(b)
        never = 1 << 14 | 1 << 15 | 1 << 20  # what ends or escapes, or is raw in no string
        a[at] = (0x1FFFFFFF & ~(broken | never)) | 1
    return a[at]


@kernel
def first_child(a, first, count, b):
    """The first of `count` children from `first` whose byte is at least b."""
    low = first
    high = first + count
    at = a[TRIE] + 3
    while low < high:
        middle = (low + high) >> 1
        if a[at + 8 * middle] < b:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def trie_parent(a, y):
    """The last node whose first child is not after y: nodes are in breadth-first order."""
    low = 0
    high = y
    at = a[TRIE] + 1
    while high - low > 1:
        middle = (low + high) >> 1
        if a[at + 8 * middle] <= y:
            low = middle
        else:
            high = middle
    return low
