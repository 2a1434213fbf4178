"""The engine's compiled code: steps of a configuration, walks of the token trie, masks.

All of it works on one int32 array, the *arena* (`layout.py`; `tables.py`, outside, allocates it).
docs/masks.md explains the walks. From below:

`states` and `trie`
    what is walked: records of states, and of the token trie's nodes;
`byte_steps`
    one byte: the state after it, inside JSON strings too;
`node_sets`, `findings`, `results`
    what a walk finds: sets of nodes, the walk's own lists, and what is kept of it;
`exceptions`, `texts`, `any_string`, `safe`, `loops`
    what is not walked edge by edge: differences, captures, strings that may hold anything, what
    need not be read in others, and characters that lead back to where they are read;
`walks`
    the walk itself: a state and a set of nodes to the tokens allowed there and the exits;
`stacks`, `configurations`
    the frames above a state, and the step of all of them by one byte;
`masks`
    a configuration's mask, from the results of its frames.

Kernels never call Python. What is not known yet is answered by a status: `NEED` (the states listed
at `REQUEST` must be expanded, then call again) or `FULL` (a table is full).

Letters: a arena, s state, c content state, x and y trie node or node set, b byte, r and q result.
"""

from structgen.automaton.kernels.configurations import (
    advance,
    advance_tree,
    initial,
    next_bytes,
    step_all,
)
from structgen.automaton.kernels.findings import intern_exits
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.masks import fill, fill_many, prepare_many
from structgen.automaton.kernels.results import find_result, store_result
from structgen.automaton.kernels.states import (
    add_name,
    intern_state,
    new_literal,
    new_names,
    new_state,
)
from structgen.automaton.kernels.texts import longer_text, set_captured
from structgen.automaton.kernels.trie import byte_class, summarise_trie
