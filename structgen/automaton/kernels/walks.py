"""The walk of the trie: from a state and a node set to the tokens allowed there and the exits.

Tokens are emitted where a byte leads on; where a piece is called, its own result is absorbed, and
the walk goes on at that result's exits. What is not there yet becomes a job.
"""

from __future__ import annotations

from structgen.automaton.kernels.any_string import walk_any
from structgen.automaton.kernels.arena import hash_of, request
from structgen.automaton.kernels.byte_steps import fits, string_body, string_step
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.exceptions import absorb_call, except_result
from structgen.automaton.kernels.findings import arrive, emit, emit_below, exit_set, exit_with
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.loops import is_long_loop, read_loop, walk_loop
from structgen.automaton.kernels.node_sets import intern_nodes, set_node, set_size
from structgen.automaton.kernels.results import (
    find_result,
    first_classes,
    go_on_from,
    narrowed,
    result_or_job,
    store_result,
)
from structgen.automaton.kernels.safe import is_passed_over, is_safe_below, safe_classes, safe_row
from structgen.automaton.kernels.texts import capture_result
from structgen.automaton.kernels.trie import byte_class, first_child, loops_of


@kernel
def _defer(a, s, x):
    """Come back to (s, x) when the states asked for have been expanded."""
    n = a[N_DEFERRED]
    if n >= MAX_DEFERRED:
        a[IS_FULL] = 1
        return
    a[DEFERRED + 2 * n] = s
    a[DEFERRED + 2 * n + 1] = x
    a[N_DEFERRED] = n + 1


@kernel
def _visit(a, s, x, safe, limit):
    """Step from s along every edge of trie node x; all of them, or deferred with none taken.

    Tokens of at most `limit` characters whose bytes are all in `safe` classes are passed over.
    """
    trie = a[TRIE]
    first = a[trie + 8 * x + 1]
    count = a[trie + 8 * x + 2]
    end = first + count
    at = STATE + 8 * s
    a[COUNT_VISITS] += 1
    content = s
    loops = 0
    if a[trie + 8 * x + ABOVE] & ~safe != 0:
        safe = 0  # what led here is unsafe already
    if a[at] == STRING:
        if a[at + 1] != BODY:
            for y in range(first, end):
                if string_step(a, s, a[trie + 8 * y + 3]) == NEED:
                    _defer(a, s, x)
                    return
            for y in range(first, end):
                t = string_step(a, s, a[trie + 8 * y + 3])
                if t >= 0:
                    emit(a, a[trie + 8 * y])
                    arrive(a, t, y)
            return
        content = a[at + 2]
        if a[STATE + 8 * content] == UNEXPANDED:
            request(a, content)
            _defer(a, s, x)
            return
        if a[at + 3] == 0 and a[at + 4] == UNLIMITED and safe == 0:
            loops = loops_of(a, content)
        if a[trie + 8 * x + BELOW] & QUOTE_OR_BACKSLASH != 0:
            for b in (0x5C, 0x22):  # only a backslash may need states that are not expanded
                y = first_child(a, first, count, b)
                if y < end and a[trie + 8 * y + 3] == b:
                    t = string_step(a, s, b)
                    if t == NEED:
                        _defer(a, s, x)
                        return
                    if t >= 0 and not is_passed_over(a, y, safe, limit):
                        emit(a, a[trie + 8 * y])
                        arrive(a, t, y)
    is_body = content != s
    low = a[at + 3]
    high = a[at + 4]
    literal = a[at + 5]
    edge = a[STATE + 8 * content + 1]
    last_edge = edge + a[STATE + 8 * content + 2]
    together = RETURN  # the state to go on at from the siblings at SIBLING
    siblings = 0
    # Edges and children are both in the order of their bytes: skip on whichever side is behind.
    y = first
    while y < end and edge < last_edge:
        b = a[trie + 8 * y + 3]
        span = a[EDGE + 2 * edge]
        if b > span >> 8:
            edge += 1
            if last_edge - edge > 8 and b > a[EDGE + 2 * edge] >> 8:
                edge = _last_edge_from(a, edge, last_edge, b)
            continue
        if b < span & 255:
            y += 1
            if end - y > 8 and a[trie + 8 * y + 3] < span & 255:
                y = first_child(a, y, end - y, span & 255)
            continue
        t = a[EDGE + 2 * edge + 1]
        child = y
        y += 1
        below = a[trie + 8 * child + BELOW]
        if safe != 0 and is_passed_over(a, child, safe, limit):
            continue
        if loops != 0 and t == content and (below & ~loops) == 0:
            if loops >> byte_class(b) & 1:
                emit_below(a, child)
            elif b >= 0x20 and b != 0x22 and b != 0x5C:
                emit(a, a[trie + 8 * child])
                arrive(a, s, child)
        elif is_body:
            if b >= 0x20 and b != 0x22 and b != 0x5C:
                starts = b < 0x80 or b >= 0xC0
                room = high - 1 if starts and high != UNLIMITED else high
                if room >= 0 and fits(a, t, room):
                    u = string_body(a, t, max(low - 1, 0) if starts else low, room, literal)
                    if u < 0:
                        continue
                    if is_safe_below(a, u, child):
                        emit_below(a, child)
                        continue
                    if limit != UNLIMITED or a[trie + 8 * child + ABOVE] & ~safe != 0:
                        emit(a, a[trie + 8 * child])
                    arrive(a, u, child)
        elif t == UNKNOWN:
            a[ACC_UNKNOWN] = 1
        else:
            emit(a, a[trie + 8 * child])
            if t != together:
                _arrive_together(a, together, siblings)
                together = t
                siblings = 0
            a[SIBLING + siblings] = child
            siblings += 1
    _arrive_together(a, together, siblings)


@kernel
def _arrive_together(a, s, n):
    """Go on at state s from the n nodes at SIBLING: as one set if it loops, or if it may."""
    if n > 1 and (a[STATE + 8 * s] == UNEXPANDED or a[SAFE + 2 * s] != 0):
        below = 0
        for i in range(n):
            below += a[a[N_BELOW] + a[SIBLING + i]]
        if below >= MUCH_BELOW:
            arrive(a, s, intern_nodes(a, a[SIBLING : SIBLING + n]))
            return
    for i in range(n):
        arrive(a, s, a[SIBLING + i])


@kernel
def _visit_each(a, s, x, safe, limit):
    """Step from s at each node of set x right below which it could read a byte."""
    classes = ~0
    if a[STATE + 8 * s] == SCAN:
        classes = first_classes(a, s)
        if classes != ~0 and set_size(a, x) >= LARGE_SET:
            x = narrowed(a, classes, x)
    for i in range(set_size(a, x)):
        y = set_node(a, x, i)
        if a[a[CHILDREN] + y] & classes != 0:
            _visit(a, s, y, safe, limit)


@kernel
def _last_edge_from(a, edge, end, b):
    """The first edge from `edge` that ends at byte b or later, or `end`."""
    low = edge
    high = end
    while low < high:
        middle = (low + high) >> 1
        if a[EDGE + 2 * middle] >> 8 < b:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _is_again(a, s, x):
    """Whether this walk has been at (s, x) before; it may forget, and then looks again.

    Without this, a grammar with many ways to read the same text would be walked along all of them.
    """
    at = VISIT + 4 * (hash_of(s, x, 3) & (VISIT_SLOTS - 1))
    if a[at + 3] == a[VISIT_EPOCH] and a[at] == s and a[at + 1] == x:
        return True
    a[at] = s
    a[at + 1] = x
    a[at + 3] = a[VISIT_EPOCH]
    return False


@kernel
def _walk(a, s0, x0):
    """Compute and store the result of (s0, x0). 0, or NEED, MISSING or FULL."""
    if a[STATE + 8 * s0] == UNEXPANDED:
        request(a, s0)
        return NEED
    safe, limit = safe_classes(a, s0)
    if x0 != 0 or safe & IN_CHARACTER != 0:
        safe = 0
    if a[IS_SUSPENDED] != 0 and a[SUSPENDED_STATE] == s0 and a[SUSPENDED_SET] == x0:
        a[IS_SUSPENDED] = 0
        return _finish_walk(a, s0, x0, safe, limit)
    a[COUNT_WALKS] += 1
    a[ACC_TOKENS] = 0
    a[ACC_EXITS] = 0
    a[ACC_OUTCOMES] = 0
    a[ACC_WHOLE] = 0
    a[ACC_ROW] = -1
    a[ACC_OWN_ROW] = 0
    a[ACC_UNKNOWN] = 0
    a[EPOCH] += 1
    a[VISIT_EPOCH] += 1
    a[N_ARRIVALS] = 0
    a[N_DEFERRED] = 0
    a[IS_SUSPENDED] = 0
    if a[STATE + 8 * s0] == LOOP:
        walk_loop(a, s0, x0)
        return FULL if a[IS_FULL] != 0 else store_result(a, s0, x0)
    if x0 == 0 and a[STATE + 8 * s0] == STRING:
        at = STATE + 8 * s0
        if a[at + 1] == BODY and a[at + 2] == a[ANY_CONTENT] and a[at + 5] == 0:
            walk_any(a, s0)
            return FULL if a[IS_FULL] != 0 else store_result(a, s0, x0)
    if safe != 0:
        a[ACC_ROW] = safe_row(a, safe, limit)
    arrive(a, s0, x0)
    return _finish_walk(a, s0, x0, safe, limit)


@kernel
def _finish_walk(a, s0, x0, safe, limit):
    """The rest of a walk. A node set moves as one until bytes are read.

    Where states must be expanded first and nothing else is missing, the walk is suspended: what it
    has found so far stays, and it goes on at what was deferred.
    """
    missing = False
    while a[N_ARRIVALS] > 0:
        if a[IS_FULL] != 0:
            return FULL
        n = a[N_ARRIVALS] - 1
        a[N_ARRIVALS] = n
        s = a[ARRIVAL + 2 * n]
        x = a[ARRIVAL + 2 * n + 1]
        at = STATE + 8 * s
        kind = a[at]
        if kind == SCAN and is_long_loop(a, s, x):
            if read_loop(a, s, x) < 0:
                missing = True
        elif kind == SCAN or kind == STRING:
            if kind == SCAN and a[at + 3] == 1:
                exit_set(a, x)
            elif kind == SCAN and a[at + 3] > 1:
                exit_with(a, a[at + 3] - 1, x)
            if x < a[TRIE_SIZE]:
                _visit(a, s, x, safe, limit)
            else:
                _visit_each(a, s, x, safe, limit)
        elif kind != UNEXPANDED and _is_again(a, s, x):
            continue
        elif kind == CALL:
            r = result_or_job(a, a[at + 1], x)
            if r < 0:
                missing = True
                continue
            absorb_call(a, r, a[at + 2])
            go_on_from(a, r, a[at + 2])
        elif kind == CHOICE:
            for e in range(a[at + 1], a[at + 1] + a[at + 2]):
                arrive(a, a[EDGE + 2 * e + 1], x)
        elif kind == EXCEPT:
            if except_result(a, s, x) < 0:
                missing = True
        elif kind == CAPTURE:
            if capture_result(a, s, x) < 0:
                missing = True
        elif kind == UNKNOWNS:
            a[ACC_UNKNOWN] = 1
        elif kind == RETURNS:
            exit_with(a, a[at + 1], x)
        else:
            request(a, s)
            _defer(a, s, x)
    if a[IS_FULL] != 0:
        return FULL
    if a[N_REQUESTS] + a[N_TEXT_REQUESTS] > 0:
        if not missing:
            n = a[N_DEFERRED]
            for i in range(2 * n):
                a[ARRIVAL + i] = a[DEFERRED + i]
            a[N_ARRIVALS] = n
            a[N_DEFERRED] = 0
            a[IS_SUSPENDED] = 1
            a[SUSPENDED_STATE] = s0
            a[SUSPENDED_SET] = x0
        return NEED
    if missing:
        return MISSING
    return store_result(a, s0, x0)


@kernel
def run_jobs(a):
    while a[N_JOBS] > 0:
        n = a[N_JOBS] - 1
        s = a[JOB + 2 * n]
        x = a[JOB + 2 * n + 1]
        status = 0 if find_result(a, s, x) >= 0 else _walk(a, s, x)
        if status == 0:
            a[N_JOBS] = n
        elif status == NEED:
            return NEED  # the jobs stay: the top one goes on where it stopped
        elif status != MISSING:
            a[N_JOBS] = 0
            return status
    return 0
