"""Masks: a configuration's recipe (results whose tokens it allows) and the row written from it."""

from __future__ import annotations

import numpy as np

from structgen.automaton.kernels.arena import borrowed
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.node_sets import set_node, set_size
from structgen.automaton.kernels.results import result_or_job, switch
from structgen.automaton.kernels.stacks import is_new, parent_of
from structgen.automaton.kernels.texts import captured, path_text, sketched
from structgen.automaton.kernels.walks import run_jobs

# Most masks are written from their recipes: a few rows and short lists. Where that takes long, the
# row is kept; a later configuration may take its place.

LONG_RECIPE = 8
DEAR = 4_000  # tokens to set, or rows to merge times ROW_COST
ROW_COST = 1_000


@kernel
def _resume(a, cell, outcome, x, text, depth):
    """Push, at CLOSURE, the walks that go on in the frames below `cell` from node set x.

    `outcome` is what has been returned there, `text` what had been read when the token began.
    Returns the new depth, or MISSING.
    """
    then = a[CELL + 5 * cell]
    parents = a[CELL + 5 * cell + 3]
    if depth + parents >= MAX_CLOSURE:
        a[IS_FULL] = 1
        return MISSING
    sketch = a[STATE + 8 * then + 2]
    if a[CELL + 5 * cell + 1] >= 0:  # the frame of a capture
        state = sketched(a, sketch, x)
        if state < 0:
            return MISSING
    else:
        state = switch(a, then, outcome)
        if state < 0:
            return depth
    if state != UNKNOWN:
        for i in range(parents):
            a[CLOSURE + 3 * depth] = state
            a[CLOSURE + 3 * depth + 1] = parent_of(a, cell, i)
            a[CLOSURE + 3 * depth + 2] = x
            depth += 1
        return depth
    if depth + set_size(a, x) * parents >= MAX_CLOSURE:
        a[IS_FULL] = 1
        return MISSING
    missing = False
    for j in range(set_size(a, x)):
        node = set_node(a, x, j)
        state = sketched(a, sketch, node)
        if state == UNKNOWN:
            state = captured(a, then, path_text(a, text, 0, node), a[CELL + 5 * cell + 1])
        if state < 0:
            missing = True
            continue
        for i in range(parents):
            a[CLOSURE + 3 * depth] = state
            a[CLOSURE + 3 * depth + 1] = parent_of(a, cell, i)
            a[CLOSURE + 3 * depth + 2] = node
            depth += 1
    return MISSING if missing else depth


@kernel
def _find_recipe(a, config):
    """List the results whose union is the mask of `config`. 0, or NEED or FULL."""
    if a[N_JOBS] > 0:  # left by a call that had to wait for states
        status = run_jobs(a)
        if status != 0:
            return status
    text = a[CONFIG + 7 * config + 5]
    while True:
        start = a[N_RECIPE]
        count = 0
        missing = False
        first = PAIR + 2 * a[CONFIG + 7 * config]
        a[VISIT_EPOCH] += 1
        for i in range(a[CONFIG + 7 * config + 1]):
            depth = 1
            a[CLOSURE] = a[first + 2 * i]
            a[CLOSURE + 1] = a[first + 2 * i + 1]
            a[CLOSURE + 2] = 0
            while depth > 0 and a[IS_FULL] == 0:
                depth -= 1
                s = a[CLOSURE + 3 * depth]
                cell = a[CLOSURE + 3 * depth + 1]
                x = a[CLOSURE + 3 * depth + 2]
                if not is_new(a, s, cell, x):
                    continue
                r = result_or_job(a, s, x)
                if r < 0:
                    missing = True
                    continue
                if start + count >= MAX_RECIPE:
                    a[IS_FULL] = 1
                    break
                a[RECIPE + start + count] = r
                count += 1
                if cell == BOTTOM:
                    continue
                outcome = 0
                x = a[RESULT + 8 * r + 5]
                entry = a[RESULT + 8 * r + 7]
                while True:
                    if x >= 0:
                        below = _resume(a, cell, outcome, x, text, depth)
                        if below < 0:
                            missing = True
                        else:
                            depth = below
                    if entry == 0 or a[IS_FULL] != 0:
                        break
                    at = OUTCOME + 3 * (entry - 1)
                    outcome = a[at]
                    x = a[at + 1]
                    entry = a[at + 2]
        if a[IS_FULL] != 0:
            a[N_JOBS] = 0
            return FULL
        if a[N_TEXT_REQUESTS] > 0:
            return NEED
        if not missing:
            a[N_RECIPE] = start + count
            a[CONFIG + 7 * config + 3] = start
            a[CONFIG + 7 * config + 4] = count
            return 0
        status = run_jobs(a)
        if status != 0:
            return status


@kernel
def _is_finished(a, config):
    """Whether the row of `config` is kept."""
    return a[a[FINISHED_OWNER] + (config & (MAX_FINISHED - 1))] == config + 1


@kernel
def _prepare(a, config):
    """Find the recipe of `config`, and keep its row if the recipe is dear. 0, or NEED or FULL."""
    at = CONFIG + 7 * config
    if a[at + 3] < 0:
        status = _find_recipe(a, config)
        if status != 0:
            return status
    count = a[at + 4]
    if count <= LONG_RECIPE or _is_finished(a, config):
        return 0
    cost = 0
    for i in range(count):
        r = RESULT + 8 * a[RECIPE + a[at + 3] + i]
        cost += a[r + 4] + (ROW_COST if a[r + 2] >= 0 else 0)
    if cost > DEAR:
        slot = config & (MAX_FINISHED - 1)
        start = a[FINISHED] + slot * a[MASK_WORDS]
        _write_row(a, config, a[start : start + a[MASK_WORDS]])
        a[a[FINISHED_OWNER] + slot] = config + 1
    return 0


@kernel
def fill(arena, config, out):
    """Write the mask of `config` to out (int32[W]). 0, or NEED or FULL."""
    a = borrowed(arena)
    status = _prepare(a, config)
    if status == 0:
        _copy_row(a, config, out)
    return status


@kernel
def _copy_row(a, config, out):
    """Write the mask of a prepared configuration to out (int32[W])."""
    if _is_finished(a, config):
        words = a[MASK_WORDS]
        start = a[FINISHED] + (config & (MAX_FINISHED - 1)) * words
        out[:words] = a[start : start + words]
        out[words:] = 0
    else:
        _write_row(a, config, out)


@kernel
def _write_row(a, config, out):
    """Write the mask of `config` to out (int32[W]) from its recipe."""
    at = CONFIG + 7 * config
    words = a[MASK_WORDS]
    first = RECIPE + a[at + 3]
    count = a[at + 4]
    rows = 0
    for i in range(count):
        row = a[RESULT + 8 * a[first + i] + 2]
        if row >= 0:
            source = a[ROW] + row * words
            if rows == 0:
                out[:words] = a[source : source + words]
            else:
                for w in range(words):
                    out[w] |= a[source + w]
            rows += 1
    if rows == 0:
        out[:words] = 0
    out[words:] = 0
    for i in range(count):
        r = RESULT + 8 * a[first + i]
        token_at = TOKEN + a[r + 3]
        for j in range(a[r + 4]):
            token = a[token_at + j]
            out[token >> 5] |= np.int32(1 << (token & 31))
    if a[at + 2] != 0:
        for i in range(a[N_EOS]):
            token = a[a[EOS] + i]
            out[token >> 5] |= np.int32(1 << (token & 31))


@kernel
def prepare_many(arena, configs):
    """Find the recipes of configs (int64[B]). 0, or NEED or FULL."""
    a = borrowed(arena)
    for i in range(configs.shape[0]):
        status = _prepare(a, configs[i])
        if status != 0:
            return status
    return 0


@kernel
def fill_many(arena, configs, out):
    """Write the masks of prepared configs (int64[B]) to out (int32[B, W])."""
    a = borrowed(arena)
    for i in range(configs.shape[0]):
        _copy_row(a, configs[i], out[i])
