"""The token trie, built level by level from sorted tokens."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def build_trie(blob, starts, ends, ids):
    """The trie of K sorted distinct non-empty tokens.

    Args:
        blob: uint8[total], all token bytes.
        starts: int64[K], where each token begins, in sorted order.
        ends: int64[K], where it ends.
        ids: int32[K], its id.

    Returns:
        int32[N, 4] in breadth-first order: token or -1, first child, child count, byte.
    """
    count = starts.shape[0]
    most = 1
    for i in range(count):
        most += ends[i] - starts[i]
    nodes = np.empty((most, 4), np.int32)
    # Each node spans the sorted tokens that begin with its bytes.
    first = np.empty(most, np.int64)
    last = np.empty(most, np.int64)
    depth = np.empty(most, np.int32)
    nodes[0, 0] = -1
    nodes[0, 3] = 0
    first[0] = 0
    last[0] = count
    depth[0] = 0
    n = 1
    x = 0
    while x < n:
        i = first[x]
        d = depth[x]
        if i < last[x] and ends[i] - starts[i] == d:
            nodes[x, 0] = ids[i]
            i += 1
        nodes[x, 1] = n
        while i < last[x]:
            byte = blob[starts[i] + d]
            nodes[n, 0] = -1
            nodes[n, 3] = byte
            first[n] = i
            depth[n] = d + 1
            while i < last[x] and blob[starts[i] + d] == byte:
                i += 1
            last[n] = i
            n += 1
        nodes[x, 2] = n - nodes[x, 1]
        x += 1
    return nodes[:n].copy()
