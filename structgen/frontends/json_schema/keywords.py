"""What each draft's keywords look like, and where subschemas are in them.

A keyword that is not in a draft's table constrains nothing there: it is an annotation, or unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

__all__ = ["DIALECTS", "SHAPES", "Dialect", "Rule", "dialect_of"]


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_schemas(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_schema, value))


def _is_schema_map(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(map(_is_schema, value.values()))
        and all(map(_is_text, value))
    )


def _is_items(value: Any) -> bool:
    return _is_schema(value) or (isinstance(value, list) and all(map(_is_schema, value)))


def _is_count(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and value >= 0
        and (isinstance(value, int) or value.is_integer())
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_exclusive(value: Any) -> bool:
    return isinstance(value, bool) or _is_number(value)


def _is_multiple(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def _is_type(value: Any) -> bool:
    if isinstance(value, str):
        return value in TYPES
    return isinstance(value, list) and all(isinstance(t, str) and t in TYPES for t in value)


def _is_names_map(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_names, value.values()))


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_schema(part) or _is_names(part) for part in value.values()
    )


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_values(value: Any) -> bool:
    return isinstance(value, list) and _is_json(value)


def _is_json(value: Any) -> bool:
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack += part
        elif isinstance(part, dict):
            if not all(map(_is_text, part)):
                return False
            stack += part.values()
        elif isinstance(part, float):
            if not math.isfinite(part):
                return False
        elif not isinstance(part, str | int | Decimal | None):
            return False
    return True


SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, "a type's name or a list of types' names"),
    "enum": (_is_values, "a list of JSON values"),
    "const": (_is_json, "a JSON value"),
    "properties": (_is_schema_map, "an object whose values are schemas"),
    "required": (_is_names, "a list of member names"),
    "additionalProperties": (_is_schema, "a schema"),
    "patternProperties": (_is_schema_map, "an object whose values are schemas"),
    "minProperties": (_is_count, "a whole number of at least 0"),
    "maxProperties": (_is_count, "a whole number of at least 0"),
    "items": (_is_items, "a schema or a list of schemas"),
    "prefixItems": (_is_schemas, "a list of schemas"),
    "additionalItems": (_is_schema, "a schema"),
    "minItems": (_is_count, "a whole number of at least 0"),
    "maxItems": (_is_count, "a whole number of at least 0"),
    "minLength": (_is_count, "a whole number of at least 0"),
    "maxLength": (_is_count, "a whole number of at least 0"),
    "pattern": (_is_text, "a regular expression"),
    "format": (_is_text, "a format's name"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "exclusiveMinimum": (_is_exclusive, "a number (in draft 4, true or false)"),
    "exclusiveMaximum": (_is_exclusive, "a number (in draft 4, true or false)"),
    "multipleOf": (_is_multiple, "a number above 0"),
    "anyOf": (_is_schemas, "a list of at least one schema"),
    "oneOf": (_is_schemas, "a list of at least one schema"),
    "allOf": (_is_schemas, "a list of at least one schema"),
    "$ref": (_is_text, "a reference"),
    "$id": (_is_text, "a URI"),
    "$anchor": (_is_text, "an anchor's name"),
    "not": (_is_schema, "a schema"),
    "if": (_is_schema, "a schema"),
    "then": (_is_schema, "a schema"),
    "else": (_is_schema, "a schema"),
    "contains": (_is_schema, "a schema"),
    "minContains": (_is_count, "a whole number of at least 0"),
    "maxContains": (_is_count, "a whole number of at least 0"),
    "uniqueItems": (_is_boolean, "true or false"),
    "propertyNames": (_is_schema, "a schema"),
    "dependencies": (_is_dependencies, "an object whose values are schemas or lists of names"),
    "dependentRequired": (_is_names_map, "an object whose values are lists of names"),
    "dependentSchemas": (_is_schema_map, "an object whose values are schemas"),
    "unevaluatedProperties": (_is_schema, "a schema"),
    "unevaluatedItems": (_is_schema, "a schema"),
    "$dynamicRef": (_is_text, "a reference"),
    "$recursiveRef": (_is_text, "a reference"),
}

# Where subschemas are: the value itself, the items of a list, or the values of an object.
SUBSCHEMAS: dict[str, str] = {
    "properties": "values",
    "additionalProperties": "itself",
    "patternProperties": "values",
    "items": "itself or items",
    "prefixItems": "items",
    "additionalItems": "itself",
    "anyOf": "items",
    "oneOf": "items",
    "allOf": "items",
    "not": "itself",
    "if": "itself",
    "then": "itself",
    "else": "itself",
    "contains": "itself",
    "propertyNames": "itself",
    "dependencies": "values",
    "dependentSchemas": "values",
    "unevaluatedProperties": "itself",
    "unevaluatedItems": "itself",
}

# The first draft that has a keyword; draft 4 where it is not named.
_SINCE = {
    "const": 6,
    "contains": 6,
    "propertyNames": 6,
    "$id": 6,
    "if": 7,
    "then": 7,
    "else": 7,
    "$anchor": 8,
    "minContains": 8,
    "maxContains": 8,
    "dependentRequired": 8,
    "dependentSchemas": 8,
    "unevaluatedProperties": 8,
    "unevaluatedItems": 8,
    "$recursiveRef": 8,
    "prefixItems": 9,
    "$dynamicRef": 9,
}
_UNTIL = {"$recursiveRef": 8}

# What a meta-schema may leave out by not listing a vocabulary (2020-12 core section 8.1.2).
_VOCABULARIES = {
    "validation": (
        "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength "
        "minLength pattern maxItems minItems uniqueItems maxContains minContains maxProperties "
        "minProperties required dependentRequired"
    ).split(),
    "applicator": (
        "prefixItems items additionalItems contains additionalProperties properties "
        "patternProperties dependentSchemas dependencies propertyNames if then else allOf anyOf "
        "oneOf not"
    ).split(),
}


class Rule(NamedTuple):
    """How a keyword is read.

    Attributes:
        is_shaped: Whether its value is well-formed.
        expected: What its value must be, in words.
        subschemas: Where subschemas are in it; None: there are none.
    """

    is_shaped: Callable[[Any], bool]
    expected: str
    subschemas: str | None


class Dialect(NamedTuple):
    """A draft of JSON Schema.

    Attributes:
        rules: The keywords that it has; None: a keyword of another draft, without meaning here.
        id_keyword: What names a schema resource.
        ignores_siblings: Whether keywords beside `$ref` mean nothing.
        integers_are_plain: Whether `1.0` is no integer: draft 4 section 3.5 has integers as numbers
            that are written without a fraction or an exponent.
        contains_evaluates: Whether the items that `contains` finds count as evaluated.
    """

    rules: dict[str, Rule | None]
    id_keyword: str
    ignores_siblings: bool
    integers_are_plain: bool
    contains_evaluates: bool

    def within(self, vocabularies: Mapping[str, Any]) -> Dialect:
        """The dialect without the keywords of vocabularies that a meta-schema does not list."""
        left_out = {
            keyword
            for name, keywords in _VOCABULARIES.items()
            if not any(uri.endswith("/vocab/" + name) for uri in vocabularies)
            for keyword in keywords
        }
        rules = {k: None if k in left_out else rule for k, rule in self.rules.items()}
        return self._replace(rules=rules)


def _dialect(draft: int) -> Dialect:
    rules: dict[str, Rule | None] = {
        keyword: Rule(is_shaped, expected, SUBSCHEMAS.get(keyword))
        for keyword, (is_shaped, expected) in SHAPES.items()
    }
    for keyword in rules:
        if not _SINCE.get(keyword, 4) <= draft <= _UNTIL.get(keyword, draft):
            rules[keyword] = None
    return Dialect(rules, "id" if draft == 4 else "$id", draft < 8, draft == 4, draft == 9)


# By what is in the URI of the meta-schema. 8 and 9 stand for 2019-09 and 2020-12.
DIALECTS = {
    "draft-03": _dialect(4),
    "draft-04": _dialect(4),
    "draft-06": _dialect(6),
    "draft-07": _dialect(7),
    "2019-09": _dialect(8),
    "2020-12": _dialect(9),
}


def dialect_of(uri: str) -> Dialect:
    """The dialect that a meta-schema's URI stands for, 2020-12 for an unknown one.

    Example:
        >>> dialect_of("http://json-schema.org/draft-04/schema#").id_keyword
        'id'
    """
    return next((d for part, d in DIALECTS.items() if part in uri), DIALECTS["2020-12"])
