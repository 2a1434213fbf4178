"""Whether one concrete value satisfies a schema, and when two values are equal.

Used to filter `enum` and `const` by the other keywords beside them.
"""

from __future__ import annotations

import json
from typing import Any

from structgen import regular
from structgen.frontends.json_schema.formats import language_of_format
from structgen.frontends.json_schema.load import Place
from structgen.frontends.json_schema.numbers import NumberBounds, exact

__all__ = ["bounds_of", "equal", "holds", "is_text", "type_names"]


def is_text(value: Any) -> bool:
    """Whether a JSON value can be written: no string in it holds a lone surrogate.

    Example:
        >>> is_text("é"), is_text({"\\ud800": 1})
        (True, False)
    """
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str) or value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def type_names(value: Any) -> tuple[str, ...]:
    """The names of the types that a JSON value has.

    Example:
        >>> type_names(1.0)
        ('number', 'integer')
    """
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("number", "integer") if exact(value).denominator == 1 else ("number",)
    if isinstance(value, str):
        return ("string",)
    return ("array",) if isinstance(value, list) else ("object",)


def equal(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, `true` is not 1.

    Example:
        >>> equal([1, {"a": 2.0}], [1.0, {"a": 2}]), equal(True, 1)
        (True, False)
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return exact(a) == exact(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return type(a) is type(b) and bool(a == b)


def bounds_of(schema: dict[str, Any], *, integer: bool = False) -> NumberBounds:
    """The numbers that a schema's own numeric keywords allow."""
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = NumberBounds(
        minimum=minimum,
        maximum=maximum,
        exclusive_minimum=above is True,
        exclusive_maximum=below is True,
        multiple_of=schema.get("multipleOf"),
        integer=integer,
    )
    if above is not None and not isinstance(above, bool):
        bounds = bounds.intersect(NumberBounds(minimum=above, exclusive_minimum=True))
    if below is not None and not isinstance(below, bool):
        bounds = bounds.intersect(NumberBounds(maximum=below, exclusive_maximum=True))
    return bounds


def holds(place: Place, value: Any, assert_formats: bool) -> bool:
    """Whether `value` satisfies the schema at `place`."""
    schema = place.schema
    if isinstance(schema, bool):
        return schema
    if place.target is not None:
        if not holds(place.target, value, assert_formats):
            return False
        if place.dialect.ignores_siblings:
            return True
    names = type_names(value)
    kind = schema.get("type")
    if kind is not None and not any(
        name in ((kind,) if isinstance(kind, str) else kind) for name in names
    ):
        return False
    if "const" in schema and not equal(schema["const"], value):
        return False
    if "enum" in schema and not any(equal(member, value) for member in schema["enum"]):
        return False
    own = {
        "number": _number_holds,
        "string": _string_holds,
        "array": _array_holds,
        "object": _object_holds,
    }.get(names[0])
    if own is not None and not own(place, value, assert_formats):
        return False

    def count(keyword: str) -> int:
        return sum(
            holds(place.child(keyword, index), value, assert_formats)
            for index in range(len(schema[keyword]))
        )

    return (
        ("allOf" not in schema or count("allOf") == len(schema["allOf"]))
        and ("anyOf" not in schema or count("anyOf") > 0)
        and ("oneOf" not in schema or count("oneOf") == 1)
    )


def _number_holds(place: Place, value: Any, assert_formats: bool) -> bool:
    return bounds_of(place.schema).contains(value)


def _string_holds(place: Place, value: str, assert_formats: bool) -> bool:
    schema = place.schema
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if "pattern" in schema and not regular.regex(schema["pattern"], "ecma", search=True).matches(
        value
    ):
        return False
    language = (
        language_of_format(schema["format"]) if assert_formats and "format" in schema else None
    )
    return language is None or language.matches(value)


def _array_holds(place: Place, value: list[Any], assert_formats: bool) -> bool:
    schema = place.schema
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    prefix = [
        key for key in place.children if key[0] in ("prefixItems", "items") and key[1] is not None
    ]
    for index, item in enumerate(value):
        if index < len(prefix):
            child = place.children[prefix[index]]
        else:
            keyword = "additionalItems" if isinstance(schema.get("items"), list) else "items"
            if (keyword, None) not in place.children:
                break
            child = place.children[keyword, None]
        if not holds(child, item, assert_formats):
            return False
    return True


def _object_holds(place: Place, value: dict[str, Any], assert_formats: bool) -> bool:
    schema = place.schema
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    if not all(name in value for name in schema.get("required", ())):
        return False
    for name, member in value.items():
        children = [
            place.child("patternProperties", pattern)
            for pattern in schema.get("patternProperties", ())
            if regular.regex(pattern, "ecma", search=True).matches(name)
        ]
        if name in schema.get("properties", ()):
            children.append(place.child("properties", name))
        if not children and "additionalProperties" in schema:
            children.append(place.child("additionalProperties"))
        if not all(holds(child, member, assert_formats) for child in children):
            return False
    return True
