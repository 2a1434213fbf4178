"""Stacks: the frames above a state, and what a state reaches without a byte.

Cell: [then, start, captures, parent count, parent, or where the parents are]. The frame of a
capture has that capture as `then` and has begun at text[start:]; a plain call has -1 as start.
`captures` says that the frame, or one below it, is a capture's.

While a step is made, a cell that it opens is written -1 - k, where k is its index at OPEN_CELL:
[piece, then (of a capture: -1 - itself), returned, first link, interned cell or -1]. Links are
lists of parents. Calls of one piece with one `then` share their cell (Scott and Johnstone, 'GLL
Parsing', ENTCS 253(7), 2010, section 3), so ambiguity does not multiply stacks.
"""

from __future__ import annotations

from structgen.automaton.kernels.arena import hash_of, request
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.results import switch
from structgen.automaton.kernels.texts import captured


@kernel
def is_new(a, u, v, w):
    """Whether (u, v, w) has not been met since VISIT_EPOCH went up; from now on it has."""
    epoch = a[VISIT_EPOCH]
    i = hash_of(u, v, w) & (VISIT_SLOTS - 1)
    for _ in range(VISIT_SLOTS // 2):
        at = VISIT + 4 * i
        if a[at + 3] != epoch:
            a[at] = u
            a[at + 1] = v
            a[at + 2] = w
            a[at + 3] = epoch
            return True
        if a[at] == u and a[at + 1] == v and a[at + 2] == w:
            return False
        i = (i + 1) & (VISIT_SLOTS - 1)
    a[IS_FULL] = 1
    return False


@kernel
def _intern_cell(a, then, start, parents, n):
    """The cell with these n parents (ascending, at a[parents:])."""
    h = hash_of(then, start, n)
    for i in range(n):
        h = hash_of(h, a[parents + i], 2)
    i = h & (CELL_SLOTS - 1)
    while True:
        k = a[CELL_SLOT + i]
        if k == 0:
            break
        at = CELL + 5 * k
        if a[at] == then and a[at + 1] == start and a[at + 3] == n:
            if n == 1:
                if a[at + 4] == a[parents]:
                    return k
            else:
                j = 0
                while j < n and a[PARENT + a[at + 4] + j] == a[parents + j]:
                    j += 1
                if j == n:
                    return k
        i = (i + 1) & (CELL_SLOTS - 1)
    k = a[N_CELLS]
    if k >= MAX_CELLS or a[N_PARENTS] + n > MAX_PARENTS:
        a[IS_FULL] = 1
        return BOTTOM
    a[N_CELLS] = k + 1
    at = CELL + 5 * k
    captures = start >= 0
    for j in range(n):
        captures |= a[CELL + 5 * a[parents + j] + 2] != 0
    a[at] = then
    a[at + 1] = start
    a[at + 2] = captures
    a[at + 3] = n
    if n == 1:
        a[at + 4] = a[parents]
    else:
        a[at + 4] = a[N_PARENTS]
        for j in range(n):
            a[PARENT + a[N_PARENTS] + j] = a[parents + j]
        a[N_PARENTS] += n
    a[CELL_SLOT + i] = k
    return k


@kernel
def parent_of(a, cell, i):
    """Parent number i of a cell."""
    at = CELL + 5 * cell
    return a[at + 4] if a[at + 3] == 1 else a[PARENT + a[at + 4] + i]


@kernel
def _open_cell(a, piece, then):
    n = a[N_OPEN]
    for k in range(n):
        if a[OPEN_CELL + 5 * k] == piece and a[OPEN_CELL + 5 * k + 1] == then:
            return k
    if n >= MAX_OPEN:
        a[IS_FULL] = 1
        return -1
    a[N_OPEN] = n + 1
    at = OPEN_CELL + 5 * n
    a[at] = piece
    a[at + 1] = then
    a[at + 2] = 0
    a[at + 3] = -1
    a[at + 4] = -1
    return n


@kernel
def _link(a, k, cell):
    """Make `cell` a parent of open cell k; whether it was not one yet."""
    at = OPEN_CELL + 5 * k + 3
    link = a[at]
    while link >= 0:
        if a[LINK + 2 * link] == cell:
            return False
        link = a[LINK + 2 * link + 1]
    link = a[N_LINKS]
    if link >= MAX_LINKS:
        a[IS_FULL] = 1
        return False
    a[N_LINKS] = link + 1
    a[LINK + 2 * link] = cell
    a[LINK + 2 * link + 1] = a[at]
    a[at] = link
    return True


@kernel
def begin_closure(a):
    a[VISIT_EPOCH] += 1
    a[N_OPEN] = 0
    a[N_LINKS] = 0


@kernel
def close(a, s, cell, text, n):
    """Add (s, cell) and all that it reaches without a byte to the n pairs at NEW_PAIR.

    `text` is what has been read since the outermost capture began. Returns (number of pairs,
    whether the outermost piece returned). Between `begin_closure` and `resolve`.
    """
    accepting = 0
    depth = 1
    a[CLOSURE] = s
    a[CLOSURE + 1] = cell
    while depth > 0:
        depth -= 1
        s = a[CLOSURE + 2 * depth]
        cell = a[CLOSURE + 2 * depth + 1]
        if not is_new(a, s, cell, 0):
            continue
        at = STATE + 8 * s
        kind = a[at]
        if 2 * (depth + a[at + 2] + 2) >= 3 * MAX_CLOSURE and kind == CHOICE:
            a[IS_FULL] = 1
        if n >= MAX_CLOSURE or 2 * depth + MAX_OPEN >= 3 * MAX_CLOSURE:
            a[IS_FULL] = 1
        if a[IS_FULL] != 0:
            return n, accepting
        if kind == UNEXPANDED:
            request(a, s)
            continue
        if kind == CHOICE:
            for e in range(a[at + 1], a[at + 1] + a[at + 2]):
                a[CLOSURE + 2 * depth] = a[EDGE + 2 * e + 1]
                a[CLOSURE + 2 * depth + 1] = cell
                depth += 1
            continue
        if kind == CALL or kind == CAPTURE:
            then = a[at + 2] if kind == CALL else -1 - s
            if then != RETURN:
                k = _open_cell(a, a[at + 1], then)
                if k < 0:
                    return n, accepting
                if _link(a, k, cell) and a[OPEN_CELL + 5 * k + 2] != 0:
                    depth = _go_on(a, then, 0, text, a[TEXT + 3 * text + 2], cell, depth)
                cell = -1 - k
            a[CLOSURE + 2 * depth] = a[at + 1]
            a[CLOSURE + 2 * depth + 1] = cell
            depth += 1
            continue
        if kind == RETURNS or (kind == SCAN and a[at + 3] != 0):
            outcome = a[at + 1] if kind == RETURNS else a[at + 3] - 1
            if cell == BOTTOM:
                accepting = 1
            elif cell > 0:
                start = a[CELL + 5 * cell + 1]
                then = a[CELL + 5 * cell] if start < 0 else -1 - a[CELL + 5 * cell]
                for i in range(a[CELL + 5 * cell + 3]):
                    parent = parent_of(a, cell, i)
                    depth = _go_on(a, then, outcome, text, start, parent, depth)
            elif outcome != 0:
                a[IS_FULL] = 1  # against the protocol: it has read nothing
            elif a[OPEN_CELL + 5 * (-1 - cell) + 2] == 0:
                a[OPEN_CELL + 5 * (-1 - cell) + 2] = 1
                then = a[OPEN_CELL + 5 * (-1 - cell) + 1]
                start = a[TEXT + 3 * text + 2]
                link = a[OPEN_CELL + 5 * (-1 - cell) + 3]
                while link >= 0:
                    depth = _go_on(a, then, 0, text, start, a[LINK + 2 * link], depth)
                    link = a[LINK + 2 * link + 1]
        if kind == RETURNS or kind == UNKNOWNS or (kind == SCAN and a[at + 2] == 0):
            continue
        a[NEW_PAIR + 2 * n] = s
        a[NEW_PAIR + 2 * n + 1] = cell
        n += 1
    return n, accepting


@kernel
def _go_on(a, then, outcome, text, start, cell, depth):
    """Push what a returning piece goes on at: `then`, or what follows capture -1 - `then`.

    Returns the new depth of the stack at CLOSURE.
    """
    if then < 0:
        then = captured(a, -1 - then, text, start)
    else:
        then = switch(a, then, outcome)
    if then < 0:
        return depth
    if 2 * depth + 2 >= 3 * MAX_CLOSURE:
        a[IS_FULL] = 1
        return depth
    a[CLOSURE + 2 * depth] = then
    a[CLOSURE + 2 * depth + 1] = cell
    return depth + 1


@kernel
def resolve(a, text, n):
    """Intern the cells that a step has opened, and write them into its n pairs.

    Parents come first. That some cell never gets its turn takes left recursion, which front ends
    have removed.
    """
    left = a[N_OPEN]
    while left > 0:
        before = left
        for k in range(a[N_OPEN]):
            at = OPEN_CELL + 5 * k
            if a[at + 4] >= 0:
                continue
            count = 0
            link = a[at + 3]
            while link >= 0:
                parent = a[LINK + 2 * link]
                if parent < 0:
                    parent = a[OPEN_CELL + 5 * (-1 - parent) + 4]
                    if parent < 0:
                        count = -1
                        break
                j = count  # insertion sort at CLOSURE, dropping repetitions
                while j > 0 and a[CLOSURE + j - 1] > parent:
                    a[CLOSURE + j] = a[CLOSURE + j - 1]
                    j -= 1
                a[CLOSURE + j] = parent
                count += 1
                link = a[LINK + 2 * link + 1]
            if count < 0:
                continue
            distinct = 0
            for j in range(count):
                if distinct == 0 or a[CLOSURE + distinct - 1] != a[CLOSURE + j]:
                    a[CLOSURE + distinct] = a[CLOSURE + j]
                    distinct += 1
            then = a[at + 1]
            if then >= 0:
                a[at + 4] = _intern_cell(a, then, -1, CLOSURE, distinct)
            else:
                length = a[TEXT + 3 * text + 2]
                a[at + 4] = _intern_cell(a, -1 - then, length, CLOSURE, distinct)
            left -= 1
        if a[IS_FULL] != 0 or left == before:
            a[IS_FULL] = 1
            return
    for i in range(n):
        cell = a[NEW_PAIR + 2 * i + 1]
        if cell < 0:
            a[NEW_PAIR + 2 * i + 1] = a[OPEN_CELL + 5 * (-1 - cell) + 4]
