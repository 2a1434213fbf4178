"""Random schemas that love `not`, `oneOf` and `unevaluated*`, and instances near them."""

from __future__ import annotations

import random
from typing import Any

NAMES = ["a", "b", "c"]
SCALARS: list[Any] = [None, True, False, 0, 1, 2, 1.5, -1, "", "x", "ab"]


def random_schema(rng: random.Random, depth: int = 3) -> Any:
    """A schema of draft 2020-12 with at most `depth` levels."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice([True, {}, False, {"type": "integer"}, {"type": "string"}, {"const": 1}])
    schema: dict[str, Any] = {}
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        keyword, make = rng.choice(_KEYWORDS)
        schema[keyword] = make(rng, depth - 1)
    return schema


def _list(rng: random.Random, depth: int) -> list[Any]:
    return [random_schema(rng, depth) for _ in range(rng.choice([1, 2, 2, 3]))]


def _members(rng: random.Random, depth: int) -> dict[str, Any]:
    return {name: random_schema(rng, depth) for name in rng.sample(NAMES, rng.randint(1, 2))}


def _names(rng: random.Random, depth: int) -> list[str]:
    return rng.sample(NAMES, rng.randint(1, 2))


def _count(rng: random.Random, depth: int) -> int:
    return rng.randint(0, 3)


_TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
_KEYWORDS: list[tuple[str, Any]] = [
    ("type", lambda rng, depth: rng.choice(_TYPES)),
    ("type", lambda rng, depth: rng.sample(_TYPES, 2)),
    ("type", lambda rng, depth: rng.choice(["array", "object"])),
    ("const", lambda rng, depth: random_value(rng, 1)),
    ("enum", lambda rng, depth: [random_value(rng, 1) for _ in range(3)]),
    ("minimum", lambda rng, depth: rng.randint(-1, 2)),
    ("exclusiveMaximum", lambda rng, depth: rng.randint(0, 3)),
    ("multipleOf", lambda rng, depth: rng.choice([1, 2, 0.5])),
    ("minLength", _count),
    ("maxLength", _count),
    ("pattern", lambda rng, depth: rng.choice(["^a", "b$", "x", "^$"])),
    ("properties", _members),
    ("properties", _members),
    (
        "patternProperties",
        lambda rng, depth: {rng.choice(["^a", "b|c"]): random_schema(rng, depth)},
    ),
    ("additionalProperties", random_schema),
    ("required", _names),
    ("minProperties", _count),
    ("maxProperties", _count),
    ("propertyNames", random_schema),
    ("dependentRequired", lambda rng, depth: {rng.choice(NAMES): _names(rng, depth)}),
    ("dependentSchemas", _members),
    ("prefixItems", _list),
    ("items", random_schema),
    ("contains", random_schema),
    ("minContains", _count),
    ("maxContains", _count),
    ("minItems", _count),
    ("maxItems", _count),
    ("uniqueItems", lambda rng, depth: True),
    ("allOf", _list),
    ("anyOf", _list),
    ("oneOf", _list),
    ("oneOf", _list),
    ("not", random_schema),
    ("not", random_schema),
    ("if", random_schema),
    ("then", random_schema),
    ("else", random_schema),
    ("unevaluatedProperties", random_schema),
    ("unevaluatedItems", random_schema),
]


def random_value(rng: random.Random, depth: int = 2) -> Any:
    """A small JSON value."""
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return rng.choice(SCALARS)
    if kind < 0.7:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    names = rng.sample([*NAMES, "ab", "d"], rng.randint(0, 3))
    return {name: random_value(rng, depth - 1) for name in names}
