"""Where everything lies in the engine's array, the *arena*.

A header of counters, then tables at fixed offsets, then the tables whose size depends on the
vocabulary. One array is one argument, and a call with one argument costs 0.4 us.

Records are described at the module that makes them.
"""

from __future__ import annotations

# --- Status codes, also used in place of a state ------------------------------------------------
DEAD = -1
NEED = -2
FULL = -3
MISSING = -4
ENDED = -5  # in place of a configuration: end-of-sequence has been taken

# --- Header: counters and single values ---------------------------------------------------------
(
    N_STATES,
    N_EDGES,
    N_RESULTS,
    N_TOKENS,
    N_SETS,
    N_NODES,
    N_ROWS,
    N_CONFIGS,
    N_PAIRS,
    N_CELLS,
    N_STEPS,
    N_RECIPE,
    N_REQUESTS,
    IS_FULL,
    N_JOBS,
    N_ARRIVALS,
    ACC_TOKENS,
    ACC_EXITS,
    ACC_ROW,
    ACC_OWN_ROW,
    EPOCH,
    VOCABULARY_SIZE,
    TRIE_SIZE,
    MASK_WORDS,
    N_EOS,
    MAX_CHARS,
    ANY_CONTENT,
    MAX_ROWS,
    TRIE,
    CHAIN,
    STAMP,
    EXITS,
    ROW_SCRATCH,
    ROW,
    EOS,
    ANY_READY,
    ANY_ROW,
    ANY_TOKEN,
    ANY_END,
    ANY_EXIT,
    N_ANY_TOKENS,
    N_ANY_ENDS,
    N_ANY_EXITS,
    N_BELOW,
    BELOW_TOKEN,
    N_DEFERRED,
    IS_SUSPENDED,
    SUSPENDED_STATE,
    SUSPENDED_SET,
    COUNT_WALKS,
    COUNT_VISITS,
    COUNT_STEPS,
    N_PARENTS,
    N_TEXTS,
    N_CAPTURED,
    N_TEXT_REQUESTS,
    ACC_UNKNOWN,
    VISIT_EPOCH,
    N_OPEN,
    N_LINKS,
    N_SAFE_ROWS,
    FINISHED,
    FINISHED_OWNER,
    N_OUTCOMES,
    ACC_OUTCOMES,
    ACC_WHOLE,
    CHILDREN,
) = range(67)
HEADER = 80

# --- Table capacities, and the offsets that follow from them ------------------------------------
MAX_FINISHED = 1 << 10
MAX_STATES = 1 << 20
MAX_EDGES = 1 << 21
STATE_SLOTS = 1 << 20
MAX_RESULTS = 1 << 19
RESULT_SLOTS = 1 << 20
MAX_TOKENS = 1 << 23
MAX_SETS = 1 << 18
SET_SLOTS = 1 << 19
MAX_NODES = 1 << 25
MAX_OUTCOMES = 1 << 18
OUTCOME_SCRATCH = 1 << 18
MAX_WHOLE = 64
NARROW_SLOTS = 1 << 12
LARGE_SET = 256
HUGE_SET = 4096
MUCH_BELOW = 128  # tokens below a node from which on it pays to keep what a loop reads there
MAX_CONFIGS = 1 << 19
MAX_PAIRS = 1 << 21
CONFIG_SLOTS = 1 << 20
MAX_CELLS = 1 << 19
CELL_SLOTS = 1 << 20
MAX_PARENTS = 1 << 20
MAX_TEXTS = 1 << 20
TEXT_SLOTS = 1 << 21
CAPTURED_SLOTS = 1 << 18
MAX_TEXT_REQUESTS = 1024
VISIT_SLOTS = 1 << 16
MAX_OPEN = 1 << 12
MAX_LINKS = 1 << 15
MAX_SAFE_ROWS = 256
MAX_PROBES = 1 << 12  # at most three for each of 256 bytes, four levels deep
STEP_SLOTS = 1 << 21
MAX_RECIPE = 1 << 21
MAX_REQUESTS = 4096
MAX_ARRIVALS = 1 << 20
MAX_JOBS = 1 << 16
MAX_CLOSURE = 1 << 14
MAX_DEFERRED = 1 << 18
TOKEN_SCRATCH = 1 << 16
LIST_LIMIT = 4096  # a result with more tokens than this keeps them as a mask row

STATE = HEADER
EDGE = STATE + 8 * MAX_STATES
SAFE = EDGE + 2 * MAX_EDGES
STATE_SLOT = SAFE + 2 * MAX_STATES
RESULT = STATE_SLOT + STATE_SLOTS
RESULT_SLOT = RESULT + 8 * MAX_RESULTS
TOKEN = RESULT_SLOT + RESULT_SLOTS
SET = TOKEN + MAX_TOKENS
SET_SLOT = SET + 2 * MAX_SETS
NODE = SET_SLOT + SET_SLOTS
OUTCOME = NODE + MAX_NODES
CONFIG = OUTCOME + 3 * MAX_OUTCOMES
PAIR = CONFIG + 7 * MAX_CONFIGS
CONFIG_SLOT = PAIR + 2 * MAX_PAIRS
CELL = CONFIG_SLOT + CONFIG_SLOTS
CELL_SLOT = CELL + 5 * MAX_CELLS
PARENT = CELL_SLOT + CELL_SLOTS
TEXT = PARENT + MAX_PARENTS
TEXT_SLOT = TEXT + 3 * MAX_TEXTS
CAPTURED = TEXT_SLOT + TEXT_SLOTS
STEP = CAPTURED + 4 * CAPTURED_SLOTS
RECIPE = STEP + 3 * STEP_SLOTS
REQUEST = RECIPE + MAX_RECIPE
TEXT_REQUEST = REQUEST + MAX_REQUESTS
ARRIVAL = TEXT_REQUEST + 3 * MAX_TEXT_REQUESTS
JOB = ARRIVAL + 2 * MAX_ARRIVALS
CLOSURE = JOB + 2 * MAX_JOBS
NEW_PAIR = CLOSURE + 3 * MAX_CLOSURE
VISIT = NEW_PAIR + 2 * MAX_CLOSURE
OPEN_CELL = VISIT + 4 * VISIT_SLOTS
LINK = OPEN_CELL + 5 * MAX_OPEN
PROBE = LINK + 2 * MAX_LINKS
SAFE_ROW = PROBE + 5 * MAX_PROBES
DEFERRED = SAFE_ROW + 3 * MAX_SAFE_ROWS
TOKENS = DEFERRED + 2 * MAX_DEFERRED
OUTCOMES = TOKENS + TOKEN_SCRATCH
WHOLE = OUTCOMES + 2 * OUTCOME_SCRATCH
NARROW = WHOLE + 2 * MAX_WHOLE
SIBLING = NARROW + 3 * NARROW_SLOTS
FIXED_SIZE = SIBLING + 256

# --- States: [kind, five values, body of a string with this content (two spellings)] ------------
UNEXPANDED = 0
SCAN = 1  # first edge, edge count, 1 + outcome or 0, state after the closing quote (content) or -1
CHOICE = 2  # first edge, count: the states are the edges' targets
CALL = 3  # piece, then
RETURNS = 4  # outcome
STRING = 5  # phase | value << 4, content, least and largest number of characters to come, literal
EXCEPT = 6  # a string, and a string that must not end where the first one ends
CAPTURE = 7  # piece, sketch: what follows the piece depends on its text; the sketch leaves it open
UNKNOWNS = 8  # where a sketch would need the text
SWITCH = 9  # first edge, count: (outcome, state) for each outcome of the piece called before it
LOOP = 10  # classes, whether it can return after each character of these or only where others come

RETURN = 0  # the id of the state of kind RETURNS with outcome 0
UNKNOWN = 1  # the id of the state of kind UNKNOWNS
BOTTOM = 0  # the id of the cell below the outermost piece
UNLIMITED = 1 << 30

# A content state has no use for `returns`; it keeps the fewest characters to an end there, and from
# this bit the most that any state of its automaton needs.
SHORTEST_BITS = 15
SHORTEST_MASK = (1 << SHORTEST_BITS) - 1

# Two values a state at SAFE. Of a content state: its safe classes, and how many characters are
# needed to an end once safe ones are read (`regular.Live`: shortest, and tail from SHORTEST_BITS;
# or NO_TAIL). Of another scan: the classes of the characters that lead back to it, or 0.
NO_TAIL = -1

# Phases of a JSON string (RFC 8259 section 7); value: the hexadecimal digits read so far.
OPEN, BODY, ESCAPE, U, U1, U2, U3, HIGH, HIGH_ESCAPE, HIGH_U, LOW1, LOW2, LOW3 = range(13)

# --- Nodes of the token trie: a record of eight values; see trie.py ------------------------------
ABOVE = 4
BELOW = 5
FIRST_BELOW = 6
LONGEST = 7
WORD = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8  # the classes of digits, letters and _
QUOTE_OR_BACKSLASH = 1 << 14 | 1 << 15  # their classes
BROKEN = 1 << 29  # among the classes below: not all of it is UTF-8
IN_CHARACTER = 1  # among the safe classes of a state: it is in the middle of a character
