"""Keywords that combine schemas: accepted and refused texts, with members in any order."""

from __future__ import annotations

import json
from typing import Any

import pytest

import structgen as sg

BYTES = sg.Vocabulary([bytes([b]) for b in range(256)] + [b""], eos_token_ids=[256])
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        # not
        ({"not": {"type": "integer"}}, ["1.5", '"a"', "{}"], ["1", "1.0", "-0"]),
        ({"not": {"multipleOf": 3}, "type": "integer"}, ["1", "-4"], ["3", "0", "1.5"]),
        ({"not": {"enum": ["a", 1, [2]]}}, ['"b"', "2", "[2, 2]"], ['"a"', "1.0", "[2.0]"]),
        ({"not": {"required": ["a"]}}, ["{}", '{"b": 1}'], ["1", '{"a": 1}', '{"b": 1, "a": 1}']),
        (
            {"type": "object", "not": {"properties": {"a": {"type": "null"}}}},
            ['{"a": 1}', '{"b": 1, "a": 1}'],
            ["{}", '{"a": null}'],
        ),
        ({"$schema": DRAFT_4, "not": {"type": "integer"}}, ["1.0", "1e0", '"a"'], ["1", "-3"]),
        # oneOf
        ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, ["1", "3.5"], ["3", "2.5"]),
        (
            {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            ['{"a": 1}', '{"c": 1, "b": 1}'],
            ["{}", '{"a": 1, "b": 1}'],
        ),
        # if
        (
            {
                "if": {"properties": {"k": {"const": 1}}, "required": ["k"]},
                "then": {"required": ["a"]},
                "else": {"required": ["b"]},
                "type": "object",
            },
            ['{"k": 1, "a": 0}', '{"b": 0}', '{"a": 1, "k": 1}', '{"k": 2, "b": 0}'],
            ['{"k": 1}', '{"k": 1, "b": 0}', "{}", '{"a": 0}'],
        ),
        # dependent*
        (
            {"dependentRequired": {"a": ["b"]}},
            ["{}", '{"b": 1}', '{"b": 1, "a": 1}', '{"a": 1, "b": 1}', "1"],
            ['{"a": 1}'],
        ),
        (
            {"$schema": DRAFT_7, "dependencies": {"a": {"maxProperties": 1}, "b": ["c"]}},
            ['{"a": 1}', '{"b": 1, "c": 1}'],
            ['{"a": 1, "z": 1}', '{"b": 1}'],
        ),
        # names and counts
        (
            {"type": "object", "propertyNames": {"pattern": "^[ab]$"}, "minProperties": 2},
            ['{"a": 1, "b": 1}'],
            ['{"a": 1}', '{"c": 1}', '{"a": 1, "a": 1}', '{"a": 1, "b": 1, "c": 1}'],
        ),
        ({"minProperties": 2}, ['{"x": 1, "y": 1}'], ['{"x": 1}', '{"x": 1, "\\u0078": 1}']),
        # contains
        (
            {"contains": {"type": "integer"}, "maxContains": 1, "type": "array"},
            ["[1]", '["a", 1, "b"]'],
            ["[]", "[1, 2]", '["a"]'],
        ),
        (
            {"contains": {"const": 1}, "minContains": 2, "maxItems": 3},
            ["[1, 1]", "[0, 1, 1]", "1"],
            ["[1]", "[0, 0, 1]", "[0, 0"],
        ),
        # uniqueItems
        (
            {"uniqueItems": True},
            ["[]", "[1, true, 2]", '[{"a": 1}, {"a": 2}]'],
            ["[1, 1.0]", '[{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]', '["a", "\\u0061"]'],
        ),
        (
            {"items": {"enum": [1, 2]}, "uniqueItems": True, "prefixItems": [{}], "minItems": 2},
            ["[1, 2]", "[2, 1]", "[5, 1, 2]"],
            ["[1, 1]", "[1, 2, 1", "[1, 2,"],
        ),
        (
            {"prefixItems": [{"enum": [1, 2]}, {"const": 1}], "uniqueItems": True, "minItems": 2},
            ["[2, 1]"],
            ["[1"],
        ),
        ({"not": {"uniqueItems": True}}, ["[1, 2, 1]"], ["[1, 2]", "1", "[]"]),
        # unevaluated*
        (
            {
                "type": "object",
                "properties": {"a": True},
                "anyOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, True],
                "unevaluatedProperties": False,
            },
            ['{"a": 1}', '{"a": 1, "b": 1}'],
            ['{"b": 2}', '{"c": 1}'],
        ),
        (
            {"prefixItems": [True], "contains": {"const": 9}, "unevaluatedItems": False},
            ["[9]", "[1, 9, 9]"],
            ["[1]", "[9, 1]"],
        ),
        # references in scope
        (
            {
                "$id": "https://example.org/strict",
                "$dynamicAnchor": "node",
                "$ref": "tree",
                "unevaluatedProperties": False,
                "$defs": {
                    "tree": {
                        "$id": "tree",
                        "$dynamicAnchor": "node",
                        "type": "object",
                        "properties": {"kids": {"items": {"$dynamicRef": "#node"}}},
                    }
                },
            },
            ['{"kids": [{"kids": []}]}'],
            ['{"kids": [{"x": 1}]}'],
        ),
    ],
)
def test_keywords(schema: Any, valid: list[str], invalid: list[str]) -> None:
    for whitespace in ("flexible", "any"):
        grammar = sg.json_schema(schema, property_order="any", whitespace=whitespace)  # type: ignore[arg-type]
        compiled = sg.compile(grammar, BYTES)
        for text, expected in [*((t, True) for t in valid), *((t, False) for t in invalid)]:
            matcher = compiled.matcher()
            taken = matcher.accept_bytes(text.encode())
            assert (taken and matcher.is_accepting) == expected, text
            if text.count("[") > text.count("]"):
                assert not taken, text  # nothing could complete it


def test_vocabularies_that_a_meta_schema_leaves_out_mean_nothing() -> None:
    meta = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/applicator": True},
    }
    schema = {"$schema": "https://example.org/meta", "properties": {"a": {"minimum": 5}}}
    grammar = sg.json_schema(schema, resources={"https://example.org/meta": meta})
    matcher = sg.compile(grammar, BYTES).matcher()
    assert matcher.accept_bytes(b'{"a": 1}') and matcher.is_accepting


def test_many_conditions_are_tracked_in_one_state() -> None:
    schema = {
        "type": "object",
        "allOf": [
            {"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(16)
        ],
    }
    matcher = sg.compile(sg.json_schema(schema, property_order="any"), BYTES).matcher()
    members = {f"{'ab'[i % 2]}{i}": i for i in range(16)}
    text = json.dumps(members)
    assert matcher.accept_bytes(text[:-1].encode()) and matcher.accept_bytes(b"}")
    matcher.reset()
    del members["a4"]
    assert not matcher.accept_bytes(json.dumps(members).encode())
