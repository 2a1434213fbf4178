"""Numbers with exponents: the texts against their values as exact fractions."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction

import pytest

from structgen.frontends.json_schema.number_texts import number_texts
from structgen.frontends.json_schema.numbers import NumberBounds, exact

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def bounds_at_random(generator: random.Random) -> NumberBounds:
    def number() -> Fraction:
        return Fraction(generator.randint(-200, 200)) * Fraction(10) ** generator.randint(-4, 3)

    low, high = sorted((number(), number()))
    return NumberBounds(
        minimum=generator.choice([None, low, 0]),
        maximum=generator.choice([None, high, abs(high)]),
        exclusive_minimum=generator.random() < 0.3,
        exclusive_maximum=generator.random() < 0.3,
        multiple_of=generator.choice([None, None, 1, 4, Fraction(1, 8), 7, Fraction(3, 100), 250]),
    )


def excluded_at_random(generator: random.Random) -> frozenset[Fraction]:
    choices = [2, 3, 28, Fraction(1, 4), Fraction(3, 1000), 500, 10**6]
    count = generator.choice([0, 0, 1, 2, 3])
    return frozenset(map(Fraction, generator.sample(choices, count)))


def is_multiple(value: Fraction, numbers: frozenset[Fraction]) -> bool:
    return any((value / number).denominator == 1 for number in numbers)


def text_at_random(generator: random.Random) -> str:
    digits = str(generator.choice([0, generator.randint(1, 9), generator.randint(1, 99999)]))
    digits += "0" * generator.choice([0, 0, 1, 3])
    text = "-" * (generator.random() < 0.3) + (digits if digits[0] != "0" else "0")
    if generator.random() < 0.6:
        text += "." + "0" * generator.choice([0, 0, 2]) + str(generator.randint(0, 9999))
    if generator.random() < 0.7:
        text += generator.choice(["e", "E", "e+", "e-"]) + "0" * generator.choice([0, 0, 2])
        text += str(generator.randint(0, 8))
    return text


@pytest.mark.parametrize("seed", range(300))
def test_values_decide(seed: int) -> None:
    """Whatever is read is in the set; plain and scientific notation of the set is read."""
    generator = random.Random(seed)
    bounds, excluded = bounds_at_random(generator), excluded_at_random(generator)
    automaton = number_texts(bounds, excluded)
    for _ in range(60):
        text = text_at_random(generator)
        value = Fraction(text)
        expected = bounds.contains(value) and not is_multiple(value, excluded)
        matched = automaton is not None and automaton.matches(text)
        assert not matched or expected, text
        usual = re.fullmatch(r"-?([1-9](\.[0-9]+)?[eE].*|[^eE]*)", text)
        assert matched or not expected or usual is None, text


@pytest.mark.parametrize("seed", range(300))
def test_walks_end_in_the_set(seed: int) -> None:
    """No state is a dead end, and what is reached is in the set."""
    generator = random.Random(seed)
    bounds, excluded = bounds_at_random(generator), excluded_at_random(generator)
    automaton = number_texts(bounds, excluded)
    if automaton is None:
        return
    for _ in range(6):
        state, text = automaton.start, ""
        for _ in range(60):
            if automaton.is_accepting(state) and (generator.random() < 0.2 or len(text) > 25):
                break
            edges = automaton.edges(state)
            if not edges:
                assert automaton.is_accepting(state), text
                break
            if len(text) > 25:  # an exponent, or the digits of an end, end the number soon
                edges = edges[-1:] if generator.random() < 0.7 else edges
            low, high, state = generator.choice(edges)
            text += chr(generator.randint(low, high))
        if automaton.is_accepting(state):
            assert NUMBER.fullmatch(text)
            exponent = re.search(r"[eE]([+-]?[0-9]+)", text)
            if exponent is None or abs(int(exponent[1])) < 1000:
                assert bounds.contains(Fraction(text)), text
                assert not is_multiple(Fraction(text), excluded), text


@pytest.mark.parametrize(
    ("bounds", "text", "expected"),
    [
        ({"integer": True}, "6.7e32", True),
        ({"integer": True}, "1.5e0", False),
        ({"integer": True}, "100e-2", True),
        ({"integer": True}, "100e-3", False),
        ({"integer": True}, "1." + "0" * 16, True),
        ({"integer": True}, "1." + "0" * 17, False),
        ({"maximum": 100}, "1E2", True),
        ({"maximum": 100, "minimum": 0}, "1.01E2", False),
        ({"minimum": 0, "maximum": 1}, "8e-05", True),
        ({"minimum": 0, "maximum": 1}, "8e-0", False),
        ({"minimum": 0, "maximum": 1}, "85e-2", False),
        ({"minimum": 0, "maximum": 0}, "0e5", True),
        ({"minimum": 0, "maximum": 0}, "0.01", False),
        ({"minimum": 5}, "5e0000", True),
        ({"multiple_of": 0.01}, "7.5e-1", True),
        ({"multiple_of": 0.01}, "7.55e-1", False),
        ({"multiple_of": 7}, "1.4e1", True),
        ({"multiple_of": 1024}, "1e10", True),
        ({"multiple_of": 1024}, "1e9", False),
    ],
)
def test_notation(bounds: dict, text: str, expected: bool) -> None:
    assert number_texts(NumberBounds(**bounds)).matches(text) == expected


@pytest.mark.parametrize("value", [1e-05, 8e-05, 1e16, 6.7e32, 1e308, 5e-324, 0.1, 123456.789])
def test_what_json_writers_write(value: float) -> None:
    for bounds in (
        NumberBounds(minimum=0),
        NumberBounds(minimum=value, maximum=value),
        NumberBounds(minimum=-1, maximum=1e308, exclusive_minimum=True),
        NumberBounds(integer=True),
    ):
        expected = bounds.contains(exact(value))
        assert number_texts(bounds).matches(json.dumps(value)) == expected
