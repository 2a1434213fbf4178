"""Allocation of the arena: one int32 array that holds all tables of an engine."""

from __future__ import annotations

from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import kernels as k
from structgen.vocabulary import SPELLING_BYTES, Vocabulary

__all__ = ["TablesFull", "allocate_arena"]

ROW_BUDGET = 1 << 24  # int32 words for shared mask rows: 64 MB


class TablesFull(Exception):
    """A table is full: the engine starts over with empty tables."""


def allocate_arena(vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Empty tables for a vocabulary of V tokens.

    The array is reserved whole and is all zeros; the operating system backs only the pages that
    are touched, so a fresh engine holds a few megabytes above its copy of the token trie.

    Args:
        vocabulary: The vocabulary; its trie is copied into the arena.

    Returns:
        int32[FIXED_SIZE + tables that depend on V].
    """
    nodes = vocabulary.trie.nodes
    chain = vocabulary.trie.chain
    words = (vocabulary.size + 31) // 32
    max_rows = max(64, ROW_BUDGET // words)
    sizes = {
        k.TRIE: 8 * len(nodes),
        k.CHAIN: vocabulary.size,
        k.STAMP: len(nodes),
        k.EXITS: len(nodes),
        k.EOS: max(1, len(vocabulary.eos_token_ids)),
        k.ROW_SCRATCH: words,
        k.N_BELOW: len(nodes),
        k.CHILDREN: len(nodes),
        k.BELOW_TOKEN: vocabulary.size,
        k.ANY_TOKEN: 3 * vocabulary.size,
        k.ANY_END: 2 * vocabulary.size,
        k.ANY_EXIT: 2 * len(nodes),
        k.ROW: max_rows * words,
        k.FINISHED: k.MAX_FINISHED * words,
        k.FINISHED_OWNER: k.MAX_FINISHED,
    }
    # Not np.zeros, which asks for huge pages: each is cleared whole at its first touch (0.1 ms, or
    # 5 ms where memory must be compacted for it), and the hash tables touch all of theirs.
    arena = np.frombuffer(mmap(-1, 4 * (k.FIXED_SIZE + sum(sizes.values()))), np.int32)
    at = k.FIXED_SIZE
    for header, size in sizes.items():
        arena[header] = at
        at += size
    trie = arena[arena[k.TRIE] : arena[k.TRIE] + 8 * len(nodes)].reshape(-1, 8)
    trie[:, :4] = nodes
    arena[arena[k.CHAIN] : arena[k.CHAIN] + len(chain)] = chain
    arena[arena[k.EOS] : arena[k.EOS] + len(vocabulary.eos_token_ids)] = vocabulary.eos_token_ids
    arena[k.N_EOS] = len(vocabulary.eos_token_ids)
    arena[k.VOCABULARY_SIZE] = vocabulary.size
    arena[k.TRIE_SIZE] = len(nodes)
    arena[k.MASK_WORDS] = words
    arena[k.MAX_ROWS] = max_rows
    arena[k.MAX_CHARS] = max(vocabulary.max_token_bytes, SPELLING_BYTES) + 1
    arena[k.N_CELLS] = 1  # cell 0 is BOTTOM
    arena[k.N_TEXTS] = 1  # text 0 is empty
    k.summarise_trie(arena)
    return arena
