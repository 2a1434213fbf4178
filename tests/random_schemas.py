"""Random schemas that love what is hard: not, oneOf, contains, unevaluated*; values near them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

__all__ = ["mutated", "random_schema", "random_value"]

NAMES = ["a", "b", "c", "ab"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
SCALARS: list[Any] = [None, True, False, 0, 1, 2, 3, -1, 1.5, "", "a", "b", "ab", "abc"]
PATTERNS = ["^a", "b$", "^[ab]*$", "c", "^.{2}$"]
DEEPEST = 3


def random_schema(generator: random.Random, draft: str) -> Any:
    """A schema of a draft, with definitions that refer to each other now and then."""
    schema = _schema(generator, draft, DEEPEST)
    if not isinstance(schema, dict):
        return schema
    schema = {"$schema": draft, **schema}
    if "#/" in repr(schema):
        item = {"$ref": "#/definitions/d"}
        schema["definitions"] = {
            "d": generator.choice(
                [
                    {"type": generator.choice(TYPES)},
                    {"type": ["object", "null"], "properties": {"a": item, "b": {"minLength": 1}}},
                    {"type": ["array", "string"], "items": item, "maxItems": 2},
                ]
            )
        }
    return schema


def _schema(generator: random.Random, draft: str, depth: int) -> Any:
    if generator.random() < 0.08:
        return generator.random() < 0.6
    makers = _SCALAR if depth == 0 else _SCALAR + _NESTED * 2 + _logic(draft) * 2
    schema: dict[str, Any] = {}
    for _ in range(generator.choice([1, 1, 2, 2, 3, 4])):
        schema.update(generator.choice(makers)(generator, lambda: _sub(generator, draft, depth)))
    if generator.random() < 0.05:
        schema = {"$ref": "#/definitions/d"}
    return schema


def _sub(generator: random.Random, draft: str, depth: int) -> Any:
    return _schema(generator, draft, depth - 1 - (generator.random() < 0.3 and depth > 1))


Sub = Callable[[], Any]
Maker = Callable[[random.Random, Sub], dict[str, Any]]


def _some(generator: random.Random, values: list[Any], most: int = 3) -> list[Any]:
    return generator.sample(values, generator.randint(1, most))


def _map(generator: random.Random, keys: list[str], sub: Sub) -> dict[str, Any]:
    return {key: sub() for key in _some(generator, keys)}


_SCALAR: list[Maker] = [
    lambda g, s: {"type": g.choice(TYPES)},
    lambda g, s: {"type": g.choice(TYPES)},
    lambda g, s: {"type": _some(g, TYPES)},
    lambda g, s: {"enum": _some(g, SCALARS, 5)},
    lambda g, s: {"const": g.choice(SCALARS)},
    lambda g, s: {"minimum": g.randint(-1, 2)},
    lambda g, s: {"exclusiveMaximum": g.randint(0, 4)},
    lambda g, s: {"multipleOf": g.choice([1, 2, 3, 0.5])},
    lambda g, s: {"minLength": g.randint(0, 2)},
    lambda g, s: {"maxLength": g.randint(0, 3)},
    lambda g, s: {"pattern": g.choice(PATTERNS)},
    lambda g, s: {"required": _some(g, NAMES, 2)},
    lambda g, s: {"minProperties": g.randint(0, 2)},
    lambda g, s: {"maxProperties": g.randint(0, 3)},
    lambda g, s: {"minItems": g.randint(0, 2)},
    lambda g, s: {"maxItems": g.randint(0, 3)},
    lambda g, s: {"uniqueItems": True},
]
_NESTED: list[Maker] = [
    lambda g, s: {"type": "object", "properties": _map(g, NAMES, s)},
    lambda g, s: {"properties": _map(g, NAMES, s), "required": _some(g, NAMES, 2)},
    lambda g, s: {"properties": _map(g, NAMES, s), "additionalProperties": s()},
    lambda g, s: {"patternProperties": _map(g, PATTERNS, s)},
    lambda g, s: {"propertyNames": s()},
    lambda g, s: {"type": "array", "items": s()},
    lambda g, s: {"type": "array", "prefixItems": [s() for _ in range(g.randint(1, 2))]},
    lambda g, s: {"dependentRequired": {g.choice(NAMES): _some(g, NAMES, 2)}},
    lambda g, s: {"dependentSchemas": _map(g, NAMES, s)},
    lambda g, s: {"contains": s()},
    lambda g, s: {"contains": s(), "minContains": g.randint(0, 2)},
    lambda g, s: {"contains": s(), "maxContains": g.randint(1, 2)},
]
_LOGIC: list[Maker] = [
    lambda g, s: {"not": s()},
    lambda g, s: {"not": s(), "type": g.choice(TYPES)},
    lambda g, s: {"oneOf": [s() for _ in range(g.randint(1, 3))]},
    lambda g, s: {"anyOf": [s() for _ in range(g.randint(1, 3))]},
    lambda g, s: {"allOf": [s() for _ in range(g.randint(1, 3))]},
    lambda g, s: {"if": s(), "then": s(), "else": s()},
]
_UNEVALUATED: list[Maker] = [
    lambda g, s: {"type": "object", "unevaluatedProperties": g.choice([False, s()])},
    lambda g, s: {"type": "array", "unevaluatedItems": g.choice([False, s()])},
]


def _logic(draft: str) -> list[Maker]:
    if "draft-07" in draft:
        return _LOGIC
    # Whether `contains` evaluates items is new in 2020-12; validators say so for 2019-09 as well.
    return _LOGIC + (_UNEVALUATED if "2020-12" in draft else _UNEVALUATED[:1])


def random_value(generator: random.Random, depth: int = 3) -> Any:
    """A value made of what random schemas speak of."""
    kind = generator.random()
    if depth == 0 or kind < 0.4:
        return generator.choice(SCALARS)
    if kind < 0.7:
        return [random_value(generator, depth - 1) for _ in range(generator.randint(0, 3))]
    names = generator.sample([*NAMES, "d"], generator.randint(0, 3))
    return {name: random_value(generator, depth - 1) for name in names}


def mutated(generator: random.Random, value: Any) -> Any:
    """The value with one part of it changed, added or taken away."""
    if isinstance(value, list) and generator.random() < 0.8:
        action = generator.random()
        if value and action < 0.5:
            index = generator.randrange(len(value))
            return [*value[:index], mutated(generator, value[index]), *value[index + 1 :]]
        if value and action < 0.7:
            return value[:-1]
        return [*value, generator.choice(value) if value else random_value(generator, 1)]
    if isinstance(value, dict) and generator.random() < 0.8:
        name = generator.choice([*value, *NAMES])
        if name in value and generator.random() < 0.4:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: mutated(generator, value.get(name))}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + generator.choice([-1, 1, 0.5])
    if isinstance(value, str):
        return value + generator.choice("ab c") if generator.random() < 0.6 else value[1:]
    return random_value(generator, 1)
