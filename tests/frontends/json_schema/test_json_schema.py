"""What schemas mean: accepted and refused texts, in data."""

from __future__ import annotations

import dataclasses
import enum
import gc
import itertools
import json
import random
import re
from collections import Counter
from typing import Any

import pytest
from typing_extensions import TypedDict

import structgen as sg
from structgen.automaton import engine_of

BYTES = sg.Vocabulary([bytes([b]) for b in range(256)] + [b""], eos_token_ids=[256])


def accepts(schema: Any, text: str, **options: Any) -> bool:
    matcher = sg.compile(sg.json_schema(schema, **options), BYTES).matcher()
    return matcher.accept_bytes(text.encode()) and matcher.is_accepting


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "minimum": 0},
    },
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        (
            True,
            ['{"a": [1, "x", null]}', "[]", '"\\u00e9"', "-1.5e3"],
            ["{", "01", '"\\ud800"', ""],
        ),
        (
            PERSON,
            ['{"name": "Al"}', '{"name": "Al", "age": 3, "more": [{}]}', '{"name":"\\u0041l"}'],
            [
                '{"age": 3}',
                '{"name": "A"}',
                '{"name": "Al", "age": -1}',
                '{"name": "Al", "\\u0061ge": "x"}',
            ],
        ),
        ({"type": "integer"}, ["0", "1.0", "12"], ["1.5", '"1"']),
        (
            {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.5},
            ["0.5", "100"],
            ["0.3", "100.5", "-1"],
        ),
        ({"exclusiveMinimum": 1, "type": "number"}, ["1.01"], ["1", "1.0"]),
        (
            {"enum": ["a", 1, None, {"x": [1]}, "é"]},
            ['"a"', "1.0", "null", '{"x": [1]}', '"\\u00e9"'],
            ['"b"', '{"x": []}', "true"],
        ),
        ({"const": [1, {"a": "b"}]}, ['[1, {"a": "b"}]'], ['[1, {"a": "c"}]', "[1]"]),
        ({"enum": [1, "a", 20], "type": "integer", "maximum": 10}, ["1"], ["20", '"a"']),
        (
            {"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2},
            ["[null]", "[null, null]"],
            ["[]", "[null, null, null]", "[1]"],
        ),
        (
            {"prefixItems": [{"type": "string"}], "items": False, "type": "array"},
            ["[]", '["a"]'],
            ['["a", 1]', "[1]"],
        ),
        ({"type": "string", "pattern": "^a+$", "maxLength": 3}, ['"aa"'], ['"aaaa"', '"b"']),
        ({"type": "string", "format": "date"}, ['"2024-02-29"'], ['"2023-02-29"']),
        (
            {
                "type": "object",
                "patternProperties": {"^x": {"type": "integer"}},
                "additionalProperties": {"type": "string"},
            },
            ['{"x1": 1, "y": "a"}'],
            ['{"x1": "a"}', '{"y": 1}', '{"\\u0078": "a"}'],
        ),
        (
            {
                "properties": {"a": {"type": "integer"}},
                "patternProperties": {"a": {"minimum": 5}},
                "type": "object",
            },
            ['{"a": 5}', '{"ba": "x"}'],
            ['{"a": 4}', '{"ba": 1}'],
        ),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"a": False, "b": True},
            },
            ["{}", '{"b": 1}'],
            ['{"a": 1}', '{"c": 1}'],
        ),
        (
            {"anyOf": [{"type": "integer"}, {"required": ["k"], "type": "object"}]},
            ["1", '{"k": 1}'],
            ['"a"', "{}"],
        ),
        (
            {
                "allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"]}],
                "type": "object",
            },
            ['{"a": 1}'],
            ["{}", '{"a": "x"}'],
        ),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, ["1", '"a"'], ["null"]),
        (
            {"type": "object", "minProperties": 1, "maxProperties": 2},
            ['{"a": 1}', '{"a": 1, "b": 2}'],
            ["{}", '{"a": 1, "b": 2, "c": 3}'],
        ),
        (
            {
                "$ref": "#/$defs/t",
                "$defs": {
                    "t": {
                        "type": "object",
                        "properties": {"next": {"$ref": "#/$defs/t"}},
                        "additionalProperties": False,
                    }
                },
            },
            ['{"next": {"next": {}}}'],
            ['{"next": 1}', '{"x": 1}'],
        ),
        ({"$defs": {"a": {"$anchor": "here", "type": "null"}}, "$ref": "#here"}, ["null"], ["1"]),
        (
            {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "minimum": 1,
                "exclusiveMinimum": True,
                "type": "number",
            },
            ["1.5"],
            ["1"],
        ),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "definitions": {"n": {"type": "null"}},
                "$ref": "#/definitions/n",
                "type": "string",
            },
            ["null"],
            ['"a"'],
        ),
        (
            {
                "type": "array",
                "items": [{"type": "null"}],
                "additionalItems": False,
                "$schema": "http://json-schema.org/draft-07/schema#",
            },
            ["[null]"],
            ["[null, 1]"],
        ),
        ({"type": ["string", "null"], "maxLength": 1_000_000}, ['"abc"', "null"], ["1"]),
    ],
)
def test_schemas(schema: Any, valid: list[str], invalid: list[str]) -> None:
    for order in ("schema", "any"):
        for text in valid:
            assert accepts(schema, text, property_order=order), text
        for text in invalid:
            assert not accepts(schema, text, property_order=order), text


def test_property_order() -> None:
    text = '{"age": 1, "name": "Al"}'
    assert not accepts(PERSON, text)
    assert accepts(PERSON, text, property_order="any")
    assert not accepts(PERSON, '{"name": "Al", "name": "Bo"}', property_order="any")


@pytest.mark.parametrize(
    ("whitespace", "valid", "invalid"),
    [
        (
            "flexible",
            ['{"name": "Al"}', '{"name":"Al"}', '{\n\t"name": "Al"\n}'],
            ['{  "name": "Al"}'],
        ),
        ("none", ['{"name":"Al"}'], ['{"name": "Al"}']),
        ("any", [' {  "name" \n: "Al" }\n'], []),
        (2, ['{\n  "name": "Al",\n  "age": 1\n}'], ['{"name": "Al"}']),
    ],
)
def test_whitespace(whitespace: Any, valid: list[str], invalid: list[str]) -> None:
    for text in valid:
        assert accepts(PERSON, text, whitespace=whitespace), text
    for text in invalid:
        assert not accepts(PERSON, text, whitespace=whitespace), text


def test_an_indentation_writes_what_json_dumps_writes() -> None:
    value = {"a": [1, {"b": []}, {}], "c": {"d": "e"}}
    assert accepts({"type": "object"}, json.dumps(value, indent=3), whitespace=3)


def test_strict_and_formats() -> None:
    schema = {"type": "object", "properties": {"a": {"format": "date"}}}
    assert not accepts(schema, "{}", strict=True)
    assert not accepts(schema, '{"a": 1, "b": 2}', strict=True)
    assert accepts(schema, '{"a": "x"}', formats="annotate")
    assert not accepts(schema, '{"a": "x"}')


def test_resources() -> None:
    schema = {"$ref": "https://example.org/other#/$defs/x"}
    other = {"$defs": {"x": {"type": "null"}}}
    assert accepts(schema, "null", resources={"https://example.org/other": other})


def test_python_types() -> None:
    @dataclasses.dataclass
    class Point:
        x: int
        y: int = 0

    matcher = sg.compile(Point, BYTES).matcher()
    assert matcher.accept_bytes(b'{"x": 1}') and matcher.is_accepting


@pytest.mark.parametrize(
    ("schema", "error", "pointer"),
    [
        ({"type": "strin"}, sg.GrammarError, ""),
        ({"properties": {"a": {"minLength": -1}}}, sg.GrammarError, "/properties/a"),
        ({"properties": {"a/b": {"pattern": "("}}}, sg.GrammarError, "/properties/a~1b"),
        ({"items": {"not": 1}}, sg.GrammarError, "/items"),
        ({"contains": []}, sg.GrammarError, ""),
        ({"dependentRequired": {"a": "b"}}, sg.GrammarError, ""),
        ({"not": {}}, sg.UnsatisfiableError, ""),
        ({"not": {"$ref": "#"}}, sg.GrammarError, "/not"),
        ({"$dynamicRef": "#nowhere"}, sg.GrammarError, ""),
        ({"type": "array", "contains": False}, sg.UnsatisfiableError, ""),
        ({"type": "object", "minProperties": 1, "propertyNames": False}, sg.UnsatisfiableError, ""),
        (
            {
                "type": "array",
                "items": {"enum": [1, 1.0, True]},
                "uniqueItems": True,
                "minItems": 3,
            },
            sg.UnsatisfiableError,
            "",
        ),
        ({"type": "string", "minLength": 3, "maxLength": 2}, sg.UnsatisfiableError, ""),
        (
            {"type": "object", "properties": {"a": False}, "required": ["a"]},
            sg.UnsatisfiableError,
            "/properties/a",
        ),
        (
            {"type": "array", "minItems": 1, "items": {"allOf": [{"type": "null"}, {"enum": [1]}]}},
            sg.UnsatisfiableError,
            "/items",
        ),
        ({"enum": ["\ud800"]}, sg.UnsatisfiableError, ""),
        ({"type": "object", "required": ["\ud800"]}, sg.UnsatisfiableError, ""),
        ({"properties": {1: {}}}, sg.GrammarError, ""),
        (
            {
                "$ref": "#/$defs/t",
                "$defs": {
                    "t": {
                        "type": "object",
                        "required": ["t"],
                        "properties": {"t": {"$ref": "#/$defs/t"}},
                    }
                },
            },
            sg.UnsatisfiableError,
            "/$defs/t/properties/t",
        ),
        ({"$ref": "#"}, sg.GrammarError, ""),
        ({"$ref": "https://example.org/elsewhere"}, sg.GrammarError, ""),
        ({"multipleOf": 0}, sg.GrammarError, ""),
        ({"enum": [1, (2, 3)]}, sg.GrammarError, ""),
        ({"items": {"const": {"a": [float("nan")]}}}, sg.GrammarError, "/items"),
        ({"const": {1: 2}}, sg.GrammarError, ""),
        ([], sg.GrammarError, ""),
    ],
)
def test_errors(schema: Any, error: type[sg.StructgenError], pointer: str) -> None:
    with pytest.raises(error) as caught:
        sg.json_schema(schema)
    assert caught.value.pointer == pointer  # type: ignore[attr-defined]


TREE = {
    "type": "object",
    "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["kids"],
}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (TREE, '{"kids": [{"kids": []}, {"kids": [{"kids": []}]}]}'),
        (
            {
                "$ref": "#/$defs/a",
                "$defs": {
                    "a": {
                        "type": "object",
                        "required": ["b"],
                        "properties": {"b": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]}},
                    },
                    "b": {
                        "type": "object",
                        "required": ["a"],
                        "properties": {"a": {"$ref": "#/$defs/a"}},
                        "additionalProperties": {"$ref": "#/$defs/b"},
                    },
                },
            },
            '{"b": {"a": {"b": null}, "c": {"a": {"b": null}}}}',
        ),
        (
            {
                "type": "object",
                "required": ["x"],
                "patternProperties": {
                    "^x": {"type": ["object", "null"], "allOf": [{"$ref": "#/$defs/m"}]}
                },
                "$defs": {"m": {"additionalProperties": {"$ref": "#"}}},
            },
            '{"x": {"y": {"x": null}}}',
        ),
    ],
)
def test_recursive_members_are_kept(schema: Any, text: str) -> None:
    assert accepts(schema, text)
    assert accepts(schema, text, property_order="any")


DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"


@pytest.mark.parametrize(
    ("draft", "keywords", "text"),
    [
        (DRAFT_4, {"const": 1}, "2"),
        (DRAFT_4, {"contains": {"type": "null"}}, "[1]"),
        (DRAFT_4, {"$id": 5}, "1"),
        (DRAFT_6, {"if": True, "then": False}, "1"),
        (DRAFT_7, {"dependentRequired": {"a": ["b"]}}, '{"a": 1}'),
        (DRAFT_7, {"prefixItems": [{"type": "null"}]}, "[1]"),
        (DRAFT_7, {"unevaluatedProperties": False}, '{"a": 1}'),
        (DRAFT_2019, {"prefixItems": [{"type": "null"}]}, "[1]"),
    ],
)
def test_keywords_of_later_drafts_mean_nothing(
    draft: str, keywords: dict[str, Any], text: str
) -> None:
    assert accepts({"$schema": draft, **keywords}, text)
    assert accepts({"$schema": draft, "allOf": [keywords, {}]}, text)


def test_integers_of_draft_4_are_written_as_integers() -> None:
    for schema in ({"type": "integer"}, {"type": "integer", "enum": [1.0, 12]}):
        assert accepts(schema, "1.0") and accepts(schema, "1")
        assert not accepts({"$schema": DRAFT_4, **schema}, "1.0")
        assert accepts({"$schema": DRAFT_4, **schema}, "1")
    bounded = {"$schema": DRAFT_4, "type": ["integer", "null"], "minimum": -3, "maximum": 12}
    for text, valid in {"-3": True, "12": True, "13": False, "1e1": False, "-0": True}.items():
        assert accepts(bounded, text) == valid, text


def test_deep_nesting() -> None:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(10_000):
        schema = {"type": "array", "items": schema, "minItems": 1}
    assert not accepts(schema, "[" * 20 + "1")
    matcher = sg.compile(schema, BYTES).matcher()
    assert matcher.accept_bytes(b"[" * 100)


@pytest.mark.parametrize(
    ("schema", "limit"),
    [
        ({"oneOf": [{"required": [f"a{i}"]} for i in range(300)]}, "one_of_pairs"),
        ({"properties": {"x": {"const": json.loads("[" * 500 + "]" * 500)}}}, "nesting"),
        (
            {"properties": {"x": {"patternProperties": {f"^{i:b}": {} for i in range(1, 70)}}}},
            "name_classes",
        ),
    ],
)
def test_limits_are_raised_at_compile(schema: Any, limit: str) -> None:
    with pytest.raises(sg.LimitExceededError) as caught:
        sg.json_schema(schema)
    assert caught.value.limit == limit


def test_names_that_no_text_has_are_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {"\ud800": {}, "a": {}},
        "enum": [{"a": "\ud800"}, {}],
    }
    assert accepts(schema, "{}")
    del schema["enum"]
    assert accepts(schema, '{"a": 1}')


def test_pydantic_models_and_typed_dicts() -> None:
    pydantic = pytest.importorskip("pydantic")
    size = enum.Enum("size", {"BIG": "big", "SMALL": "small"})
    item = pydantic.create_model("Item", size=size, parts=(list["Item"], []))  # type: ignore[name-defined]  # noqa: F821
    item.model_rebuild(_types_namespace={"Item": item})
    matcher = sg.compile(item, BYTES).matcher()
    assert matcher.accept_bytes(b'{"size": "big", "parts": [{"size": "small"}]}')
    assert matcher.is_accepting

    pair = TypedDict("pair", {"left": int, "right": str})  # noqa: UP013
    matcher = sg.compile(pair, BYTES).matcher()
    assert matcher.accept_bytes(b'{"left": 1, "right": "x"}') and matcher.is_accepting


def test_strings_are_no_sources() -> None:
    with pytest.raises(TypeError, match="bare string"):
        sg.compile('{"type": "string"}', BYTES)


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        ("^(?:a+b)*$", 0, 5),
        ("^(?:ab|b{4})*$", 0, 5),
        ("^[ab]{1,40}$", 2, 4),
        ("^a[ab]{0,20}$", 0, 3),
        ("^(?:[ab]+é)?b$", 1, 4),
        ("b$", 0, 3),
    ],
)
def test_patterns_with_lengths_are_exact_at_every_prefix(
    pattern: str, least: int, most: int
) -> None:
    schema = {"type": "string", "pattern": pattern, "minLength": least, "maxLength": most}
    matcher = sg.compile(schema, BYTES).matcher()
    valid = {
        text
        for length in range(most + 1)
        for text in map("".join, itertools.product("abé", repeat=length))
        if length >= least and re.search(pattern, text)
    }
    prefixes = {text[:end] for text in valid for end in range(len(text) + 1)}
    for length in range(most + 2):
        for text in map("".join, itertools.product("abé", repeat=length)):
            assert matcher.accept_bytes(f'"{text}'.encode()) == (text in prefixes), text
            if text in prefixes:
                assert matcher.accept_bytes(b'"') == (text in valid), text
            matcher.reset()
    first = {text[0] for text in valid if text}
    assert matcher.accept_bytes(b'"\\u006') == bool(first & {"a", "b"})
    matcher.reset()
    assert matcher.accept_bytes(b'"\\u00e') == ("é" in first)


@pytest.mark.parametrize("schema", [{"type": "object"}, {"properties": {"a": {}}}])
def test_members_cost_the_same_however_many_came_before(schema: dict[str, Any]) -> None:
    matcher = sg.compile(sg.json_schema(schema), BYTES).matcher()
    counts = engine_of(BYTES).counts
    members = [f', "{number}": 0' for number in range(1_000, 3_000)]
    assert matcher.accept_bytes(b'{"0": 0')
    made = []
    for first in (0, 500, 1_000, 1_500):
        before = counts()["states"]
        assert matcher.accept_bytes("".join(members[first : first + 500]).encode())
        made.append(counts()["states"] - before)
    assert max(made) < 1.5 * min(made)
    assert not matcher.fork().accept_bytes(b', "1234"')
    assert matcher.accept_bytes(b"}")


@pytest.mark.parametrize("order", ["schema", "any"])
def test_names_of_a_finite_class_run_out(order: str) -> None:
    """Each name comes once, and no beginning of a name is a dead end, while many are left and few."""
    schema = {
        "properties": {"a": True, "bab": True},
        "patternProperties": {"^[ab]{1,3}$": {"enum": [0]}},
        "additionalProperties": False,
    }
    compiled = sg.compile(sg.json_schema(schema, property_order=order), BYTES)
    names = ["".join(each) for count in (1, 2, 3) for each in itertools.product("ab", repeat=count)]
    others = [name for name in names if name not in schema["properties"]]
    row = sg.allocate_bitmask(1, BYTES.size)[0]
    for seed in range(4):
        random.Random(seed).shuffle(others)
        matcher = compiled.matcher()
        assert matcher.accept_bytes(b"{")
        met: list[str] = []
        for name in others:
            for again in (*met, "abab", "c"):
                assert not matcher.fork().accept_bytes(f'"{again}"'.encode())
            for left in (each for each in others if each not in met):
                fork = matcher.fork()
                for byte in f'"{left}"'.encode():
                    assert fork.accept_bytes(bytes([byte]))
                    fork.fill_bitmask(row)
                    assert row.any()
            met.append(name)
            comma = "," if len(met) < len(others) else ""
            assert matcher.accept_bytes(f'"{name}":0{comma}'.encode())
        assert matcher.fork().accept_bytes(b"}")
        assert matcher.accept_bytes(b',"a":0,"bab":0}') == (order == "any")


def test_what_a_schema_needs_goes_with_its_grammar() -> None:
    """Without the garbage collector, and though the engine stays."""

    def use(name: str) -> None:
        schema = {
            "properties": {name: {"anyOf": [{"items": {"$ref": "#"}}, {"type": "string"}]}},
            "required": [name],
            "uniqueItems": True,
        }
        matcher = sg.compile(schema, BYTES).matcher()
        assert matcher.accept_bytes(f'{{"{name}": "", "b": 1, "a": [0, 1]}}'.encode())

    def kept() -> Counter[str]:
        sg.compile(True, BYTES)  # when the next grammar begins
        return Counter(type(each).__name__ for each in gc.get_objects())

    use("before")
    before = kept()
    gc.disable()
    try:
        for number in range(5):
            use(f"name{number}")
        after = kept()
    finally:
        gc.enable()
    for name in ("Node", "Place", "Core", "Members", "Item", "ObjectSpec"):
        assert before[name] == after[name], name


def test_what_is_no_longer_used_is_forgotten() -> None:
    """Interned facts, formulas and languages go with the last grammar and engine that had them."""

    def kept() -> Counter[str]:
        gc.collect()
        return Counter(type(each).__name__ for each in gc.get_objects())

    def use() -> None:
        vocabulary = sg.Vocabulary([bytes([b]) for b in range(256)] + [b""], eos_token_ids=[256])
        schema = {
            "anyOf": [{"required": ["a"]}, {"properties": {"b": {"contains": {"minimum": 3}}}}],
            "properties": {"a": {"pattern": "^(forgotten)*$"}, "c": {"not": {"pattern": "gone"}}},
            "patternProperties": {"^(x|yy)+z*$": {"uniqueItems": True}},
        }
        matcher = sg.compile(sg.json_schema(schema, property_order="any"), vocabulary).matcher()
        assert matcher.accept_bytes(b'{"a": "forgotten", "b": [4, 5], "c": "g", "xz": [1, 2]')

    use()
    before = kept()
    use()
    after = kept()
    for name in ("Node", "Place", "Each", "Combination", "Language", "MemberRule"):
        assert before[name] == after[name], name
