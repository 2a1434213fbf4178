"""What a glance says is so, and costs little."""

from __future__ import annotations

import random
from typing import Any

import pytest

import structgen as sg
from structgen.frontends.json_schema import glance, nodes
from structgen.frontends.json_schema.load import Document
from tests.frontends.json_schema.schemas_at_random import random_schema

OBJECT = {"type": "object", "required": ["a"]}
CIRCLE = {
    "$ref": "#/$defs/n",
    "$defs": {"n": {**OBJECT, "properties": {"a": {"$ref": "#/$defs/n"}}}},
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, True),
        (False, False),
        ({"type": "string", "maxLength": 3}, True),
        ({"type": "string", "minLength": 3, "maxLength": 2}, False),
        ({"enum": ["a"]}, True),
        ({"enum": [0]}, False),
        (OBJECT, True),
        ({**OBJECT, "properties": {"a": {"minLength": 2}}}, True),
        ({**OBJECT, "properties": {"a": False}}, False),
        ({**OBJECT, "additionalProperties": False}, False),
        ({**OBJECT, "maxProperties": 0}, False),
        ({"required": ["a"], "maxProperties": 0}, True),
        ({"anyOf": [False, {"type": "null"}]}, True),
        ({"anyOf": [True], "type": "null"}, False),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}, "not": {}}, False),
        (CIRCLE, False),
    ],
)
def test_glances(schema: Any, expected: bool) -> None:
    assert glance.has_values(Document(schema).root) == expected


def test_a_place_is_looked_at_as_often_as_a_glance_is_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = glance._looks_satisfiable

    def counted(*arguments: Any) -> bool:
        nonlocal looks
        looks += 1
        return look(*arguments)

    monkeypatch.setattr(glance, "_looks_satisfiable", counted)
    # Four layers; each schema of one is any of all the schemas of the next.
    layers = [[{"$ref": f"#/$defs/{layer}-{i}"} for i in range(20)] for layer in range(4)]
    schemas: dict[str, Any] = {
        f"{layer}-{i}": {"anyOf": layers[layer + 1]} if layer < 3 else {"const": i}
        for layer in range(4)
        for i in range(20)
    }
    document = Document({"anyOf": layers[0], "$defs": schemas})
    assert not glance.has_values(document.root)
    assert looks <= glance.DEPTH * len(document._places)


@pytest.mark.parametrize("seed", range(8))
def test_what_a_glance_finds_the_proof_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "has_values", lambda place: False)
    rng = random.Random(seed)
    plain = 0
    for _ in range(60):
        schema = random_schema(rng)
        try:
            document = Document(schema)
        except sg.StructgenError:
            continue
        if glance.has_values(document.root):
            plain += 1
            try:
                sg.json_schema(schema)
            except sg.LimitExceededError:
                continue
    assert plain > 5
