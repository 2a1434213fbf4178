"""What a schema means, in words, and which keywords mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.json_schema.effects import idle_keywords
from structgen.frontends.json_schema.explain import explain_schema

DRAFT4 = "http://json-schema.org/draft-04/schema#"
DRAFT7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("schema", "lines"),
    [
        (True, ["any value"]),
        (False, ["nothing"]),
        ({"allOf": [{}, False]}, ["nothing"]),
        ({"type": "string"}, ["string"]),
        ({"type": ["null", "integer"], "minimum": 0}, ["integer ≥ 0 or null"]),
        ({"allOf": [{"type": ["number", "string"]}, {"type": "integer"}]}, ["integer"]),
        ({"type": "string", "allOf": [{"type": "null"}]}, ["nothing"]),
        ({"minLength": 1}, ["any value, a string of at least 1 character"]),
        (
            {"type": "string", "maxLength": 3, "pattern": "^a", "format": "email"},
            ["string of at most 3 characters, matching /^a/, in the format email"],
        ),
        ({"type": "string", "format": "horoscope"}, ["string"]),
        (
            {"type": "number", "minimum": 1, "exclusiveMaximum": 5, "multipleOf": 0.5},
            ["number ≥ 1, < 5, a multiple of 0.5"],
        ),
        (
            {"$schema": DRAFT4, "type": "number", "maximum": 5, "exclusiveMaximum": True},
            ["number < 5"],
        ),
        ({"const": "x"}, ['"x"']),
        ({"$schema": DRAFT4, "const": "x"}, ["any value"]),
        ({"enum": list(range(10))}, ["one of 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"]),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "null"}, "b c": True},
                "required": ["a", "d"],
                "additionalProperties": False,
                "minProperties": 2,
                "dependentRequired": {"a": ["d"]},
            },
            [
                "object",
                "  at least 2 members",
                "  a (required): null",
                '  "b c": any value',
                "  d (required): nothing",
                "  other members: nothing",
                "  where a is: d as well",
            ],
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}},
                    {"properties": {"a": {"minLength": 2}}, "patternProperties": {"^a": {}}},
                ],
                "type": "object",
                "propertyNames": {"maxLength": 3},
            },
            [
                "object",
                "  a: string of at least 2 characters",
                "  members whose name matches /^a/: any value",
                "  other members: any value",
                "  every name: any value, a string of at most 3 characters",
            ],
        ),
        (
            {
                "type": "array",
                "prefixItems": [{"const": 1}],
                "items": {"type": "string"},
                "contains": {"const": "x"},
                "maxContains": 2,
                "minItems": 2,
                "maxItems": 2,
                "uniqueItems": True,
            },
            [
                "array",
                "  exactly 2 items",
                "  no two items are equal",
                "  item 1: 1",
                "  further items: string",
                '  1 to 2 of the items: "x"',
            ],
        ),
        ({"oneOf": [{}, {"const": 2}]}, ["exactly one of these:", "  any value", "  2"]),
        ({"not": {"type": "null"}}, ["any value", "  but not: null"]),
        (
            {"anyOf": [{"type": "null"}, {"const": 2}], "not": {"const": 3}, "if": {}, "then": {}},
            [
                "any value",
                "  and any of these:",
                "    null",
                "    2",
                "  but not: 3",
                "  if: any value",
                "  then: any value",
            ],
        ),
        (
            {
                "$defs": {
                    "tree": {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}}
                },
                "$ref": "#/$defs/tree",
            },
            ["object", "  a: object", "    a: as at #/properties/a", "  other members: any value"],
        ),
        (
            {"$schema": DRAFT7, "definitions": {"s": {"type": "null"}}, "$ref": "#/definitions/s",
             "enum": [1]},
            ["null"],
        ),
    ],
)  # fmt: skip
def test_explanation(schema: Any, lines: list[str]) -> None:
    explained = list(explain_schema(schema).lines())
    if "tree" in str(schema):  # where it begins again is said; how deep it is told does not matter
        assert explained[0] == "object" and any("as at #" in line for line in explained)
    else:
        assert explained == lines


def test_references_through_resources() -> None:
    resources = {"urn:a": {"type": "null"}}
    assert explain_schema({"$ref": "urn:a"}, resources).text == "null"
    with pytest.raises(GrammarError, match="leads nowhere"):
        explain_schema({"$ref": "urn:b"}, resources)


def test_a_schema_nested_too_deeply_is_refused() -> None:
    schema: Any = {}
    for _ in range(5000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(LimitExceededError, match="nesting"):
        explain_schema(schema)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, []),
        ({"title": "t", "default": 1, "$defs": {"a": {}}}, []),
        ({"type": "string", "minLength": 1}, []),
        ({"type": "integer", "minLength": 2}, ["/minLength is about strings"]),
        ({"type": "integer", "minimum": 2}, []),
        ({"enum": ["a"], "maximum": 2}, ["/maximum is about numbers, and 'enum' allows none"]),
        ({"const": 1, "pattern": "a"}, ["/pattern is about strings, and 'const' allows none"]),
        ({"colour": 1}, ["/colour is no keyword of JSON Schema"]),
        ({"$schema": DRAFT4, "const": 1}, ["/const is no keyword of this draft"]),
        ({"format": "odd"}, ["/format names 'odd', which is not a known format"]),
        ({"format": "date", "type": "null"}, ["/format is about strings"]),
        ({"then": {}}, ["/then needs 'if'"]),
        ({"if": {}}, ["/if needs 'then' or 'else'"]),
        ({"minContains": 1}, ["/minContains needs 'contains'"]),
        ({"minItems": 0, "required": []}, ["/minItems has a value", "/required has a value"]),
        (
            {"$schema": DRAFT7, "definitions": {"a/b": {"maxItems": 1, "type": "null"}}},
            ["/definitions/a~1b/maxItems is about arrays"],
        ),
        (
            {
                "$schema": DRAFT7,
                "allOf": [{"$ref": "#/definitions/x", "minLength": 1, "title": ""}],
            },
            ["/allOf/0/minLength stands beside '$ref'"],
        ),
        ({"items": {"properties": {"a": {"x-y": 1}}}}, ["/items/properties/a/x-y is no keyword"]),
    ],
)
def test_keywords_without_effect(schema: Any, expected: list[str]) -> None:
    found = [f"{idle.pointer}/{idle.keyword} {idle.reason}" for idle in idle_keywords(schema)]
    assert len(found) == len(expected)
    for text, beginning in zip(found, expected, strict=True):
        assert text.startswith(beginning)


def test_formats_as_annotations_have_no_effect() -> None:
    [idle] = idle_keywords({"format": "date"}, assert_formats=False)
    assert idle.reason == "is an annotation, as formats are not asserted"
