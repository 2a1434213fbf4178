"""Random texts: in the language, the same for a seed, of some variety, never endless."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

import structgen as sg

TREE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 0},
        "parts": {"type": "array", "items": {"$ref": "#"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def texts(source: Any, count: int, **options: Any) -> list[str]:
    return list(itertools.islice(sg.sample(source, **{"seed": 5, **options}), count))


def test_the_same_texts_for_the_same_seed() -> None:
    grammar = sg.json_schema(TREE, whitespace="none")
    assert texts(grammar, 5) == texts(grammar, 5) != texts(grammar, 5, seed=6)


@pytest.mark.parametrize(
    ("pattern", "least_different"),
    [("yes|no", 2), ("[a-z]+", 15), ("a*", 3), ("[0-9]{3}-[0-9]{2}", 20), ("[é-ü]{2}", 10)],
)
def test_texts_of_a_pattern(pattern: str, least_different: int) -> None:
    found = texts(sg.regex(pattern), 20)
    assert all(re.fullmatch(pattern, text) for text in found)
    assert len(set(found)) >= least_different


def test_optional_members_come_and_go_and_sizes_differ() -> None:
    values = [json.loads(text) for text in texts(sg.json_schema(TREE), 40)]
    assert {len(value) for value in values} == {1, 2, 3}
    assert len({len(value["name"]) for value in values}) > 5
    assert len({len(str(value["size"])) for value in values if "size" in value}) > 2


def test_words_are_readable() -> None:
    words = "".join(json.loads(text) for text in texts({"type": "string"}, 50))
    letters = sum(character.isascii() and character.isalpha() for character in words)
    assert 0.6 < letters / len(words) < 0.99


@pytest.mark.parametrize("limit", [0, 1, 50])
def test_a_text_ends_soon_after_its_limit(limit: int) -> None:
    endless = {"type": "array", "items": {"$ref": "#"}, "minItems": 1}
    found = texts({**endless, "items": {"anyOf": [{"$ref": "#"}, {"const": 1}]}}, 10, limit=limit)
    assert all(len(text) < 2 * limit + 10 and json.loads(text) for text in found)


def test_errors_are_those_of_compile() -> None:
    with pytest.raises(sg.UnsatisfiableError):
        next(sg.sample(False, seed=0))
    with pytest.raises(TypeError):
        next(sg.sample("a text is no source", seed=0))
