"""Configurations: all that a text can be in the middle of, and its step by one byte.

Record: [first pair, pair count, accepting, first recipe entry or -1, recipe count, text, whether
a capture is open]. A pair is a state and the cell above it.
"""

from __future__ import annotations

from structgen.automaton.kernels.arena import borrowed, hash_of
from structgen.automaton.kernels.byte_steps import step
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.stacks import begin_closure, close, resolve
from structgen.automaton.kernels.texts import longer_text


@kernel
def _intern_config(a, n, accepting, text):
    """Intern the n pairs at NEW_PAIR with the text read; DEAD when there is nothing."""
    if n == 0 and accepting == 0:
        return DEAD
    captures = 0
    for i in range(1, n):  # insertion sort: n is small
        s = a[NEW_PAIR + 2 * i]
        cell = a[NEW_PAIR + 2 * i + 1]
        j = i
        while j > 0 and (
            a[NEW_PAIR + 2 * j - 2] > s
            or (a[NEW_PAIR + 2 * j - 2] == s and a[NEW_PAIR + 2 * j - 1] > cell)
        ):
            a[NEW_PAIR + 2 * j] = a[NEW_PAIR + 2 * j - 2]
            a[NEW_PAIR + 2 * j + 1] = a[NEW_PAIR + 2 * j - 1]
            j -= 1
        a[NEW_PAIR + 2 * j] = s
        a[NEW_PAIR + 2 * j + 1] = cell
    distinct = 0
    for i in range(n):  # cells that were opened apart may have become the same
        s = a[NEW_PAIR + 2 * i]
        cell = a[NEW_PAIR + 2 * i + 1]
        captures |= a[CELL + 5 * cell + 2]
        if (
            distinct == 0
            or a[NEW_PAIR + 2 * distinct - 2] != s
            or a[NEW_PAIR + 2 * distinct - 1] != cell
        ):
            a[NEW_PAIR + 2 * distinct] = s
            a[NEW_PAIR + 2 * distinct + 1] = cell
            distinct += 1
    n = distinct
    if captures == 0:
        text = 0
    h = hash_of(n, accepting, text)
    for i in range(n):
        h = hash_of(h, a[NEW_PAIR + 2 * i], a[NEW_PAIR + 2 * i + 1])
    slot = h & (CONFIG_SLOTS - 1)
    while True:
        k = a[CONFIG_SLOT + slot] - 1
        if k < 0:
            break
        at = CONFIG + 7 * k
        if a[at + 1] == n and a[at + 2] == accepting and a[at + 5] == text:
            first = PAIR + 2 * a[at]
            i = 0
            while i < 2 * n and a[first + i] == a[NEW_PAIR + i]:
                i += 1
            if i == 2 * n:
                return k
        slot = (slot + 1) & (CONFIG_SLOTS - 1)
    k = a[N_CONFIGS]
    first = a[N_PAIRS]
    if k >= MAX_CONFIGS or first + n > MAX_PAIRS:
        a[IS_FULL] = 1
        return FULL
    a[N_CONFIGS] = k + 1
    a[N_PAIRS] = first + n
    for i in range(2 * n):
        a[PAIR + 2 * first + i] = a[NEW_PAIR + i]
    at = CONFIG + 7 * k
    a[at] = first
    a[at + 1] = n
    a[at + 2] = accepting
    a[at + 3] = -1
    a[at + 4] = 0
    a[at + 5] = text
    a[at + 6] = captures
    a[CONFIG_SLOT + slot] = k + 1
    return k


@kernel
def _end_closure(a, n, accepting, text):
    """The configuration of the n pairs at NEW_PAIR, NEED or FULL."""
    if a[IS_FULL] == 0 and a[N_REQUESTS] + a[N_TEXT_REQUESTS] > 0:
        return NEED
    if a[N_OPEN] > 0:
        resolve(a, text, n)
    return FULL if a[IS_FULL] != 0 else _intern_config(a, n, accepting, text)


@kernel
def initial(arena, s):
    """The configuration at the start of piece s; NEED or FULL."""
    a = borrowed(arena)
    begin_closure(a)
    n, accepting = close(a, s, BOTTOM, 0, 0)
    return _end_closure(a, n, accepting, 0)


@kernel
def _step_config(a, config, b):
    slot = hash_of(config, b, 4) & (STEP_SLOTS - 1)
    while True:
        at = STEP + 3 * slot
        if a[at] == 0:
            break
        if a[at] == config + 1 and a[at + 1] == b:
            return a[at + 2]
        slot = (slot + 1) & (STEP_SLOTS - 1)
    a[COUNT_STEPS] += 1
    first = PAIR + 2 * a[CONFIG + 7 * config]
    text = 0
    if a[CONFIG + 7 * config + 6] != 0:
        text = longer_text(a, a[CONFIG + 7 * config + 5], b)
    n = 0
    accepting = 0
    begin_closure(a)
    for i in range(a[CONFIG + 7 * config + 1]):
        s = step(a, a[first + 2 * i], b)
        if s >= 0:
            n, accepts = close(a, s, a[first + 2 * i + 1], text, n)
            accepting |= accepts
    target = _end_closure(a, n, accepting, text)
    if target == NEED:
        return NEED
    if target == FULL or a[N_STEPS] >= STEP_SLOTS // 8 * 7:
        a[IS_FULL] = 1
        return FULL
    a[N_STEPS] += 1
    a[at] = config + 1
    a[at + 1] = b
    a[at + 2] = target
    return target


@kernel
def advance(arena, config, data, start, end):
    """The configuration after data[start:end] (uint8), DEAD, NEED or FULL."""
    a = borrowed(arena)
    for i in range(start, end):
        config = _step_config(a, config, data[i])
        if config < 0:
            return config
    return config


@kernel
def advance_tree(arena, config, tokens, parents, blob, starts, ends, out):
    """Write the configuration after each node of a tree to out (int64[n]); DEAD, or ENDED.

    tokens, parents: int64[n], parents before their children, -1 the root; blob (uint8), starts,
    ends (int64[V]): the bytes of every token. 0, or NEED or FULL.
    """
    a = borrowed(arena)
    for i in range(tokens.shape[0]):
        token = tokens[i]
        before = config if parents[i] < 0 else out[parents[i]]
        out[i] = DEAD
        if before < 0:
            continue
        is_end = False
        for j in range(a[N_EOS]):
            is_end |= a[a[EOS] + j] == token
        if is_end:
            if a[CONFIG + 7 * before + 2] != 0:
                out[i] = ENDED
        elif starts[token] < ends[token]:
            after = advance(a, before, blob, starts[token], ends[token])
            if after == NEED or after == FULL:
                return after
            out[i] = after
    return 0


@kernel
def next_bytes(arena, config, out, most):
    """Write the bytes that can come next to out (uint8[256]); stop after `most` of them.

    Returns their number, NEED or FULL.
    """
    a = borrowed(arena)
    first = PAIR + 2 * a[CONFIG + 7 * config]
    pairs = a[CONFIG + 7 * config + 1]
    n = 0
    for b in range(256):
        for i in range(pairs):
            if step(a, a[first + 2 * i], b) >= 0:
                out[n] = b
                n += 1
                break
        if n >= most:
            break
    if a[IS_FULL] != 0:
        return FULL
    if a[N_REQUESTS] > 0:
        return NEED
    return n


@kernel
def step_all(arena, s, out):
    """Write the state after each byte, or DEAD, to out (int32[256]). 0, or NEED or FULL."""
    a = borrowed(arena)
    for b in range(256):
        out[b] = step(a, s, b)
    if a[IS_FULL] != 0:
        return FULL
    return NEED if a[N_REQUESTS] > 0 else 0
