"""What a glance at a schema's keywords tells, before anything is made of it."""

from __future__ import annotations

from structgen.frontends.json_schema.keywords import SHAPES
from structgen.frontends.json_schema.load import Place

__all__ = ["has_values", "only_types"]

DEPTH = 5

# Keywords that leave the empty string, array and object, and every number and word.
_LENIENT = frozenset(
    "type properties patternProperties additionalProperties items prefixItems additionalItems "
    "maxProperties maxItems maxLength propertyNames uniqueItems minContains maxContains then else "
    "$id $anchor".split()
)
_BOUNDING = frozenset(SHAPES) - _LENIENT
_ALONE = frozenset("format minimum maximum exclusiveMinimum exclusiveMaximum minLength".split())
_ON_MEMBERS = frozenset(("patternProperties", "propertyNames", "maxProperties"))
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
_SAYING = frozenset(SHAPES) - {"$id", "$anchor"}  # keywords that do not only name a schema


def has_values(place: Place, depth: int = DEPTH) -> bool:
    """Whether something plainly satisfies a schema; False: it takes more to tell.

    A place remembers the answer, so a glance costs at most `DEPTH` looks at each place.

    Args:
        place: The schema.
        depth: How many levels of references, alternatives and required members to look at.
    """
    if place.glanced < depth and not place.has_values:
        place.glanced = depth  # a circle that leads here meanwhile tells nothing
        place.has_values = _looks_satisfiable(place, depth)
    return place.has_values


def _looks_satisfiable(place: Place, depth: int) -> bool:
    schema = place.schema
    if type(schema) is bool:
        return schema
    bounding = schema.keys() & _BOUNDING
    if place.targets:
        return (
            len(place.targets) == 1
            and schema.keys() & _SAYING <= _REFERENCES
            and has_values(place.targets[0], depth - 1)
        )
    if not bounding:
        return True
    if len(bounding) > 1:
        return False
    (keyword,) = bounding
    if keyword == "required":
        return _has_required(place, depth - 1)
    if keyword == "anyOf":
        return schema.keys() & _SAYING == {"anyOf"} and any(
            has_values(place.child("anyOf", index), depth - 1)
            for index in range(len(schema["anyOf"]))
        )
    if "maxLength" in schema:
        return False
    if keyword == "enum":
        value = schema["enum"][0] if schema["enum"] else None
        return type(value) is str and value.isascii() and schema.get("type", "string") == "string"
    return keyword in _ALONE


def _has_required(place: Place, depth: int) -> bool:
    """The same where `required` is the only keyword that is not lenient."""
    schema = place.schema
    if schema.get("type", "null") != "object":
        return True  # some value of another type
    if not schema.keys().isdisjoint(_ON_MEMBERS):
        return False
    rest = place.children.get(("additionalProperties", None))
    for name in schema["required"]:
        value = place.children.get(("properties", name), rest)
        if not name.isascii() or (value is not None and not has_values(value, depth)):
            return False
    return True


def only_types(place: Place) -> frozenset[str] | None:
    """The types that a schema allows, if that is all it says; annotations do not count.

    None also where the types are not those of today: draft 4 has integers by their spelling.
    """
    schema = place.schema
    if type(schema) is bool or place.targets or place.dialect.integers_are_plain:
        return None
    if schema.keys() & _SAYING != {"type"}:
        return None
    types = schema["type"]
    return frozenset((types,) if isinstance(types, str) else types)
