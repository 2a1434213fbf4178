"""Hostile schemas: an answer or an error of our own within seconds, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import structgen as sg

VOCABULARY = sg.Vocabulary([*(bytes([byte]) for byte in range(256)), b""], eos_token_ids=[256])


def nested(depth: int, wrap: Callable[[Any], Any], inner: Any) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


def check(schema: Any, *errors: type[sg.StructgenError]) -> sg.Matcher | None:
    """Compile and look at a few masks; only these errors may come up."""
    row = sg.allocate_bitmask(1, VOCABULARY.size)[0]
    try:
        matcher = sg.compile(schema, VOCABULARY).matcher()
        for _ in range(5):
            matcher.fill_bitmask(row)
            assert row.any()
            matcher.accept_token(int(sg.allowed_tokens(row)[-1]))
    except errors as error:
        assert "\n" not in str(error) and len(str(error)) < 400
        return None
    return matcher


@pytest.mark.parametrize("depth", [500, 10_000])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"items": inner},
        lambda inner: {"type": "object", "properties": {"a": inner}, "required": ["a"]},
        lambda inner: {"type": "object", "additionalProperties": inner, "minProperties": 1},
        lambda inner: {"type": "array", "prefixItems": [inner], "minItems": 1},
        lambda inner: {"anyOf": [inner]},
        lambda inner: {"allOf": [inner]},
        lambda inner: {"not": inner},
        lambda inner: {"oneOf": [inner]},
        lambda inner: {"if": inner, "then": inner},
    ],
)
def test_nested_schemas(wrap: Callable[[Any], Any], depth: int) -> None:
    schema = nested(depth, wrap, {"type": "string"})
    matcher = check(schema, sg.LimitExceededError, sg.UnsupportedSchemaError, sg.UnsatisfiableError)
    if matcher is not None:
        with suppress(sg.LimitExceededError):
            matcher.shortest_completion()


@pytest.mark.parametrize("keyword", ["const", "enum"])
def test_nested_constants(keyword: str) -> None:
    check({keyword: nested(10_000, lambda inner: [inner], [1])}, sg.LimitExceededError)


def test_a_chain_of_references() -> None:
    chain: dict[str, Any] = {str(i): {"$ref": f"#/$defs/{i + 1}"} for i in range(10_000)}
    check(
        {"$ref": "#/$defs/0", "$defs": chain | {"10000": {"type": "null"}}}, sg.LimitExceededError
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"const": "x" * 20_000_000},
        {"type": "integer", "description": "x" * 20_000_000},
        {"properties": {"x" * 20_000_000: {"const": 1}}},
        {"enum": [f"{i:020d}" for i in range(100_000)]},
        {"type": "string", "minLength": 10**30},
        {"type": "array", "minItems": 10**30},
        {"type": "object", "minProperties": 10**30},
        {"type": "integer", "multipleOf": 10**1000},
        {"type": "number", "minimum": 1e300, "multipleOf": 1e-300},
    ],
    ids=lambda schema: "-".join(schema),
)
def test_large_schemas(schema: Any) -> None:
    check(schema, sg.LimitExceededError, sg.UnsupportedSchemaError)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "(a|a)*b(a|a)*",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(x+x+)+y",
        "^.*.*.*.*=.*$",
        "(.*a.*){50}",
        "a{1000000}",
        "(a{1000}){1000}",
        "(((a{100}){100}){100}){100}",
        "(a|b)*a(a|b){30}",
        "(?=(a|b)*a(a|b){20}$).*",
        "(" * 500 + "a" + ")" * 500,
        "(" * 20_000 + "a" + ")" * 20_000,
        "[" * 20_000,
        "|".join(f"word{i}" for i in range(5_000)),
    ],
    ids=lambda pattern: pattern[:30],
)
def test_patterns(pattern: str) -> None:
    check({"type": "string", "pattern": pattern}, sg.LimitExceededError, sg.GrammarError)
