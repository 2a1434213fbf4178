"""One byte: the state after it.

A JSON string is one state for each phase of its syntax (RFC 8259 section 7) and each content: the
content is an automaton over the parsed characters, in UTF-8, however they are spelled.
"""

from __future__ import annotations

from structgen.automaton.kernels.arena import request
from structgen.automaton.kernels.compiled import kernel
from structgen.automaton.kernels.layout import *
from structgen.automaton.kernels.states import intern_state


@kernel
def scan_step(a, s, b):
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


@kernel
def _content_step(a, c, b):
    if a[STATE + 8 * c] == UNEXPANDED:
        request(a, c)
        return NEED
    return scan_step(a, c, b)


@kernel
def fits(a, c, high):
    """Whether content c can still end within `high` characters."""
    return high == UNLIMITED or (a[STATE + 8 * c + 3] & SHORTEST_MASK) <= high


@kernel
def _utf8_length(p):
    return 1 if p < 0x80 else 2 if p < 0x800 else 3 if p < 0x10000 else 4


@kernel
def _utf8_byte(p, length, i):
    """Byte i of code point p, whose encoding has `length` bytes (RFC 3629 section 3)."""
    bits = p >> (6 * (length - 1 - i))
    if i > 0:
        return 0x80 | (bits & 0x3F)
    if length == 1:
        return bits
    return bits | (0xF00 >> length & 0xFF)


@kernel
def _content_character(a, c, p):
    length = _utf8_length(p)
    for i in range(length):
        c = _content_step(a, c, _utf8_byte(p, length, i))
        if c < 0:
            return c
    return c


@kernel
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
            if fits(a, c, room):
                return 1
            continue
        if a[STATE + 8 * c] == UNEXPANDED:
            request(a, c)
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


@kernel
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


@kernel
def _may_escape(p, literal):
    return literal == 0 or p < 0x20 or p == 0x22 or p == 0x5C or p >= 0x7F


@kernel
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


@kernel
def string_body(a, c, low, high, literal):
    if low != 0 or high != UNLIMITED:
        return intern_state(a, STRING, BODY, c, low, high, literal)
    at = STATE + 8 * c + 6 + literal
    if a[at] == 0:
        a[at] = intern_state(a, STRING, BODY, c, 0, UNLIMITED, literal)
    return a[at]


@kernel
def _escaped_character(a, c, p, low, high, literal):
    if not _may_escape(p, literal):
        return DEAD
    c = _content_character(a, c, p)
    if c < 0:
        return c
    room = high if high == UNLIMITED else high - 1
    return string_body(a, c, max(low - 1, 0), room, literal) if fits(a, c, room) else DEAD


@kernel
def _hex_digit(b):
    if 48 <= b <= 57:
        return b - 48
    b |= 32
    if 97 <= b <= 102:
        return b - 87
    return -1


@kernel
def string_step(a, s, b):
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
                request(a, c)
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
            return string_body(a, d, max(low - 1, 0), room, literal) if fits(a, d, room) else DEAD
        return string_body(a, d, low, high, literal) if fits(a, d, high) else DEAD
    if phase == OPEN:
        return string_body(a, c, low, high, literal) if b == 0x22 else DEAD
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


@kernel
def step(a, s, b):
    """The state after byte b, DEAD, NEED or FULL."""
    kind = a[STATE + 8 * s]
    if kind == SCAN:
        return scan_step(a, s, b)
    if kind == STRING:
        return string_step(a, s, b)
    # EXCEPT
    f = string_step(a, a[STATE + 8 * s + 1], b)
    if f < 0:
        return f
    t = string_step(a, a[STATE + 8 * s + 2], b)
    if t == NEED or t == FULL:
        return t
    if f == RETURN:
        return DEAD if t == RETURN else RETURN
    return f if t < 0 else intern_state(a, EXCEPT, f, t, 0, 0, 0)
