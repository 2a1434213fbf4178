"""Numbers without exponents: all short texts against exact fractions, over random bounds."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.frontends.json_schema.notations import NotationAutomaton
from structgen.frontends.json_schema.number_texts import number_texts
from structgen.frontends.json_schema.numbers import NumberBounds, exact

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def texts(alphabet: str, length: int) -> list[str]:
    """Every JSON number of at most `length` characters of the alphabet, and some near misses."""
    found, prefixes = [], [""]
    for _ in range(length):
        prefixes = [p + c for p in prefixes for c in alphabet]
        prefixes = [p for p in prefixes if any(NUMBER.fullmatch(p + e) for e in ("", "0"))]
        found += prefixes
    return found


SHORT = texts("0123456789.-", 3) + texts("059.-", 5) + texts("015.-", 6)
SHORT += ["", "+1", "01", "-", ".5", "1.", "1e", "1e+", "--1", "1.5.1", "1ee1", "0x1", " 1", "1 "]


def naive_contains(bounds: NumberBounds, value: Fraction) -> bool:
    low, high, step = bounds.minimum, bounds.maximum, bounds.multiple_of
    if low is not None and not (value > low or (value == low and not bounds.exclusive_minimum)):
        return False
    if high is not None and not (value < high or (value == high and not bounds.exclusive_maximum)):
        return False
    return step is None or (value / step).denominator == 1


def naive_matches(bounds: NumberBounds, text: str) -> bool:
    return NUMBER.fullmatch(text) is not None and naive_contains(bounds, Fraction(text))


def walk_to_end(automaton: NotationAutomaton, state: int) -> str | None:
    """A shortest text from a state to acceptance; None: not found near by."""
    queue, seen = deque([(state, "")]), {state}
    while queue:
        if len(seen) > 1000:
            return None
        state, text = queue.popleft()
        if automaton.is_accepting(state):
            return text
        for low, _, target in automaton.edges(state):
            if target not in seen:
                seen.add(target)
                queue.append((target, text + chr(low)))
    raise AssertionError("a dead state")


def check(bounds: NumberBounds, candidates: list[str] = SHORT) -> None:
    expected = [text for text in candidates if naive_matches(bounds, text)]
    if bounds.is_empty():
        assert not expected
        assert number_texts(bounds) is None
        return
    automaton = number_texts(bounds)
    assert [text for text in candidates if automaton.matches(text)] == expected
    generator = random.Random(1)
    for _ in range(5):
        state, text = automaton.start, ""
        for _ in range(generator.randrange(12)):
            edges = automaton.edges(state)
            assert edges == tuple(sorted(edges))
            assert all(a[1] < b[0] for a, b in itertools.pairwise(edges))
            edges = tuple(edge for edge in edges if edge[0] not in b"eE")
            if not edges:
                break
            low, high, state = generator.choice(edges)
            text += chr(generator.randint(low, high))
        end = walk_to_end(automaton, state)
        if end is None:
            continue
        text += end
        assert bounds.contains(Fraction(text)), text


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"integer": True},
        {"minimum": 0},
        {"maximum": 0},
        {"minimum": 0, "exclusive_minimum": True},
        {"maximum": 0, "exclusive_maximum": True},
        {"minimum": 0, "maximum": 1},
        {"minimum": 0, "maximum": 100},
        {"minimum": 0, "maximum": 100, "exclusive_maximum": True},
        {"minimum": 0, "maximum": 100, "integer": True},
        {"minimum": 10, "maximum": 19.5},
        {"minimum": 9.99, "maximum": 10.01, "exclusive_minimum": True, "exclusive_maximum": True},
        {"minimum": -90, "maximum": 90},
        {"minimum": -1.5, "maximum": -0.15},
        {"minimum": 0.05, "exclusive_minimum": True},
        {"minimum": 5, "maximum": 5},
        {"minimum": -0.0, "maximum": 0.0},
        {"maximum": -3, "integer": True},
        {"multiple_of": 0.01},
        {"multiple_of": 2.5, "maximum": 60},
        {"multiple_of": 7, "minimum": 1, "maximum": 6},
        {"multiple_of": 15, "minimum": -100},
        {"multiple_of": 0.75, "minimum": 0.1, "maximum": 100.2},
        {"multiple_of": 1e-8},
        {"multiple_of": 123456789},
        {"multiple_of": 10**30, "maximum": 10**400},
        {"multiple_of": 95119, "minimum": 10, "maximum": 10**6},
        {"minimum": 1.2, "maximum": 1.8, "integer": True},
        {"maximum": 1e308},
        {"minimum": -(10**400)},
        {"minimum": 5e-324, "maximum": 1e-300},
    ],
    ids=str,
)
def test_all_short_texts(bounds: dict) -> None:
    check(NumberBounds(**bounds))


DECIMALS = st.one_of(
    st.integers(-120, 120),
    st.decimals(-20, 20, places=2),
    st.floats(allow_nan=False, allow_infinity=False),
)
STEPS = st.one_of(st.integers(1, 300), st.decimals("0.01", 12, places=2))
BOUNDS = st.builds(
    NumberBounds,
    minimum=st.none() | DECIMALS,
    maximum=st.none() | DECIMALS,
    exclusive_minimum=st.booleans(),
    exclusive_maximum=st.booleans(),
    multiple_of=st.none() | STEPS,
    integer=st.booleans(),
)
FEW = SHORT[::13]


@settings(deadline=None, max_examples=200)
@given(BOUNDS)
def test_random_bounds(bounds: NumberBounds) -> None:
    check(bounds, FEW)


@settings(deadline=None)
@given(BOUNDS, BOUNDS, st.lists(DECIMALS))
def test_intersection_is_conjunction(a: NumberBounds, b: NumberBounds, values: list) -> None:
    both = a.intersect(b)
    assert both == b.intersect(a)
    for value in values:
        assert both.contains(value) == (a.contains(value) and b.contains(value))
    text = None if both.is_empty() else walk_to_end(number_texts(both), 0)
    if text is not None:
        assert a.contains(Decimal(text))
        assert b.contains(Decimal(text))


PLAIN = st.integers(-(10**20), 10**20) | st.floats(1e-4, 1e15) | st.floats(-1e15, -1e-4)


@settings(deadline=None)
@given(BOUNDS, PLAIN)
def test_json_texts_of_plain_values(bounds: NumberBounds, value: float) -> None:
    if not bounds.is_empty():
        matches = number_texts(bounds).matches(json.dumps(value))
        assert matches == naive_contains(bounds, exact(value)) == bounds.contains(value)


@pytest.mark.parametrize(
    ("bounds", "text", "expected"),
    [
        ({"integer": True}, "-0.00", True),
        ({"multiple_of": 0.0001}, "0.00750", True),
        ({"multiple_of": 0.0001}, "0.00751", False),
        ({"multiple_of": 1e-8}, "12391239123", True),
        ({"minimum": 10**400}, "1" + "0" * 400, True),
        ({"minimum": 10**400}, "9" * 400, False),
        ({"maximum": 1e308}, "9" * 308, True),
        ({"maximum": 1e308}, "9" * 309, False),
    ],
)
def test_notation(bounds: dict, text: str, expected: bool) -> None:
    assert number_texts(NumberBounds(**bounds)).matches(text) == expected


@pytest.mark.parametrize(
    "bounds",
    [
        {"minimum": float("nan")},
        {"maximum": float("inf")},
        {"maximum": Decimal("-Infinity")},
        {"minimum": True},
        {"minimum": "1"},
        {"multiple_of": 0},
        {"multiple_of": -1},
        {"multiple_of": False},
        {"maximum": Fraction(1, 3)},
    ],
)
def test_bad_values(bounds: dict) -> None:
    with pytest.raises(ValueError, match=r"expected|spells"):
        NumberBounds(**bounds)


def test_sizes_and_interning() -> None:
    for plain in (None, True):
        automaton = number_texts(NumberBounds(), plain=plain)
        frontier, seen = [0], {0}
        while frontier:
            for _, _, target in automaton.edges(frontier.pop()):
                if target not in seen:
                    seen.add(target)
                    frontier.append(target)
        assert len(seen) < 15
    same = NumberBounds(minimum=0.5, maximum=3, integer=True), NumberBounds(1, 3.9, multiple_of=1.0)
    assert number_texts(same[0]) is number_texts(same[1])


@pytest.mark.parametrize(
    ("step", "low", "high", "excluded"),
    [
        (95119, 10, 10**6, []),
        (123456789, 0, 10**10, []),
        (7, 95, 1234, []),
        (250, 1, 10**4, []),
        (1, 98, 102, []),
        (1, 0, 300, [2, 3, 5, 7]),
        (33, 0, 10**5, [6, 8, 7, 11 * 13]),
        (6, 36, 40, [12]),
        (6, 31, 40, [4]),
        (3, 0, 9, [Fraction(1, 2)]),
        (4, 0, 1000, [Fraction(5, 2), Fraction(12, 7) * 7]),
    ],
)
def test_every_live_prefix_leads_to_a_multiple(
    step: int, low: int, high: int, excluded: list
) -> None:
    bounds = NumberBounds(minimum=low, maximum=high, multiple_of=step)
    automaton = number_texts(bounds, frozenset(map(Fraction, excluded)), plain=True)
    multiples = [
        str(number)
        for number in range(-(-low // step) * step, high + 1, step)
        if not any((Fraction(number) / each).denominator == 1 for each in excluded)
    ]
    expected = {text[:n] for text in multiples for n in range(len(text) + 1)}
    if "0" in multiples:
        expected |= {"-", "-0"}
    live: set[str] = set()
    frontier = [] if automaton is None else [("", 0)]
    while frontier:
        text, state = frontier.pop()
        live.add(text)
        for first, last, target in automaton.edges(state):
            frontier += [(text + chr(byte), target) for byte in range(first, last + 1)]
    assert live == expected


def test_numbers_that_cannot_be_written_as_asked() -> None:
    between = NumberBounds(minimum=0.2, maximum=0.8)
    assert number_texts(between, plain=True) is None
    assert number_texts(NumberBounds(minimum=3, maximum=3), frozenset([Fraction(3, 2)])) is None
    marked = number_texts(NumberBounds(minimum=10, maximum=20, integer=True), plain=False)
    found = [text for text in ("10", "10.0", "1e1", "10.5", "1.5e1") if marked.matches(text)]
    assert found == ["10.0", "1e1", "1.5e1"]
