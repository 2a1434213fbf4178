"""All of the engine's kernels: steps of a configuration, walks of the token trie, masks.

Everything lives in one int32 array, the *arena*: a header of counters, then tables at fixed
offsets, then the tables whose size depends on the vocabulary. One array is one argument, and a
call with one argument costs 0.4 us. `tables.py` allocates it; docs/masks.md explains the walks.

Kernels never call Python. What is not known yet is answered by a status: `NEED` (the states listed
at `REQUEST` must be expanded, then call again) or `FULL` (a table is full).

Letters: s state, c content state, x trie node or node set, b byte, r result.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.core import cgutils
from numba.extending import intrinsic

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
) = range(66)
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
FIXED_SIZE = NARROW + 3 * NARROW_SLOTS

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

RETURN = 0  # the id of the state of kind RETURNS with outcome 0
UNKNOWN = 1  # the id of the state of kind UNKNOWNS
BOTTOM = 0  # the id of the cell below the outermost piece
UNLIMITED = 1 << 30

# A content state has no use for `returns`; it keeps the fewest characters to an end there, and from
# this bit the most that any state of its automaton needs.
SHORTEST_BITS = 15
SHORTEST_MASK = (1 << SHORTEST_BITS) - 1

# Two values a content state at SAFE: its safe classes, and how many characters are needed to an end
# once safe ones are read (`regular.Live`: shortest, and tail from SHORTEST_BITS; or NO_TAIL).
NO_TAIL = -1

# Phases of a JSON string (RFC 8259 section 7); value: the hexadecimal digits read so far.
OPEN, BODY, ESCAPE, U, U1, U2, U3, HIGH, HIGH_ESCAPE, HIGH_U, LOW1, LOW2, LOW3 = range(13)


@intrinsic
def _borrowed(_typing_context, array):
    """The array without its reference count; the caller holds the array meanwhile.

    Numba counts the arena's references at each call that is not inlined: two atomic operations,
    more than half of the time of a walk.
    """

    def generate(context, builder, signature, arguments):
        struct = context.make_array(signature.args[0])(context, builder, arguments[0])
        struct.meminfo = cgutils.get_null_value(struct.meminfo.type)
        struct.parent = cgutils.get_null_value(struct.parent.type)
        return struct._getvalue()

    return array(array), generate


@njit(cache=True, nogil=True)
def _hash(u, v, w):
    h = u * -7046029254386353131 + v * -4417276706812531889 + w * 1609587929392839161
    h ^= h >> 32
    h *= -4658895280553007687
    return h ^ (h >> 29)


@njit(cache=True, nogil=True)
def _request(a, s):
    n = a[N_REQUESTS]
    for i in range(n):
        if a[REQUEST + i] == s:
            return
    if n < MAX_REQUESTS:
        a[REQUEST + n] = s
        a[N_REQUESTS] = n + 1


# === States =====================================================================================


@njit(cache=True, nogil=True)
def new_state(a, kind, p, q, r, u, v):
    """Append a state record; FULL when there is no room."""
    s = a[N_STATES]
    if s >= MAX_STATES:
        a[IS_FULL] = 1
        return FULL
    a[N_STATES] = s + 1
    at = STATE + 8 * s
    a[at] = kind
    a[at + 1] = p
    a[at + 2] = q
    a[at + 3] = r
    a[at + 4] = u
    a[at + 5] = v
    return s


@njit(cache=True, nogil=True)
def intern_state(a, kind, p, q, r, u, v):
    """The state with exactly this record: strings, exceptions, calls."""
    i = _hash(p * 31 + kind, q * 8191 + r, u * 2 + v) & (STATE_SLOTS - 1)
    while True:
        s = a[STATE_SLOT + i] - 1
        if s < 0:
            break
        at = STATE + 8 * s
        if (
            a[at] == kind
            and a[at + 1] == p
            and a[at + 2] == q
            and a[at + 3] == r
            and a[at + 4] == u
            and a[at + 5] == v
        ):
            return s
        i = (i + 1) & (STATE_SLOTS - 1)
    s = new_state(a, kind, p, q, r, u, v)
    if s >= 0:
        if s > (STATE_SLOTS // 8) * 7:
            a[IS_FULL] = 1
            return FULL
        a[STATE_SLOT + i] = s + 1
    return s


@njit(cache=True, nogil=True)
def new_literal(a, data, then):
    """A chain of states that reads `data` (uint8[n]), then continues at `then`."""
    s = then
    for i in range(data.shape[0] - 1, -1, -1):
        e = a[N_EDGES]
        if e >= MAX_EDGES:
            a[IS_FULL] = 1
            return FULL
        a[N_EDGES] = e + 1
        a[EDGE + 2 * e] = data[i] | np.int32(data[i]) << 8
        a[EDGE + 2 * e + 1] = s
        s = new_state(a, SCAN, e, 1, 0, -1, 0)
        if s < 0:
            return FULL
    return s


@njit(cache=True, nogil=True)
def new_names(a, blob, offsets, targets):
    """The content trie of sorted distinct names; the end of name i leads to `targets[i]`.

    Returns the root content state.
    """
    root = new_state(a, SCAN, 0, 0, 0, -1, 0)
    if root < 0:
        return FULL
    longest = 0
    for i in range(targets.shape[0]):
        longest = max(longest, offsets[i + 1] - offsets[i])
    path = np.empty(longest + 1, np.int64)
    path[0] = root
    depth = 0
    # Records temporarily hold: a = parent, d = after quote, e = the byte that leads here.
    for i in range(targets.shape[0]):
        first = offsets[i]
        length = offsets[i + 1] - first
        shared = 0
        if i > 0:
            before = offsets[i - 1]
            while (
                shared < length
                and shared < first - before
                and blob[first + shared] == blob[before + shared]
            ):
                shared += 1
        for depth in range(shared, length):
            s = new_state(a, SCAN, path[depth], 0, 0, -1, blob[first + depth])
            if s < 0:
                return FULL
            a[STATE + 8 * path[depth] + 2] += 1
            path[depth + 1] = s
        a[STATE + 8 * path[length] + 4] = targets[i]
    last = a[N_STATES]
    edges = a[N_EDGES]
    if edges + last - root > MAX_EDGES:
        a[IS_FULL] = 1
        return FULL
    # Parents come before their children: lay out each state's edges, then fill them in order.
    for s in range(root, last):
        at = STATE + 8 * s
        parent = a[at + 1]
        if s > root:
            up = STATE + 8 * parent
            e = a[up + 1] + a[up + 3]
            a[up + 3] += 1
            a[EDGE + 2 * e] = a[at + 5] | a[at + 5] << 8
            a[EDGE + 2 * e + 1] = s
        a[at + 1] = edges
        a[at + 3] = 0
        edges += a[at + 2]
    a[N_EDGES] = edges
    for s in range(root, last):
        a[STATE + 8 * s + 3] = 0
        a[STATE + 8 * s + 5] = 0
    return root


@njit(cache=True, nogil=True)
def add_name(arena, root, data, target):
    """The root of a content trie with one name more, which ends at `target`; the rest is shared.

    The n + 1 states on the way are copied; `data` (uint8[n]) must not be in the trie.
    """
    a = _borrowed(arena)
    n = data.shape[0]
    first = a[N_STATES]
    old = root  # the state to copy, or -1 where the old trie has none
    for i in range(n + 1):
        e = a[N_EDGES]
        from_edge = 0
        count = 0
        quote = -1
        if old >= 0:
            from_edge = a[STATE + 8 * old + 1]
            count = a[STATE + 8 * old + 2]
            quote = a[STATE + 8 * old + 4]
        s = new_state(a, SCAN, e, 0, 0, quote, 0)
        if s < 0 or e + count + 1 > MAX_EDGES:
            a[IS_FULL] = 1
            return FULL
        old = -1
        is_placed = i == n
        b = 0 if is_placed else data[i]
        for old_edge in range(from_edge, from_edge + count):
            byte = a[EDGE + 2 * old_edge] & 255
            if not is_placed and byte >= b:
                is_placed = True
                a[EDGE + 2 * e] = b | b << 8
                a[EDGE + 2 * e + 1] = s + 1
                e += 1
                if byte == b:
                    old = a[EDGE + 2 * old_edge + 1]
                    continue
            a[EDGE + 2 * e] = a[EDGE + 2 * old_edge]
            a[EDGE + 2 * e + 1] = a[EDGE + 2 * old_edge + 1]
            e += 1
        if not is_placed:
            a[EDGE + 2 * e] = b | b << 8
            a[EDGE + 2 * e + 1] = s + 1
            e += 1
        a[STATE + 8 * s + 2] = e - a[N_EDGES]
        a[N_EDGES] = e
        if i == n:
            a[STATE + 8 * s + 4] = target
    return first


# === One byte ===================================================================================


@njit(cache=True, nogil=True)
def _scan_step(a, s, b):
    first = a[STATE + 8 * s + 1]
    low = first
    high = first + a[STATE + 8 * s + 2]
    while high - low > 8:
        middle = (low + high) >> 1
        if (a[EDGE + 2 * middle] & 255) <= b:
            low = middle
        else:
            high = middle
    for e in range(low, high):
        span = a[EDGE + 2 * e]
        if b < (span & 255):
            return DEAD
        if b <= span >> 8:
            return a[EDGE + 2 * e + 1]
    return DEAD


@njit(cache=True, nogil=True)
def _content_step(a, c, b):
    if a[STATE + 8 * c] == UNEXPANDED:
        _request(a, c)
        return NEED
    return _scan_step(a, c, b)


@njit(cache=True, nogil=True)
def _fits(a, c, high):
    """Whether content c can still end within `high` characters."""
    return high == UNLIMITED or (a[STATE + 8 * c + 3] & SHORTEST_MASK) <= high


@njit(cache=True, nogil=True)
def _utf8_length(p):
    return 1 if p < 0x80 else 2 if p < 0x800 else 3 if p < 0x10000 else 4


@njit(cache=True, nogil=True)
def _utf8_byte(p, length, i):
    """Byte i of code point p, whose encoding has `length` bytes (RFC 3629 section 3)."""
    bits = p >> (6 * (length - 1 - i))
    if i > 0:
        return 0x80 | (bits & 0x3F)
    if length == 1:
        return bits
    return bits | (0xF00 >> length & 0xFF)


@njit(cache=True, nogil=True)
def _content_character(a, c, p):
    length = _utf8_length(p)
    for i in range(length):
        c = _content_step(a, c, _utf8_byte(p, length, i))
        if c < 0:
            return c
    return c


@njit(cache=True, nogil=True)
def _any_character(a, c, low, high, room):
    """Whether some code point in low..high can be read from content c: 1, 0 or NEED.

    After the character, `room` more must be enough. Surrogates do not count: no content reads them.

    A search over (content, what the next byte adds to its bits, bounds on the bits to come, their
    number below this byte). An edge takes a range of bytes to one state, so of the blocks of code
    points below it at most three differ: the first, the last, and one between them.
    """
    depth = 0
    for length in range(1, 5):  # RFC 3629 section 3
        first = max(low, 0 if length == 1 else 0x80 if length == 2 else 1 << (5 * length - 4))
        last = min(high, 0x7F if length == 1 else (1 << (5 * length + 1)) - 1)
        if first <= last:
            at = PROBE + 5 * depth
            a[at] = c
            a[at + 1] = 0 if length == 1 else 0xF00 >> length & 0xFF
            a[at + 2] = first
            a[at + 3] = last
            a[at + 4] = 6 * (length - 1)
            depth += 1
    answer = 0
    while depth > 0:
        depth -= 1
        at = PROBE + 5 * depth
        c = a[at]
        base = a[at + 1]
        low = a[at + 2]
        high = a[at + 3]
        bits = a[at + 4]
        if bits < 0:
            if _fits(a, c, room):
                return 1
            continue
        if a[STATE + 8 * c] == UNEXPANDED:
            _request(a, c)
            answer = NEED
            continue
        top = (1 << bits) - 1
        edge = a[STATE + 8 * c + 1]
        for e in range(edge, edge + a[STATE + 8 * c + 2]):
            first = max((a[EDGE + 2 * e] & 255) - base, low >> bits)
            last = min((a[EDGE + 2 * e] >> 8) - base, high >> bits)
            for k in range(min(3, last - first + 1)):
                v = first if k == 0 else last if k == 1 else first + 1
                at = PROBE + 5 * depth
                a[at] = a[EDGE + 2 * e + 1]
                a[at + 1] = 0x80
                a[at + 2] = low & top if v == low >> bits else 0
                a[at + 3] = high & top if v == high >> bits else top
                a[at + 4] = bits - 6
                depth += 1
    return answer


@njit(cache=True, nogil=True)
def _any_escaped(a, c, low, high, literal, room):
    """Like `_any_character`, restricted to what may be escaped there."""
    if literal == 0:
        return _any_character(a, c, low, high, room)
    for k in range(4):
        first = 0 if k == 0 else 0x22 if k == 1 else 0x5C if k == 2 else 0x7F
        last = 0x1F if k == 0 else 0x22 if k == 1 else 0x5C if k == 2 else 0x10FFFF
        first = max(first, low)
        last = min(last, high)
        if first <= last:
            live = _any_character(a, c, first, last, room)
            if live != 0:
                return live
    return 0


@njit(cache=True, nogil=True)
def _may_escape(p, literal):
    return literal == 0 or p < 0x20 or p == 0x22 or p == 0x5C or p >= 0x7F


@njit(cache=True, nogil=True)
def _any_unit(a, c, low, high, literal, room):
    """Whether some UTF-16 code unit in low..high can begin an escaped character from c."""
    live = _any_escaped(a, c, low, high, literal, room)
    if live != 0:
        return live
    first = max(low, 0xD800)
    last = min(high, 0xDBFF)
    if first <= last:
        return _any_escaped(
            a,
            c,
            0x10000 + ((first - 0xD800) << 10),
            0x10000 + ((last - 0xD800) << 10) + 0x3FF,
            literal,
            room,
        )
    return 0


@njit(cache=True, nogil=True)
def _body(a, c, low, high, literal):
    if low != 0 or high != UNLIMITED:
        return intern_state(a, STRING, BODY, c, low, high, literal)
    at = STATE + 8 * c + 6 + literal
    if a[at] == 0:
        a[at] = intern_state(a, STRING, BODY, c, 0, UNLIMITED, literal)
    return a[at]


@njit(cache=True, nogil=True)
def _escaped_character(a, c, p, low, high, literal):
    if not _may_escape(p, literal):
        return DEAD
    c = _content_character(a, c, p)
    if c < 0:
        return c
    room = high if high == UNLIMITED else high - 1
    return _body(a, c, max(low - 1, 0), room, literal) if _fits(a, c, room) else DEAD


@njit(cache=True, nogil=True)
def _hex_digit(b):
    if 48 <= b <= 57:
        return b - 48
    b |= 32
    if 97 <= b <= 102:
        return b - 87
    return -1


@njit(cache=True, nogil=True)
def _string_step(a, s, b):
    at = STATE + 8 * s
    phase = a[at + 1] & 15
    value = a[at + 1] >> 4
    c = a[at + 2]
    low = a[at + 3]
    high = a[at + 4]
    literal = a[at + 5]
    room = high if high == UNLIMITED else high - 1
    if phase == BODY:
        if b == 0x22:
            if a[STATE + 8 * c] == UNEXPANDED:
                _request(a, c)
                return NEED
            return a[STATE + 8 * c + 4] if low == 0 else DEAD
        if b == 0x5C:
            if high == 0:
                return DEAD
            live = _any_escaped(a, c, 0, 0x10FFFF, literal, room)
            if live != 1:
                return NEED if live == NEED else DEAD
            return intern_state(a, STRING, ESCAPE, c, low, high, literal)
        if b < 0x20:
            return DEAD
        d = _content_step(a, c, b)
        if d < 0:
            return d
        if b < 0x80 or b >= 0xC0:
            if high == 0:
                return DEAD
            return _body(a, d, max(low - 1, 0), room, literal) if _fits(a, d, room) else DEAD
        return _body(a, d, low, high, literal) if _fits(a, d, high) else DEAD
    if phase == OPEN:
        return _body(a, c, low, high, literal) if b == 0x22 else DEAD
    if phase == ESCAPE:
        if b == 0x75:
            return intern_state(a, STRING, U, c, low, high, literal)
        p = -1
        if b == 0x22 or b == 0x5C or b == 0x2F:
            p = b
        elif b == 0x62:
            p = 8
        elif b == 0x66:
            p = 12
        elif b == 0x6E:
            p = 10
        elif b == 0x72:
            p = 13
        elif b == 0x74:
            p = 9
        return _escaped_character(a, c, p, low, high, literal) if p >= 0 else DEAD
    if phase == HIGH:
        if b != 0x5C:
            return DEAD
        return intern_state(a, STRING, HIGH_ESCAPE | value << 4, c, low, high, literal)
    if phase == HIGH_ESCAPE:
        if b != 0x75:
            return DEAD
        return intern_state(a, STRING, HIGH_U | value << 4, c, low, high, literal)
    digit = _hex_digit(b)
    if digit < 0:
        return DEAD
    if phase == HIGH_U:
        if digit != 13:
            return DEAD
        return intern_state(a, STRING, LOW1 | value << 4, c, low, high, literal)
    if phase == LOW1 or phase == LOW2 or phase == LOW3:
        if phase == LOW1:
            if digit < 12:
                return DEAD
            digit -= 12
            value = value << 2 | digit
        else:
            value = value << 4 | digit
        first = 0x10000 + (value << (8 if phase == LOW1 else 4 if phase == LOW2 else 0))
        if phase == LOW3:
            return _escaped_character(a, c, first, low, high, literal)
        last = first + (0xFF if phase == LOW1 else 0xF)
        live = _any_escaped(a, c, first, last, literal, room)
        if live != 1:
            return NEED if live == NEED else DEAD
        return intern_state(a, STRING, (phase + 1) | value << 4, c, low, high, literal)
    value = value << 4 | digit  # one of U, U1, U2, U3
    if phase == U3:
        if 0xD800 <= value <= 0xDBFF:
            first = 0x10000 + ((value - 0xD800) << 10)
            live = _any_escaped(a, c, first, first + 0x3FF, literal, room)
            if live != 1:
                return NEED if live == NEED else DEAD
            return intern_state(a, STRING, HIGH | (value - 0xD800) << 4, c, low, high, literal)
        if 0xDC00 <= value <= 0xDFFF:
            return DEAD
        return _escaped_character(a, c, value, low, high, literal)
    shift = 12 if phase == U else 8 if phase == U1 else 4
    first = value << shift
    live = _any_unit(a, c, first, first + (1 << shift) - 1, literal, room)
    if live != 1:
        return NEED if live == NEED else DEAD
    return intern_state(a, STRING, (phase + 1) | value << 4, c, low, high, literal)


@njit(cache=True, nogil=True)
def _step(a, s, b):
    """The state after byte b, DEAD, NEED or FULL."""
    kind = a[STATE + 8 * s]
    if kind == SCAN:
        return _scan_step(a, s, b)
    if kind == STRING:
        return _string_step(a, s, b)
    # EXCEPT
    f = _string_step(a, a[STATE + 8 * s + 1], b)
    if f < 0:
        return f
    t = _string_step(a, a[STATE + 8 * s + 2], b)
    if t == NEED or t == FULL:
        return t
    if f == RETURN:
        return DEAD if t == RETURN else RETURN
    return f if t < 0 else intern_state(a, EXCEPT, f, t, 0, 0, 0)


# === What lies above and below a trie node =======================================================
# A node is eight values: its token or -1, its first child, how many children there are, its byte,
# the classes of the bytes that lead to it and of those below it (as bits), its first token in
# depth-first order (at BELOW_TOKEN; N_BELOW has how many there are from there) and the bytes of the
# longest token through it. Where a string's content loops on every byte below a node, all tokens
# below are allowed at once; so are tokens all of whose bytes are of classes that are *safe* at a
# content state, every text of which can be continued. Only the others are walked.
ABOVE = 4
BELOW = 5
FIRST_BELOW = 6
LONGEST = 7
QUOTE_OR_BACKSLASH = 1 << 14 | 1 << 15  # their classes
BROKEN = 1 << 29  # among the classes below: not all of it is UTF-8
IN_CHARACTER = 1  # among the safe classes of a state: it is in the middle of a character


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _utf8_step(u, b):
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


@njit(cache=True, nogil=True)
def summarise_trie(arena):
    """Fill the rest of each node's record and BELOW_TOKEN; needs the trie and the chains."""
    a = _borrowed(arena)
    trie = a[TRIE]
    n = a[TRIE_SIZE]
    # Breadth-first order: children come after their parent, so counts and classes flow backwards,
    # and places and first tokens flow forwards.
    place_in_character = np.zeros(n, np.int32)
    for x in range(n):
        for y in range(a[trie + 8 * x + 1], a[trie + 8 * x + 1] + a[trie + 8 * x + 2]):
            b = a[trie + 8 * y + 3]
            u = _utf8_step(place_in_character[x], b)
            if u < 0 or place_in_character[x] < 0:
                a[trie + 8 * x + BELOW] = BROKEN
                u = _utf8_step(-1, b)
            place_in_character[y] = u
    for x in range(n - 1, -1, -1):
        count = 0
        token = a[trie + 8 * x]
        while token >= 0:
            count += 1
            token = a[a[CHAIN] + token]
        classes = a[trie + 8 * x + BELOW]
        first = a[trie + 8 * x + 1]
        for y in range(first, first + a[trie + 8 * x + 2]):
            count += a[a[N_BELOW] + y]
            classes |= a[trie + 8 * y + BELOW] | 1 << byte_class(a[trie + 8 * y + 3])
            a[trie + 8 * x + LONGEST] = max(
                a[trie + 8 * x + LONGEST], a[trie + 8 * y + LONGEST] + 1
            )
        a[trie + 8 * x + BELOW] = classes
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


@njit(cache=True, nogil=True)
def _loops(a, c):
    """The classes on every byte of which content c stays at c, as bits; bit 0 is always set."""
    at = STATE + 8 * c + 5
    if a[at] == 0:
        broken = 0
        for b in range(256):
            if _scan_step(a, c, b) != c:
                broken |= 1 << byte_class(b)
        never = 1 << 14 | 1 << 15 | 1 << 20  # what ends or escapes, or is raw in no string
        a[at] = (0x1FFFFFFF & ~(broken | never)) | 1
    return a[at]


@njit(cache=True, nogil=True)
def _emit_below(a, x):
    """Allow the tokens at node x and below it."""
    first = a[BELOW_TOKEN] + a[a[TRIE] + 8 * x + FIRST_BELOW]
    count = a[a[N_BELOW] + x]
    while count > 0:
        n = a[ACC_TOKENS]
        part = min(count, TOKEN_SCRATCH - n)
        for i in range(part):
            a[TOKENS + n + i] = a[first + i]
        a[ACC_TOKENS] = n + part
        first += part
        count -= part
        if count > 0:
            _flush_tokens(a)


# === Interned sets of trie nodes ================================================================
# A set of one node is that node; others are TRIE_SIZE + index. -1 is the empty set.


@njit(cache=True, nogil=True)
def _sort(values):
    """Sort in place by merging runs that are in order, two by two, until there is one.

    What is sorted here is nearly in order, on which Numba's own sort takes quadratic time.
    """
    n = len(values)
    runs = 1
    for i in range(1, n):
        runs += values[i - 1] > values[i]
    if runs == 1:
        return
    merged = np.empty(n, values.dtype)
    while runs > 1:
        runs = 0
        start = 0
        while start < n:
            middle = _run_end(values, start)
            end = _run_end(values, middle)
            i = start
            j = middle
            for at in range(start, end):
                if j == end or (i < middle and values[i] <= values[j]):
                    merged[at] = values[i]
                    i += 1
                else:
                    merged[at] = values[j]
                    j += 1
            runs += 1
            start = end
        values[:] = merged


@njit(cache=True, nogil=True)
def _run_end(values, start):
    """Where the run in order that begins at `start` ends."""
    end = start + 1
    while end < len(values) and values[end - 1] <= values[end]:
        end += 1
    return min(end, len(values))


@njit(cache=True, nogil=True)
def _intern_exits(a):
    """Intern the nodes collected at EXITS."""
    nodes = a[a[EXITS] : a[EXITS] + a[ACC_EXITS]]
    _sort(nodes)
    return _intern_nodes(a, nodes)


@njit(cache=True, nogil=True)
def _intern_nodes(a, nodes):
    """The set of these nodes, which ascend."""
    n = len(nodes)
    if n == 0:
        return -1
    if n == 1:
        return nodes[0]
    h = n
    for i in range(n):
        h = _hash(h, nodes[i], 0)
    i = h & (SET_SLOTS - 1)
    while True:
        k = a[SET_SLOT + i] - 1
        if k < 0:
            break
        if a[SET + 2 * k + 1] == n:
            first = a[SET + 2 * k]
            j = 0
            while j < n and a[NODE + first + j] == nodes[j]:
                j += 1
            if j == n:
                return a[TRIE_SIZE] + k
        i = (i + 1) & (SET_SLOTS - 1)
    k = a[N_SETS]
    first = a[N_NODES]
    if k >= MAX_SETS or first + n > MAX_NODES:
        a[IS_FULL] = 1
        return FULL
    a[N_SETS] = k + 1
    a[N_NODES] = first + n
    for j in range(n):
        a[NODE + first + j] = nodes[j]
    a[SET + 2 * k] = first
    a[SET + 2 * k + 1] = n
    a[SET_SLOT + i] = k + 1
    return a[TRIE_SIZE] + k


# === Captured texts =============================================================================
# A text is interned as [the text without its last byte, that byte, length]; text 0 is empty.


@njit(cache=True, nogil=True)
def _longer_text(a, text, b):
    """The text with one byte more."""
    i = _hash(text, b, 5) & (TEXT_SLOTS - 1)
    while True:
        k = a[TEXT_SLOT + i]
        if k == 0:
            break
        if a[TEXT + 3 * k] == text and a[TEXT + 3 * k + 1] == b:
            return k
        i = (i + 1) & (TEXT_SLOTS - 1)
    k = a[N_TEXTS]
    if k >= MAX_TEXTS:
        a[IS_FULL] = 1
        return 0
    a[N_TEXTS] = k + 1
    a[TEXT + 3 * k] = text
    a[TEXT + 3 * k + 1] = b
    a[TEXT + 3 * k + 2] = a[TEXT + 3 * text + 2] + 1
    a[TEXT_SLOT + i] = k
    return k


@njit(cache=True, nogil=True)
def _trie_parent(a, y):
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


@njit(cache=True, nogil=True)
def _path_text(a, text, x, y):
    """The text followed by the bytes from trie node x down to y."""
    path = np.empty(a[MAX_CHARS], np.int64)
    n = 0
    while y != x:
        path[n] = a[a[TRIE] + 8 * y + 3]
        n += 1
        y = _trie_parent(a, y)
    for i in range(n - 1, -1, -1):
        text = _longer_text(a, text, path[i])
    return text


@njit(cache=True, nogil=True)
def _captured_slot(a, s, text, start):
    i = _hash(s, text, start) & (CAPTURED_SLOTS - 1)
    while True:
        at = CAPTURED + 4 * i
        if a[at] == 0 or (a[at] == s and a[at + 1] == text and a[at + 2] == start):
            return at
        i = (i + 1) & (CAPTURED_SLOTS - 1)


@njit(cache=True, nogil=True)
def _captured(a, s, text, start):
    """The state that follows capture s over text[start:]; NEED when it has been asked for."""
    at = _captured_slot(a, s, text, start)
    if a[at] != 0:
        return a[at + 3]
    n = a[N_TEXT_REQUESTS]
    if n < MAX_TEXT_REQUESTS:
        a[TEXT_REQUEST + 3 * n] = s
        a[TEXT_REQUEST + 3 * n + 1] = text
        a[TEXT_REQUEST + 3 * n + 2] = start
        a[N_TEXT_REQUESTS] = n + 1
    return NEED


@njit(cache=True, nogil=True)
def set_captured(arena, s, text, start, then):
    """Answer a text request: after capture s over text[start:] comes state `then`. 0 or FULL."""
    a = _borrowed(arena)
    if a[N_CAPTURED] >= CAPTURED_SLOTS // 8 * 7:
        a[IS_FULL] = 1
        return FULL
    at = _captured_slot(a, s, text, start)
    a[N_CAPTURED] += a[at] == 0
    a[at] = s
    a[at + 1] = text
    a[at + 2] = start
    a[at + 3] = then
    return 0


# === Results: (state, node set) -> tokens allowed and exit set ==================================
# Record: [state, set, mask row or -1, first token, token count, exit set, whether it met UNKNOWN,
# 1 + its last entry at OUTCOME, or 0]. The exit set is where the piece returned outcome 0; entries
# [outcome, exit set, 1 + the entry before or 0] have the other outcomes, and more of outcome 0: a
# large set that comes from elsewhere is passed on as it is, beside what is added to it.


@njit(cache=True, nogil=True)
def _representative(a, s):
    """The same string with its counts clamped at what one token can reach."""
    at = STATE + 8 * s
    if a[at] != STRING or (a[at + 3] == 0 and a[at + 4] == UNLIMITED):
        return s
    most = a[MAX_CHARS]
    low = min(a[at + 3], most)
    needed = a[STATE + 8 * a[at + 2] + 3] >> SHORTEST_BITS
    high = a[at + 4] if a[at + 4] < most + needed else UNLIMITED
    return intern_state(a, STRING, a[at + 1], a[at + 2], low, high, a[at + 5])


@njit(cache=True, nogil=True)
def _find_result(a, s, x):
    i = _hash(s, x, 1) & (RESULT_SLOTS - 1)
    while True:
        r = a[RESULT_SLOT + i] - 1
        if r < 0:
            return -1
        if a[RESULT + 8 * r] == s and a[RESULT + 8 * r + 1] == x:
            return r
        i = (i + 1) & (RESULT_SLOTS - 1)


@njit(cache=True, nogil=True)
def _narrowed(a, s, x):
    """The nodes of set x below which scan s could read a byte; one node of it if there are none."""
    classes = _first_classes(a, s)
    if classes == ~0:
        return x
    at = NARROW + 3 * (_hash(classes, x, 6) & (NARROW_SLOTS - 1))
    if a[at + 1] != x or a[at] != classes:
        nodes = np.empty(_set_size(a, x), np.int32)
        n = 0
        for i in range(len(nodes)):
            y = _set_node(a, x, i)
            if a[a[TRIE] + 8 * y + BELOW] & classes != 0:
                nodes[n] = y
                n += 1
        a[at] = classes
        a[at + 1] = x
        a[at + 2] = _intern_nodes(a, nodes[:n]) if n > 0 else _set_node(a, x, 0)
    return a[at + 2]


@njit(cache=True, nogil=True)
def _result_or_job(a, s, x):
    """The result of (s, x), or MISSING with its job pushed."""
    s = _representative(a, s)
    if s < 0:
        return MISSING
    if a[STATE + 8 * s] == SCAN and a[STATE + 8 * s + 3] == 0 and _set_size(a, x) >= LARGE_SET:
        x = _narrowed(a, s, x)
        if x == FULL:
            return MISSING
    r = _find_result(a, s, x)
    if r >= 0:
        return r
    n = a[N_JOBS]
    if n >= MAX_JOBS:
        a[IS_FULL] = 1
        return MISSING
    a[JOB + 2 * n] = s
    a[JOB + 2 * n + 1] = x
    a[N_JOBS] = n + 1
    return MISSING


@njit(cache=True, nogil=True)
def _own_row(a):
    """Start the scratch row, if this walk has not yet."""
    if a[ACC_OWN_ROW] == 0:
        a[ACC_OWN_ROW] = 1
        at = a[ROW_SCRATCH]
        for w in range(a[MASK_WORDS]):
            a[at + w] = 0


@njit(cache=True, nogil=True)
def _flush_tokens(a):
    _own_row(a)
    at = a[ROW_SCRATCH]
    for i in range(a[ACC_TOKENS]):
        token = a[TOKENS + i]
        a[at + (token >> 5)] |= np.int32(1 << (token & 31))
    a[ACC_TOKENS] = 0


@njit(cache=True, nogil=True)
def _merge_row(a, row):
    _own_row(a)
    at = a[ROW_SCRATCH]
    source = a[ROW] + row * a[MASK_WORDS]
    for w in range(a[MASK_WORDS]):
        a[at + w] |= a[source + w]


@njit(cache=True, nogil=True)
def _emit(a, token):
    """Allow a token and every other id with the same bytes."""
    while token >= 0:
        n = a[ACC_TOKENS]
        if n >= TOKEN_SCRATCH:
            _flush_tokens(a)
            n = 0
        a[TOKENS + n] = token
        a[ACC_TOKENS] = n + 1
        token = a[a[CHAIN] + token]


@njit(cache=True, nogil=True)
def _absorb(a, r):
    """Allow what result r allows."""
    row = a[RESULT + 8 * r + 2]
    if row >= 0 and row != a[ACC_ROW]:
        if a[ACC_ROW] < 0:
            a[ACC_ROW] = row
        else:
            _merge_row(a, row)
    a[ACC_UNKNOWN] |= a[RESULT + 8 * r + 6]
    first = TOKEN + a[RESULT + 8 * r + 3]
    for i in range(a[RESULT + 8 * r + 4]):
        n = a[ACC_TOKENS]
        if n >= TOKEN_SCRATCH:
            _flush_tokens(a)
            n = 0
        a[TOKENS + n] = a[first + i]
        a[ACC_TOKENS] = n + 1


@njit(cache=True, nogil=True)
def _exit(a, x):
    if a[a[STAMP] + x] != a[EPOCH]:
        a[a[STAMP] + x] = a[EPOCH]
        n = a[ACC_EXITS]
        a[a[EXITS] + n] = x
        a[ACC_EXITS] = n + 1


@njit(cache=True, nogil=True)
def _switch(a, s, outcome):
    """The state to go on at after a piece that returned `outcome`, where s comes after it.

    A switch has a state for every outcome of the piece; any other state follows all of them.
    """
    at = STATE + 8 * s
    if a[at] != SWITCH:
        return s
    for e in range(a[at + 1], a[at + 1] + a[at + 2]):
        if a[EDGE + 2 * e] == outcome:
            return a[EDGE + 2 * e + 1]
    return DEAD


@njit(cache=True, nogil=True)
def _is_passed_on(a, outcome, x):
    """Whether set x is passed on as a whole as what is returned with an outcome."""
    if _set_size(a, x) < LARGE_SET:
        return False
    n = a[ACC_WHOLE]
    for i in range(n):
        if a[WHOLE + 2 * i] == outcome:
            return a[WHOLE + 2 * i + 1] == x
    if n >= MAX_WHOLE:
        return False
    a[WHOLE + 2 * n] = outcome
    a[WHOLE + 2 * n + 1] = x
    a[ACC_WHOLE] = n + 1
    return True


@njit(cache=True, nogil=True)
def _exit_with(a, outcome, x):
    """Return `outcome` (not 0) at every node of set x."""
    if _is_passed_on(a, outcome, x):
        return
    for i in range(_set_size(a, x)):
        y = _set_node(a, x, i)
        if a[a[TRIE] + 8 * y + 2] > 0:  # something longer to read
            n = a[ACC_OUTCOMES]
            if n >= OUTCOME_SCRATCH:
                n = _sort_outcomes(a)
                if n > OUTCOME_SCRATCH // 2:
                    a[IS_FULL] = 1
                    return
            a[OUTCOMES + 2 * n] = outcome
            a[OUTCOMES + 2 * n + 1] = y
            a[ACC_OUTCOMES] = n + 1


@njit(cache=True, nogil=True)
def _sort_outcomes(a):
    """Sort the (outcome, node) pairs at OUTCOMES and drop repetitions; their number."""
    n = a[ACC_OUTCOMES]
    pairs = np.empty(n, np.int64)
    for i in range(n):
        pairs[i] = np.int64(a[OUTCOMES + 2 * i]) << 32 | a[OUTCOMES + 2 * i + 1]
    _sort(pairs)
    distinct = 0
    for i in range(n):
        if i == 0 or pairs[i] != pairs[i - 1]:
            a[OUTCOMES + 2 * distinct] = pairs[i] >> 32
            a[OUTCOMES + 2 * distinct + 1] = pairs[i] & 0xFFFFFFFF
            distinct += 1
    a[ACC_OUTCOMES] = distinct
    return distinct


@njit(cache=True, nogil=True)
def _go_on_from(a, r, then):
    """Go on at `then`, or what it is for each outcome, from the exits of result r of a piece."""
    y = a[RESULT + 8 * r + 5]
    if y >= 0:
        _arrive(a, _switch(a, then, 0), y)
    entry = a[RESULT + 8 * r + 7]
    while entry > 0:
        at = OUTCOME + 3 * (entry - 1)
        if then == RETURN and a[at] != 0:  # a tail call
            _exit_with(a, a[at], a[at + 1])
        else:
            _arrive(a, _switch(a, then, a[at]), a[at + 1])
        entry = a[at + 2]


@njit(cache=True, nogil=True)
def _arrive(a, s, x):
    """Go on at state s from node set x."""
    if s < 0:
        return
    if s == RETURN:
        _exit_set(a, x)
        return
    if x < a[TRIE_SIZE] and a[a[TRIE] + 8 * x + 2] == 0:  # nothing longer to read
        return
    n = a[N_ARRIVALS]
    if n >= MAX_ARRIVALS:
        a[IS_FULL] = 1
        return
    a[ARRIVAL + 2 * n] = s
    a[ARRIVAL + 2 * n + 1] = x
    a[N_ARRIVALS] = n + 1


@njit(cache=True, nogil=True)
def _ends_at(a, token, y):
    """Whether token is one of those at a node of set y."""
    if y < 0:
        return False
    n = a[TRIE_SIZE]
    first = 0 if y < n else NODE + a[SET + 2 * (y - n)]
    for i in range(1 if y < n else a[SET + 2 * (y - n) + 1]):
        other = a[a[TRIE] + 8 * (y if y < n else a[first + i])]
        while other >= 0:
            if other == token:
                return True
            other = a[a[CHAIN] + other]
    return False


@njit(cache=True, nogil=True)
def _has_token_at(a, row, y):
    """Whether a row has a token that ends at a node of set y."""
    at = a[ROW] + row * a[MASK_WORDS]
    for i in range(_set_size(a, y)):
        token = a[a[TRIE] + 8 * _set_node(a, y, i)]  # others with its bytes are in the row with it
        if token >= 0 and a[at + (token >> 5)] >> (token & 31) & 1 != 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _merge_row_except(a, row, y):
    """Allow the tokens of a row but for those that end at a node of set y."""
    _own_row(a)
    left_out = np.zeros(a[MASK_WORDS], np.int32)
    for i in range(_set_size(a, y)):
        token = a[a[TRIE] + 8 * _set_node(a, y, i)]
        while token >= 0:
            left_out[token >> 5] |= np.int32(1 << (token & 31))
            token = a[a[CHAIN] + token]
    at = a[ROW_SCRATCH]
    source = a[ROW] + row * a[MASK_WORDS]
    for w in range(a[MASK_WORDS]):
        a[at + w] |= a[source + w] & ~left_out[w]


@njit(cache=True, nogil=True)
def _exits(a, r):
    """All nodes at which result r exits with outcome 0, as one set."""
    y = a[RESULT + 8 * r + 5]
    size = _set_size(a, y)
    entry = a[RESULT + 8 * r + 7]
    while entry > 0:
        at = OUTCOME + 3 * (entry - 1)
        if a[at] == 0:
            size += _set_size(a, a[at + 1])
        entry = a[at + 2]
    if size == _set_size(a, y):
        return y
    nodes = np.empty(size, np.int32)
    n = 0
    entry = a[RESULT + 8 * r + 7]
    while True:
        for i in range(_set_size(a, y)):
            nodes[n] = _set_node(a, y, i)
            n += 1
        y = -1
        while entry > 0 and y < 0:
            at = OUTCOME + 3 * (entry - 1)
            if a[at] == 0:
                y = a[at + 1]
            entry = a[at + 2]
        if y < 0:
            break
    _sort(nodes)
    distinct = 0
    for i in range(n):
        if i == 0 or nodes[i] != nodes[i - 1]:
            nodes[distinct] = nodes[i]
            distinct += 1
    return _intern_nodes(a, nodes[:distinct])


@njit(cache=True, nogil=True)
def _absorb_except(a, r, q):
    """Allow what result r allows, but not the tokens that end exactly at an exit of result q."""
    y = _exits(a, q)
    row = a[RESULT + 8 * r + 2]
    if row >= 0 and row != a[ACC_ROW]:
        if _has_token_at(a, row, y):
            _merge_row_except(a, row, y)
        elif a[ACC_ROW] < 0:
            a[ACC_ROW] = row
        else:
            _merge_row(a, row)
    a[ACC_UNKNOWN] |= a[RESULT + 8 * r + 6]
    first = TOKEN + a[RESULT + 8 * r + 3]
    for i in range(a[RESULT + 8 * r + 4]):
        token = a[first + i]
        if not _ends_at(a, token, y):
            n = a[ACC_TOKENS]
            if n >= TOKEN_SCRATCH:
                _flush_tokens(a)
                n = 0
            a[TOKENS + n] = token
            a[ACC_TOKENS] = n + 1


@njit(cache=True, nogil=True)
def _absorb_call(a, r, then):
    """Allow what result r of a piece allows, but nothing that ends where UNKNOWN follows."""
    if then == UNKNOWN and _exits(a, r) >= 0:
        _absorb_except(a, r, r)
        a[ACC_UNKNOWN] = 1
    else:
        _absorb(a, r)


@njit(cache=True, nogil=True)
def _except_exits(a, r, q):
    """Exits of result r that are not exits of result q."""
    x = _exits(a, r)
    y = _exits(a, q)
    if x < 0:
        return
    n = a[TRIE_SIZE]
    i = 0
    i_end = 1
    j = 0
    j_end = 0
    if x >= n:
        i = NODE + a[SET + 2 * (x - n)]
        i_end = i + a[SET + 2 * (x - n) + 1]
    if y >= n:
        j = NODE + a[SET + 2 * (y - n)]
        j_end = j + a[SET + 2 * (y - n) + 1]
    while i < i_end:
        node = a[i] if x >= n else x
        if y >= n:
            while j < j_end and a[j] < node:
                j += 1
            if not (j < j_end and a[j] == node):
                _exit(a, node)
        elif node != y:
            _exit(a, node)
        i += 1


@njit(cache=True, nogil=True)
def _first_child(a, first, count, b):
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


@njit(cache=True, nogil=True)
def _defer(a, s, x):
    """Come back to (s, x) when the states asked for have been expanded."""
    n = a[N_DEFERRED]
    if n >= MAX_DEFERRED:
        a[IS_FULL] = 1
        return
    a[DEFERRED + 2 * n] = s
    a[DEFERRED + 2 * n + 1] = x
    a[N_DEFERRED] = n + 1


@njit(cache=True, nogil=True)
def _is_passed_over(a, x, safe, limit):
    """Whether all tokens at x and below it have safe bytes only and at most `limit` characters."""
    at = a[TRIE] + 8 * x
    return (a[at + ABOVE] | a[at + BELOW]) & ~safe == 0 and a[at + LONGEST] <= limit


@njit(cache=True, nogil=True)
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
                if _string_step(a, s, a[trie + 8 * y + 3]) == NEED:
                    _defer(a, s, x)
                    return
            for y in range(first, end):
                t = _string_step(a, s, a[trie + 8 * y + 3])
                if t >= 0:
                    _emit(a, a[trie + 8 * y])
                    _arrive(a, t, y)
            return
        content = a[at + 2]
        if a[STATE + 8 * content] == UNEXPANDED:
            _request(a, content)
            _defer(a, s, x)
            return
        if a[at + 3] == 0 and a[at + 4] == UNLIMITED and safe == 0:
            loops = _loops(a, content)
        if a[trie + 8 * x + BELOW] & QUOTE_OR_BACKSLASH != 0:
            for b in (0x5C, 0x22):  # only a backslash may need states that are not expanded
                y = _first_child(a, first, count, b)
                if y < end and a[trie + 8 * y + 3] == b:
                    t = _string_step(a, s, b)
                    if t == NEED:
                        _defer(a, s, x)
                        return
                    if t >= 0 and not _is_passed_over(a, y, safe, limit):
                        _emit(a, a[trie + 8 * y])
                        _arrive(a, t, y)
    is_body = content != s
    low = a[at + 3]
    high = a[at + 4]
    literal = a[at + 5]
    edge = a[STATE + 8 * content + 1]
    last_edge = edge + a[STATE + 8 * content + 2]
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
                y = _first_child(a, y, end - y, span & 255)
            continue
        t = a[EDGE + 2 * edge + 1]
        child = y
        y += 1
        below = a[trie + 8 * child + BELOW]
        if safe != 0 and _is_passed_over(a, child, safe, limit):
            continue
        if loops != 0 and t == content and (below & ~loops) == 0:
            if loops >> byte_class(b) & 1:
                _emit_below(a, child)
            elif b >= 0x20 and b != 0x22 and b != 0x5C:
                _emit(a, a[trie + 8 * child])
                _arrive(a, s, child)
        elif is_body:
            if b >= 0x20 and b != 0x22 and b != 0x5C:
                starts = b < 0x80 or b >= 0xC0
                room = high - 1 if starts and high != UNLIMITED else high
                if room >= 0 and _fits(a, t, room):
                    u = _body(a, t, max(low - 1, 0) if starts else low, room, literal)
                    if u < 0:
                        continue
                    if _is_safe_below(a, u, child):
                        _emit_below(a, child)
                        continue
                    if limit != UNLIMITED or a[trie + 8 * child + ABOVE] & ~safe != 0:
                        _emit(a, a[trie + 8 * child])
                    _arrive(a, u, child)
        else:
            if t == UNKNOWN:
                a[ACC_UNKNOWN] = 1
            else:
                _emit(a, a[trie + 8 * child])
                _arrive(a, t, child)


@njit(cache=True, nogil=True)
def _arrive_at_each(a, s, x):
    """Go on at state s from each node of set x below which it could read a byte."""
    classes = ~0
    if a[STATE + 8 * s] == SCAN and a[STATE + 8 * s + 3] == 0:
        classes = _first_classes(a, s)
    for i in range(_set_size(a, x)):
        y = _set_node(a, x, i)
        if a[a[TRIE] + 8 * y + BELOW] & classes != 0:
            _arrive(a, s, y)


@njit(cache=True, nogil=True)
def _first_classes(a, s):
    """The classes of the bytes that scan s reads, as bits; all bits if there are many."""
    classes = 0
    for e in range(a[STATE + 8 * s + 1], a[STATE + 8 * s + 1] + a[STATE + 8 * s + 2]):
        low = a[EDGE + 2 * e] & 255
        high = a[EDGE + 2 * e] >> 8
        if high - low > 16:
            return ~0
        for b in range(low, high + 1):
            classes |= 1 << byte_class(b)
    return classes


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _except_result(a, s, x):
    """Absorb the exception s from node set x; MISSING when its parts are not known yet."""
    r = _result_or_job(a, a[STATE + 8 * s + 1], x)
    q = _result_or_job(a, a[STATE + 8 * s + 2], x)
    if r < 0 or q < 0:
        return MISSING
    _absorb_except(a, r, q)
    _except_exits(a, r, q)
    return 0


@njit(cache=True, nogil=True)
def _exit_set(a, y):
    """Exit at every node of set y (-1: none)."""
    if y < 0 or _is_passed_on(a, 0, y):
        return
    n = a[TRIE_SIZE]
    if y < n:
        _exit(a, y)
        return
    first = NODE + a[SET + 2 * (y - n)]
    for i in range(a[SET + 2 * (y - n) + 1]):
        _exit(a, a[first + i])


@njit(cache=True, nogil=True)
def _set_size(a, x):
    return 0 if x < 0 else 1 if x < a[TRIE_SIZE] else a[SET + 2 * (x - a[TRIE_SIZE]) + 1]


@njit(cache=True, nogil=True)
def _set_node(a, x, i):
    """Node number i of set x."""
    return x if x < a[TRIE_SIZE] else a[NODE + a[SET + 2 * (x - a[TRIE_SIZE])] + i]


@njit(cache=True, nogil=True)
def _sketched(a, sketch, x):
    """`sketch`, or UNKNOWN if it meets that in the subtrees of node set x, or MISSING."""
    q = _result_or_job(a, sketch, x)
    if q < 0:
        return MISSING
    return sketch if a[RESULT + 8 * q + 6] == 0 else UNKNOWN


@njit(cache=True, nogil=True)
def _capture_result(a, s, x):
    """Absorb the capture s from node set x; MISSING when something is not known yet.

    What follows the piece is read from the sketch; where that meets UNKNOWN, the exit is looked at
    with its own text.
    """
    piece = a[STATE + 8 * s + 1]
    r = _result_or_job(a, piece, x)
    if r < 0:
        return MISSING
    y = _exits(a, r)
    if y < 0:
        _absorb(a, r)
        return 0
    q = _result_or_job(a, a[STATE + 8 * s + 2], y)
    if q < 0:
        return MISSING
    if a[RESULT + 8 * q + 6] == 0:
        _absorb(a, r)
        _absorb(a, q)
        _go_on_from(a, q, RETURN)
        return 0
    # One start at a time, so that each exit has one text; first all that is missing, then the rest.
    for is_known in range(2):
        missing = False
        for i in range(_set_size(a, x)):
            node = _set_node(a, x, i)
            alone = _result_or_job(a, piece, node)
            if alone < 0:
                missing = True
                continue
            ends = _exits(a, alone)
            for j in range(_set_size(a, ends)):
                end = _set_node(a, ends, j)
                then = _sketched(a, a[STATE + 8 * s + 2], end)
                if then == UNKNOWN:
                    then = _captured(a, s, _path_text(a, 0, node, end), 0)
                if then < 0:
                    missing = True
                elif is_known != 0:
                    _arrive(a, then, end)
        if missing:
            return MISSING
    _absorb(a, r)
    return 0


@njit(cache=True, nogil=True)
def _build_any(a):
    """Walk the whole trie once inside a JSON string that may hold anything.

    Lists (token, characters begun, classes of its bytes) of the tokens that stay inside the string,
    most characters first, and (token or node, characters begun) of the tokens that end it and of
    the nodes at which it ends.
    """
    trie = a[TRIE]
    body = _body(a, a[ANY_CONTENT], 0, UNLIMITED, 0)
    inside = a[ANY_TOKEN]
    ends = a[ANY_END]
    exits = a[ANY_EXIT]
    most = a[MAX_CHARS] + 1
    totals = np.zeros(most + 1, np.int64)
    # The stack of (state, node, characters) is at ARRIVAL, three to an entry; the first pass
    # counts tokens by characters, the second puts them in their places.
    for fill_in in range(2):
        n_ends = 0
        n_exits = 0
        depth = 1
        a[ARRIVAL] = body
        a[ARRIVAL + 1] = 0
        a[ARRIVAL + 2] = 0
        while depth > 0:
            depth -= 1
            at = ARRIVAL + 3 * depth
            s = a[at]
            x = a[at + 1]
            before = a[at + 2]
            phase = a[STATE + 8 * s + 1] & 15
            first = a[trie + 8 * x + 1]
            for y in range(first, first + a[trie + 8 * x + 2]):
                b = a[trie + 8 * y + 3]
                t = _string_step(a, s, b)
                if t < 0:
                    continue
                token = a[trie + 8 * y]
                if t == RETURN:
                    while token >= 0:
                        a[ends + 2 * n_ends] = token
                        a[ends + 2 * n_ends + 1] = before
                        n_ends += 1
                        token = a[a[CHAIN] + token]
                    a[exits + 2 * n_exits] = y
                    a[exits + 2 * n_exits + 1] = before
                    n_exits += 1
                    continue
                chars = before
                if phase == BODY and (b < 0x80 or b >= 0xC0):
                    chars += 1
                while token >= 0:
                    if fill_in == 0:
                        totals[chars] += 1
                    else:
                        place = inside + 3 * totals[chars]
                        a[place] = token
                        a[place + 1] = chars
                        a[place + 2] = a[a[TRIE] + 8 * y + ABOVE]
                        totals[chars] += 1
                    token = a[a[CHAIN] + token]
                if a[trie + 8 * y + 2] > 0:
                    if 3 * depth + 3 > 2 * MAX_ARRIVALS:
                        a[IS_FULL] = 1
                        return
                    at = ARRIVAL + 3 * depth
                    a[at] = t
                    a[at + 1] = y
                    a[at + 2] = chars
                    depth += 1
        a[N_ANY_ENDS] = n_ends
        a[N_ANY_EXITS] = n_exits
        if fill_in == 0:
            place = 0
            for chars in range(most, -1, -1):
                count = totals[chars]
                totals[chars] = place
                place += count
            a[N_ANY_TOKENS] = place
    row = a[N_ROWS]
    if row >= a[MAX_ROWS]:
        a[IS_FULL] = 1
        return
    a[N_ROWS] = row + 1
    at = a[ROW] + row * a[MASK_WORDS]
    for i in range(a[N_ANY_TOKENS]):
        token = a[inside + 3 * i]
        a[at + (token >> 5)] |= np.int32(1 << (token & 31))
    a[ANY_ROW] = row
    a[ANY_READY] = 1


@njit(cache=True, nogil=True)
def _walk_any(a, s):
    """The result of a string that may hold anything, from the root: filtered by characters.

    A token inside the string may begin at most as many characters as are left; one that ends it
    must also have begun as many as are owed.
    """
    if a[ANY_READY] == 0:
        _build_any(a)
        if a[IS_FULL] != 0:
            return
    low = a[STATE + 8 * s + 3]
    high = a[STATE + 8 * s + 4]
    a[ACC_ROW] = a[ANY_ROW]
    inside = a[ANY_TOKEN]
    n = a[N_ANY_TOKENS]
    if n > 0 and a[inside + 1] > high:
        a[ACC_ROW] = -1
        _merge_row(a, a[ANY_ROW])
        at = a[ROW_SCRATCH]
        i = 0
        while i < n and a[inside + 3 * i + 1] > high:
            token = a[inside + 3 * i]
            a[at + (token >> 5)] &= ~np.int32(1 << (token & 31))
            i += 1
    for i in range(a[N_ANY_ENDS]):
        if low <= a[a[ANY_END] + 2 * i + 1] <= high:
            a[TOKENS + a[ACC_TOKENS]] = a[a[ANY_END] + 2 * i]
            a[ACC_TOKENS] += 1
    for i in range(a[N_ANY_EXITS]):
        if low <= a[a[ANY_EXIT] + 2 * i + 1] <= high:
            _exit(a, a[a[ANY_EXIT] + 2 * i])


@njit(cache=True, nogil=True)
def _is_safe_below(a, s, x):
    """Whether all tokens below x, which is reached in string s, can be continued inside it."""
    safe, limit = _safe_classes(a, s)
    at = a[TRIE] + 8 * x
    return safe != 0 and a[at + BELOW] & ~safe == 0 and a[at + LONGEST] <= limit


@njit(cache=True, nogil=True)
def _safe_classes(a, s):
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


@njit(cache=True, nogil=True)
def _safe_row(a, safe, limit):
    """The row of the tokens of at most `limit` characters, all of safe classes, inside a string."""
    limit = min(limit, a[MAX_CHARS])
    for i in range(a[N_SAFE_ROWS]):
        at = SAFE_ROW + 3 * i
        if a[at] == safe and a[at + 1] == limit:
            return a[at + 2]
    if a[ANY_READY] == 0:
        _build_any(a)
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


@njit(cache=True, nogil=True)
def _is_again(a, s, x):
    """Whether this walk has been at (s, x) before; it may forget, and then looks again.

    Without this, a grammar with many ways to read the same text would be walked along all of them.
    """
    at = VISIT + 4 * (_hash(s, x, 3) & (VISIT_SLOTS - 1))
    if a[at + 3] == a[VISIT_EPOCH] and a[at] == s and a[at + 1] == x:
        return True
    a[at] = s
    a[at + 1] = x
    a[at + 3] = a[VISIT_EPOCH]
    return False


@njit(cache=True, nogil=True)
def _walk(a, s0, x0):
    """Compute and store the result of (s0, x0). 0, or NEED, MISSING or FULL."""
    safe, limit = _safe_classes(a, s0)
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
    if x0 == 0 and a[STATE + 8 * s0] == STRING:
        at = STATE + 8 * s0
        if a[at + 1] == BODY and a[at + 2] == a[ANY_CONTENT] and a[at + 5] == 0:
            _walk_any(a, s0)
            return FULL if a[IS_FULL] != 0 else _store_result(a, s0, x0)
    if safe != 0:
        a[ACC_ROW] = _safe_row(a, safe, limit)
    _arrive(a, s0, x0)
    return _finish_walk(a, s0, x0, safe, limit)


@njit(cache=True, nogil=True)
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
        if kind == SCAN or kind == STRING:
            if x >= a[TRIE_SIZE]:
                _arrive_at_each(a, s, x)
                continue
            if kind == SCAN and a[at + 3] == 1:
                _exit(a, x)
            elif kind == SCAN and a[at + 3] > 1:
                _exit_with(a, a[at + 3] - 1, x)
            _visit(a, s, x, safe, limit)
        elif kind != UNEXPANDED and _is_again(a, s, x):
            continue
        elif kind == CALL:
            r = _result_or_job(a, a[at + 1], x)
            if r < 0:
                missing = True
                continue
            _absorb_call(a, r, a[at + 2])
            _go_on_from(a, r, a[at + 2])
        elif kind == CHOICE:
            for e in range(a[at + 1], a[at + 1] + a[at + 2]):
                _arrive(a, a[EDGE + 2 * e + 1], x)
        elif kind == EXCEPT:
            if _except_result(a, s, x) < 0:
                missing = True
        elif kind == CAPTURE:
            if _capture_result(a, s, x) < 0:
                missing = True
        elif kind == UNKNOWNS:
            a[ACC_UNKNOWN] = 1
        elif kind == RETURNS:
            _exit_with(a, a[at + 1], x)
        else:
            _request(a, s)
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
    return _store_result(a, s0, x0)


@njit(cache=True, nogil=True)
def _store_result(a, s, x):
    exits = _intern_exits(a)
    outcomes = _intern_outcomes(a) if a[ACC_OUTCOMES] > 0 else 0
    for i in range(a[ACC_WHOLE]):
        if a[WHOLE + 2 * i] == 0 and exits < 0:
            exits = a[WHOLE + 2 * i + 1]
        else:
            outcomes = _new_outcome(a, a[WHOLE + 2 * i], a[WHOLE + 2 * i + 1], outcomes)
    is_any = a[STATE + 8 * s] == STRING and a[STATE + 8 * s + 2] == a[ANY_CONTENT]
    if a[ACC_TOKENS] > LIST_LIMIT and not is_any:
        _flush_tokens(a)  # any string's tokens stay a list: `_absorb_except` looks through it
    row = a[ACC_ROW]
    if a[ACC_OWN_ROW] != 0:
        if row >= 0:
            _merge_row(a, row)
        row = a[N_ROWS]
        if row >= a[MAX_ROWS]:
            a[IS_FULL] = 1
            return FULL
        a[N_ROWS] = row + 1
        at = a[ROW] + row * a[MASK_WORDS]
        for w in range(a[MASK_WORDS]):
            a[at + w] = a[a[ROW_SCRATCH] + w]
    r = a[N_RESULTS]
    first = a[N_TOKENS]
    n = a[ACC_TOKENS]
    if r >= MAX_RESULTS or first + n > MAX_TOKENS or a[IS_FULL] != 0:
        a[IS_FULL] = 1
        return FULL
    a[N_RESULTS] = r + 1
    a[N_TOKENS] = first + n
    for i in range(n):
        a[TOKEN + first + i] = a[TOKENS + i]
    at = RESULT + 8 * r
    a[at] = s
    a[at + 1] = x
    a[at + 2] = row
    a[at + 3] = first
    a[at + 4] = n
    a[at + 5] = exits
    a[at + 6] = a[ACC_UNKNOWN]
    a[at + 7] = outcomes
    i = _hash(s, x, 1) & (RESULT_SLOTS - 1)
    while a[RESULT_SLOT + i] != 0:
        i = (i + 1) & (RESULT_SLOTS - 1)
    a[RESULT_SLOT + i] = r + 1
    return 0


@njit(cache=True, nogil=True)
def _intern_outcomes(a):
    """Make entries at OUTCOME of the pairs at OUTCOMES; 1 + the last of them, or 0."""
    n = _sort_outcomes(a)
    last = 0
    i = 0
    while i < n and a[IS_FULL] == 0:
        outcome = a[OUTCOMES + 2 * i]
        count = 0
        while i < n and a[OUTCOMES + 2 * i] == outcome:
            a[a[EXITS] + count] = a[OUTCOMES + 2 * i + 1]
            count += 1
            i += 1
        a[ACC_EXITS] = count
        last = _new_outcome(a, outcome, _intern_exits(a), last)
    return last


@njit(cache=True, nogil=True)
def _new_outcome(a, outcome, exits, last):
    """1 + a new entry at OUTCOME that follows `last`, or 0 where there is no room."""
    entry = a[N_OUTCOMES]
    if entry >= MAX_OUTCOMES:
        a[IS_FULL] = 1
        return 0
    at = OUTCOME + 3 * entry
    a[at] = outcome
    a[at + 1] = exits
    a[at + 2] = last
    a[N_OUTCOMES] = entry + 1
    return entry + 1


@njit(cache=True, nogil=True)
def _run_jobs(a):
    while a[N_JOBS] > 0:
        n = a[N_JOBS] - 1
        s = a[JOB + 2 * n]
        x = a[JOB + 2 * n + 1]
        status = 0 if _find_result(a, s, x) >= 0 else _walk(a, s, x)
        if status == 0:
            a[N_JOBS] = n
        elif status == NEED:
            return NEED  # the jobs stay: the top one goes on where it stopped
        elif status != MISSING:
            a[N_JOBS] = 0
            return status
    return 0


# === Configurations =============================================================================
# Record: [first pair, pair count, accepting, first recipe entry or -1, recipe count, text, whether
# a capture is open].
# Cell: [then, start, captures, parent count, parent, or where the parents are]. The frame of a
# capture has that capture as `then` and has begun at text[start:]; a plain call has -1 as start.
# `captures` says that the frame, or one below it, is a capture's.


@njit(cache=True, nogil=True)
def _is_new(a, u, v, w):
    """Whether (u, v, w) has not been met since VISIT_EPOCH went up; from now on it has."""
    epoch = a[VISIT_EPOCH]
    i = _hash(u, v, w) & (VISIT_SLOTS - 1)
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


@njit(cache=True, nogil=True)
def _intern_cell(a, then, start, parents, n):
    """The cell with these n parents (ascending, at a[parents:])."""
    h = _hash(then, start, n)
    for i in range(n):
        h = _hash(h, a[parents + i], 2)
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


@njit(cache=True, nogil=True)
def _parent(a, cell, i):
    """Parent number i of a cell."""
    at = CELL + 5 * cell
    return a[at + 4] if a[at + 3] == 1 else a[PARENT + a[at + 4] + i]


# While a step is made, a cell that it opens is written -1 - k, where k is its index at OPEN_CELL:
# [piece, then (of a capture: -1 - itself), returned, first link, interned cell or -1]. Links are
# lists of parents. Calls of one piece with one `then` share their cell (Scott and Johnstone, 'GLL
# Parsing', ENTCS 253(7), 2010, section 3), so ambiguity does not multiply stacks.


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _begin_closure(a):
    a[VISIT_EPOCH] += 1
    a[N_OPEN] = 0
    a[N_LINKS] = 0


@njit(cache=True, nogil=True)
def _close(a, s, cell, text, n):
    """Add (s, cell) and all that it reaches without a byte to the n pairs at NEW_PAIR.

    `text` is what has been read since the outermost capture began. Returns (number of pairs,
    whether the outermost piece returned). Between `_begin_closure` and `_resolve`.
    """
    accepting = 0
    depth = 1
    a[CLOSURE] = s
    a[CLOSURE + 1] = cell
    while depth > 0:
        depth -= 1
        s = a[CLOSURE + 2 * depth]
        cell = a[CLOSURE + 2 * depth + 1]
        if not _is_new(a, s, cell, 0):
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
            _request(a, s)
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
                    parent = _parent(a, cell, i)
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


@njit(cache=True, nogil=True)
def _go_on(a, then, outcome, text, start, cell, depth):
    """Push what a returning piece goes on at: `then`, or what follows capture -1 - `then`.

    Returns the new depth of the stack at CLOSURE.
    """
    if then < 0:
        then = _captured(a, -1 - then, text, start)
    else:
        then = _switch(a, then, outcome)
    if then < 0:
        return depth
    if 2 * depth + 2 >= 3 * MAX_CLOSURE:
        a[IS_FULL] = 1
        return depth
    a[CLOSURE + 2 * depth] = then
    a[CLOSURE + 2 * depth + 1] = cell
    return depth + 1


@njit(cache=True, nogil=True)
def _resolve(a, text, n):
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


@njit(cache=True, nogil=True)
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
    h = _hash(n, accepting, text)
    for i in range(n):
        h = _hash(h, a[NEW_PAIR + 2 * i], a[NEW_PAIR + 2 * i + 1])
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


@njit(cache=True, nogil=True)
def _end_closure(a, n, accepting, text):
    """The configuration of the n pairs at NEW_PAIR, NEED or FULL."""
    if a[IS_FULL] == 0 and a[N_REQUESTS] + a[N_TEXT_REQUESTS] > 0:
        return NEED
    if a[N_OPEN] > 0:
        _resolve(a, text, n)
    return FULL if a[IS_FULL] != 0 else _intern_config(a, n, accepting, text)


@njit(cache=True, nogil=True)
def initial(arena, s):
    """The configuration at the start of piece s; NEED or FULL."""
    a = _borrowed(arena)
    _begin_closure(a)
    n, accepting = _close(a, s, BOTTOM, 0, 0)
    return _end_closure(a, n, accepting, 0)


@njit(cache=True, nogil=True)
def _step_config(a, config, b):
    slot = _hash(config, b, 4) & (STEP_SLOTS - 1)
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
        text = _longer_text(a, a[CONFIG + 7 * config + 5], b)
    n = 0
    accepting = 0
    _begin_closure(a)
    for i in range(a[CONFIG + 7 * config + 1]):
        s = _step(a, a[first + 2 * i], b)
        if s >= 0:
            n, accepts = _close(a, s, a[first + 2 * i + 1], text, n)
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


@njit(cache=True, nogil=True)
def advance(arena, config, data, start, end):
    """The configuration after data[start:end] (uint8), DEAD, NEED or FULL."""
    a = _borrowed(arena)
    for i in range(start, end):
        config = _step_config(a, config, data[i])
        if config < 0:
            return config
    return config


@njit(cache=True, nogil=True)
def advance_tree(arena, config, tokens, parents, blob, offsets, out):
    """Write the configuration after each node of a tree to out (int64[n]); DEAD, or ENDED.

    tokens, parents: int64[n], parents before their children, -1 the root; blob (uint8), offsets:
    the bytes of every token. 0, or NEED or FULL.
    """
    a = _borrowed(arena)
    for i in range(tokens.shape[0]):
        token = tokens[i]
        before = config if parents[i] < 0 else out[parents[i]]
        out[i] = DEAD
        if before < 0:
            continue
        ends = False
        for j in range(a[N_EOS]):
            ends |= a[a[EOS] + j] == token
        if ends:
            if a[CONFIG + 7 * before + 2] != 0:
                out[i] = ENDED
        elif offsets[token] < offsets[token + 1]:
            after = advance(a, before, blob, offsets[token], offsets[token + 1])
            if after == NEED or after == FULL:
                return after
            out[i] = after
    return 0


@njit(cache=True, nogil=True)
def next_bytes(arena, config, out, most):
    """Write the bytes that can come next to out (uint8[256]); stop after `most` of them.

    Returns their number, NEED or FULL.
    """
    a = _borrowed(arena)
    first = PAIR + 2 * a[CONFIG + 7 * config]
    pairs = a[CONFIG + 7 * config + 1]
    n = 0
    for b in range(256):
        for i in range(pairs):
            if _step(a, a[first + 2 * i], b) >= 0:
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


@njit(cache=True, nogil=True)
def step_all(arena, s, out):
    """Write the state after each byte, or DEAD, to out (int32[256]). 0, or NEED or FULL."""
    a = _borrowed(arena)
    for b in range(256):
        out[b] = _step(a, s, b)
    if a[IS_FULL] != 0:
        return FULL
    return NEED if a[N_REQUESTS] > 0 else 0


# === Masks ======================================================================================


@njit(cache=True, nogil=True)
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
        state = _sketched(a, sketch, x)
        if state < 0:
            return MISSING
    else:
        state = _switch(a, then, outcome)
        if state < 0:
            return depth
    if state != UNKNOWN:
        for i in range(parents):
            a[CLOSURE + 3 * depth] = state
            a[CLOSURE + 3 * depth + 1] = _parent(a, cell, i)
            a[CLOSURE + 3 * depth + 2] = x
            depth += 1
        return depth
    if depth + _set_size(a, x) * parents >= MAX_CLOSURE:
        a[IS_FULL] = 1
        return MISSING
    missing = False
    for j in range(_set_size(a, x)):
        node = _set_node(a, x, j)
        state = _sketched(a, sketch, node)
        if state == UNKNOWN:
            state = _captured(a, then, _path_text(a, text, 0, node), a[CELL + 5 * cell + 1])
        if state < 0:
            missing = True
            continue
        for i in range(parents):
            a[CLOSURE + 3 * depth] = state
            a[CLOSURE + 3 * depth + 1] = _parent(a, cell, i)
            a[CLOSURE + 3 * depth + 2] = node
            depth += 1
    return MISSING if missing else depth


@njit(cache=True, nogil=True)
def _find_recipe(a, config):
    """List the results whose union is the mask of `config`. 0, or NEED or FULL."""
    if a[N_JOBS] > 0:  # left by a call that had to wait for states
        status = _run_jobs(a)
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
                if not _is_new(a, s, cell, x):
                    continue
                r = _result_or_job(a, s, x)
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
        status = _run_jobs(a)
        if status != 0:
            return status


# Most masks are written from their recipes: a few rows and short lists. Where that takes long, the
# row is kept; a later configuration may take its place.

LONG_RECIPE = 8
DEAR = 4_000  # tokens to set, or rows to merge times ROW_COST
ROW_COST = 1_000


@njit(cache=True, nogil=True)
def _is_finished(a, config):
    """Whether the row of `config` is kept."""
    return a[a[FINISHED_OWNER] + (config & (MAX_FINISHED - 1))] == config + 1


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def fill(arena, config, out):
    """Write the mask of `config` to out (int32[W]). 0, or NEED or FULL."""
    a = _borrowed(arena)
    status = _prepare(a, config)
    if status == 0:
        _copy_row(a, config, out)
    return status


@njit(cache=True, nogil=True)
def _copy_row(a, config, out):
    """Write the mask of a prepared configuration to out (int32[W])."""
    if _is_finished(a, config):
        words = a[MASK_WORDS]
        start = a[FINISHED] + (config & (MAX_FINISHED - 1)) * words
        out[:words] = a[start : start + words]
        out[words:] = 0
    else:
        _write_row(a, config, out)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def prepare_many(arena, configs):
    """Find the recipes of configs (int64[B]). 0, or NEED or FULL."""
    a = _borrowed(arena)
    for i in range(configs.shape[0]):
        status = _prepare(a, configs[i])
        if status != 0:
            return status
    return 0


@njit(cache=True, nogil=True)
def fill_many(arena, configs, out):
    """Write the masks of prepared configs (int64[B]) to out (int32[B, W])."""
    a = _borrowed(arena)
    for i in range(configs.shape[0]):
        _copy_row(a, configs[i], out[i])
