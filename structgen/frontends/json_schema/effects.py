"""Which keywords of a schema have no effect, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from structgen.frontends.json_schema.formats import FORMATS
from structgen.frontends.json_schema.keywords import Dialect, dialect_of

__all__ = ["SUBSCHEMAS", "Idle", "idle_keywords"]

# Where subschemas are in a keyword: the value itself, the items of a list, the values of an object.
SUBSCHEMAS = {
    **dict.fromkeys(
        "additionalProperties propertyNames unevaluatedProperties items additionalItems contains "
        "unevaluatedItems not if then else".split(),
        "itself",
    ),
    **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems", "items"], "itself or items"),
    **dict.fromkeys(
        "properties patternProperties dependentSchemas dependencies $defs definitions".split(),
        "values",
    ),
}

# The type that a keyword is about; it says nothing about values of other types.
_ABOUT = {
    **dict.fromkeys(["minLength", "maxLength", "pattern"], "string"),
    **dict.fromkeys(
        ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], "number"
    ),
    **dict.fromkeys(
        "items prefixItems additionalItems unevaluatedItems contains minContains maxContains "
        "minItems maxItems uniqueItems".split(),
        "array",
    ),
    **dict.fromkeys(
        "properties patternProperties additionalProperties unevaluatedProperties propertyNames "
        "required minProperties maxProperties dependentRequired dependentSchemas "
        "dependencies".split(),
        "object",
    ),
}

# Keywords that say something to readers and tools, and those that only others refer to.
_ANNOTATIONS = frozenset(
    "title description default examples $comment deprecated readOnly writeOnly contentEncoding "
    "contentMediaType contentSchema $schema $id id $anchor $dynamicAnchor $recursiveAnchor "
    "$vocabulary $defs definitions then else minContains maxContains".split()
)

# What a keyword needs beside it.
_NEEDS = {"then": "if", "else": "if", "minContains": "contains", "maxContains": "contains"}

_IDLE_VALUES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(["minLength", "minItems", "minProperties"], lambda value: value == 0),
    **dict.fromkeys(
        ["required", "dependentRequired", "dependentSchemas", "dependencies"],
        lambda value: not value,
    ),
    "uniqueItems": lambda value: value is False,
    "not": lambda value: value is False,
}


class Idle(NamedTuple):
    """A keyword without effect.

    Attributes:
        pointer: JSON Pointer of its schema.
        keyword: Its name.
        reason: Why, in words that follow the name.
    """

    pointer: str
    keyword: str
    reason: str


def idle_keywords(schema: Any, *, assert_formats: bool = True) -> list[Idle]:
    """The keywords that constrain nothing, annotations aside, in the order of the document.

    Args:
        schema: A JSON Schema.
        assert_formats: Whether known formats constrain.

    Example:
        >>> idle_keywords({"type": "integer", "minLength": 2})[0].reason
        "is about strings, and 'type' allows none"
    """
    found: list[Idle] = []
    waiting: list[tuple[Any, str, Dialect]] = [(schema, "", dialect_of(""))]
    while waiting:
        schema, pointer, dialect = waiting.pop()
        if not isinstance(schema, dict):
            continue
        if isinstance(schema.get("$schema"), str):
            dialect = dialect_of(schema["$schema"])
        only_reference = "$ref" in schema and dialect.ignores_siblings
        for keyword, value in schema.items():
            if only_reference and keyword != "$ref" and keyword not in _ANNOTATIONS:
                reason: str | None = "stands beside '$ref', which in this draft replaces it"
            else:
                reason = _why_idle(keyword, value, schema, dialect, assert_formats)
            if reason is not None:
                found.append(Idle(pointer, keyword, reason))
        subschemas = [(child, f"{pointer}/{step}") for step, child in _subschemas(schema)]
        waiting += [(child, step, dialect) for child, step in reversed(subschemas)]
    return found


def _subschemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(JSON Pointer from here, subschema)."""
    for keyword, value in schema.items():
        where = SUBSCHEMAS.get(keyword)
        if where == "values" and isinstance(value, dict):
            for name, child in value.items():
                yield f"{keyword}/{name.replace('~', '~0').replace('/', '~1')}", child
        elif where is not None and where != "values":
            if isinstance(value, list):
                yield from ((f"{keyword}/{index}", child) for index, child in enumerate(value))
            else:
                yield keyword, value


def _why_idle(
    keyword: str, value: Any, schema: dict[str, Any], dialect: Dialect, assert_formats: bool
) -> str | None:
    """Why a keyword has no effect where it stands; None: it has one, or is an annotation."""
    if keyword in dialect.rules and dialect.rules[keyword] is None:
        return "is no keyword of this draft"
    if keyword not in dialect.rules and keyword not in _ANNOTATIONS:
        return "is no keyword of JSON Schema"
    if keyword == "format":
        return _why_format_is_idle(value, schema, assert_formats)
    about = _ABOUT.get(keyword)
    if about is not None and not _allows(schema, about):
        source = "type" if "type" in schema else "enum" if "enum" in schema else "const"
        return f"is about {about}s, and {source!r} allows none"
    needed = _NEEDS.get(keyword)
    if needed is not None and needed not in schema:
        return f"needs {needed!r} beside it"
    if keyword == "if" and "then" not in schema and "else" not in schema:
        return "needs 'then' or 'else' beside it"
    if keyword == "additionalItems" and not isinstance(schema.get("items"), list):
        return "needs a list in 'items' beside it"
    if keyword in _IDLE_VALUES and _IDLE_VALUES[keyword](value):
        return "has a value that allows everything"
    return None


def _why_format_is_idle(name: Any, schema: dict[str, Any], assert_formats: bool) -> str | None:
    if name not in FORMATS:
        return f"names {name!r}, which is not a known format"
    if not assert_formats:
        return "is an annotation, as formats are not asserted"
    if not _allows(schema, "string"):
        return "is about strings, and the schema allows none"
    return None


def _allows(schema: dict[str, Any], kind: str) -> bool:
    """Whether `type`, `enum` and `const` leave values of a type."""
    names = schema.get("type", [kind])
    names = [names] if isinstance(names, str) else names
    if kind not in names and not (kind == "number" and "integer" in names):
        return False
    if "const" in schema:
        return _type_of(schema["const"]) == kind
    return any(_type_of(value) == kind for value in schema.get("enum", ())) or "enum" not in schema


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return kinds[type(value)]
