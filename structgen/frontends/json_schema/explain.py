"""What a schema means, as a tree that a person reads.

Everything that `$ref` and `allOf` bring together is merged: one line per value says its types with
their limits, and below it come members, items and the alternatives that the value must satisfy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import referencing
import referencing.exceptions
import referencing.jsonschema

from structgen import regular
from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.json_schema.formats import FORMATS
from structgen.frontends.json_schema.keywords import Dialect, dialect_of

__all__ = ["Branch", "explain_schema"]

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_SHOWN_VALUES = 8
_SHOWN_CHARACTERS = 60  # of a value
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Branch(NamedTuple):
    """A line and what stands below it.

    Attributes:
        text: The line.
        below: The lines below it, indented by one step.
    """

    text: str
    below: tuple[Branch, ...] = ()

    def lines(self, indent: str = "") -> Iterator[str]:
        """The tree, line by line, two spaces a step.

        >>> list(Branch("a", (Branch("b"),)).lines())
        ['a', '  b']
        """
        yield indent + self.text
        for branch in self.below:
            yield from branch.lines(indent + "  ")


def explain_schema(schema: Any, resources: Mapping[str, Any] | None = None) -> Branch:
    """What a schema means; nothing is checked or decided.

    Args:
        schema: A well-formed JSON Schema.
        resources: Schemas that `$ref` may lead to, by URI.

    Raises:
        GrammarError: A reference leads nowhere.
        LimitExceededError: The schema is nested too deeply.

    Example:
        >>> for line in explain_schema({"properties": {"a": {"minLength": 1, "type": "string"}},
        ...                             "required": ["a"], "type": "object"}).lines():
        ...     print(line)
        object
          a (required): string of at least 1 character
          other members: any value
    """
    registry = referencing.jsonschema.SchemaRegistry().with_resources(
        (uri, referencing.jsonschema.DRAFT202012.create_resource(contents))
        for uri, contents in (resources or {}).items()
    )
    root = referencing.Resource.from_contents(
        schema, default_specification=referencing.jsonschema.DRAFT202012
    )
    uri = root.id() or ""
    resolver = registry.with_resource(uri, root).resolver(uri)
    dialect = dialect_of(schema.get("$schema", _DRAFT) if isinstance(schema, dict) else _DRAFT)
    try:
        return _describe([_Part(schema, resolver, dialect, "#")], {})
    except RecursionError:
        raise LimitExceededError(
            "The schema is nested too deeply to be explained", limit="nesting"
        ) from None


class _Part(NamedTuple):
    """A schema that a value must satisfy, and what its references are relative to."""

    schema: Any
    resolver: Any
    dialect: Dialect
    pointer: str
    key: int = 0  # of the schema as it stands in the document

    def inside(self, schema: Any, *steps: object) -> _Part:
        """A subschema."""
        pointer = "/".join([self.pointer, *map(str, steps)])
        resolver, dialect = self.resolver, self.dialect
        if isinstance(schema, dict) and isinstance(schema.get(dialect.id_keyword), str):
            specification = referencing.jsonschema.DRAFT202012
            if dialect.id_keyword == "id":
                specification = referencing.jsonschema.DRAFT4
            resolver = resolver.in_subresource(specification.create_resource(schema))
        if isinstance(schema, dict) and isinstance(schema.get("$schema"), str):
            dialect = dialect_of(schema["$schema"])
        return _Part(schema, resolver, dialect, pointer)

    def target(self, reference: str) -> _Part:
        """What a reference leads to."""
        try:
            found = self.resolver.lookup(reference)
        except referencing.exceptions.Unresolvable:
            raise GrammarError(
                f"The reference {reference!r} leads nowhere", pointer=self.pointer[1:]
            ) from None
        return _Part(found.contents, found.resolver, self.dialect, reference)


def _flatten(parts: Iterable[_Part]) -> list[_Part]:
    """The parts, and all that they hold by `$ref` and `allOf`; those that are `true` left out."""
    found: dict[int, _Part] = {}
    waiting = list(parts)[::-1]
    while waiting:
        part = waiting.pop()
        schema = part.schema
        if schema is True or schema == {} or id(schema) in found:
            continue
        if schema is False:
            return [part]
        found[id(schema)] = part._replace(schema=_effective(schema, part.dialect), key=id(schema))
        reference = schema.get("$ref", schema.get("$recursiveRef", schema.get("$dynamicRef")))
        if isinstance(reference, str):
            waiting.append(part.target(reference))
            if "$ref" in schema and part.dialect.ignores_siblings:
                del found[id(schema)]
                continue
        for index, each in reversed(list(enumerate(schema.get("allOf", ())))):
            waiting.append(part.inside(each, "allOf", index))
    return list(found.values())


def _effective(schema: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A schema without the keywords of other drafts and unknown formats."""
    return {
        keyword: value
        for keyword, value in schema.items()
        if dialect.rules.get(keyword, True) is not None
        and (keyword != "format" or value in FORMATS)
    }


def _describe(parts: list[_Part], above: dict[frozenset[int], str]) -> Branch:
    """What a value must be that satisfies all of the parts.

    Args:
        parts: The schemas.
        above: What stands above it: where each of those conjunctions of schemas begins.
    """
    flat = _flatten(parts)
    if not flat:
        return Branch("any value")
    if flat[0].schema is False:
        return Branch("nothing")
    key = frozenset(part.key for part in flat)
    if key in above:
        return Branch(f"as at {above[key]}")
    above = {**above, key: parts[0].pointer}
    types = _types(flat)
    listed = [_listed(part.schema) for part in flat]
    values = [each for each in listed if each is not None]
    if values:
        texts = [", ".join(map(_shown, each[:_SHOWN_VALUES])) for each in values]
        more = [f" and {len(each) - _SHOWN_VALUES} more" * (len(each) > 8) for each in values]
        text = ", and ".join(
            ("one of " if len(each) != 1 else "") + shown + rest
            for each, shown, rest in zip(values, texts, more, strict=True)
        )
        below = []
    else:
        limits = {"string": _strings(flat), "number": _numbers(flat)}
        limits["integer"] = limits["number"]
        named = [f"{name}{limits.get(name, '')}" for name in types]
        text = " or ".join(named) if types else "nothing"
        if len(types) == len(_TYPES) - 1:  # all, as integers are numbers
            text = "any value" + "".join(
                f", a {kind}{limits[kind]}" for kind in ("string", "number") if limits[kind]
            )
        below = [*_objects(flat, above)] if "object" in types else []
        below += [*_arrays(flat, above)] if "array" in types else []
    alternatives = list(_alternatives(flat, above))
    if text == "any value" and not below and len(alternatives) == 1 and alternatives[0].below:
        only = alternatives[0]
        return only._replace(text=only.text.removeprefix("and "))
    return Branch(text, (*below, *alternatives))


def _types(flat: list[_Part]) -> list[str]:
    """The types that all parts allow; 'integer' only where 'number' is not."""
    allowed = set(_TYPES)
    for part in flat:
        kind = part.schema.get("type")
        if kind is not None:
            names = {kind} if isinstance(kind, str) else set(kind)
            allowed &= names | ({"integer"} if "number" in names else set())
    return [
        name
        for name in _TYPES
        if name in allowed and not (name == "integer" and "number" in allowed)
    ]


def _listed(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


# --- Limits -------------------------------------------------------------------------------------


def _all(flat: list[_Part], keyword: str) -> list[Any]:
    return [part.schema[keyword] for part in flat if keyword in part.schema]


def _count(flat: list[_Part], least: str, most: str, noun: str) -> str:
    """'2 to 5 members', 'at least 1 item', or nothing."""
    low = max(_all(flat, least), default=0)
    high = min(_all(flat, most), default=None)
    if high is None:
        return f"at least {low} {noun}{'s' * (low != 1)}" if low else ""
    if low == high:
        return f"exactly {low} {noun}{'s' * (low != 1)}"
    return f"{low} to {high} {noun}s" if low else f"at most {high} {noun}{'s' * (high != 1)}"


def _strings(flat: list[_Part]) -> str:
    count = _count(flat, "minLength", "maxLength", "character")
    found = [f"of {count}"] if count else []
    found += [f"matching /{pattern}/" for pattern in dict.fromkeys(_all(flat, "pattern"))]
    found += [f"in the format {name}" for name in dict.fromkeys(_all(flat, "format"))]
    return f" {', '.join(found)}" if found else ""


def _numbers(flat: list[_Part]) -> str:
    found: dict[str, None] = {}
    for part in flat:
        schema = part.schema
        for exclusive, inclusive, sign in (
            ("exclusiveMinimum", "minimum", ">"),
            ("exclusiveMaximum", "maximum", "<"),
        ):
            strict = schema.get(exclusive)
            if inclusive in schema:
                mark = sign if strict is True else {">": "≥", "<": "≤"}[sign]
                found[f"{mark} {schema[inclusive]}"] = None
            if strict is not None and not isinstance(strict, bool):
                found[f"{sign} {strict}"] = None
        if "multipleOf" in schema:
            found[f"a multiple of {schema['multipleOf']}"] = None
    return "".join(f" {text}" if index == 0 else f", {text}" for index, text in enumerate(found))


# --- Members and items --------------------------------------------------------------------------


def _objects(flat: list[_Part], above: dict[frozenset[int], str]) -> Iterator[Branch]:
    required = dict.fromkeys(name for names in _all(flat, "required") for name in names)
    names = dict.fromkeys(name for each in _all(flat, "properties") for name in each)
    patterns = dict.fromkeys(name for each in _all(flat, "patternProperties") for name in each)
    count = _count(flat, "minProperties", "maxProperties", "member")
    if count:
        yield Branch(count)
    for name in {**names, **required}:
        mark = " (required)" if name in required else ""
        yield _labelled(f"{_name(name)}{mark}", _describe(_member(flat, name), above))
    for pattern in patterns:
        parts = [
            part.inside(part.schema["patternProperties"][pattern], "patternProperties", pattern)
            for part in flat
            if pattern in part.schema.get("patternProperties", ())
        ]
        yield _labelled(f"members whose name matches /{pattern}/", _describe(parts, above))
    if names or patterns or _all(flat, "additionalProperties"):
        parts = [
            part.inside(part.schema["additionalProperties"], "additionalProperties")
            for part in flat
            if "additionalProperties" in part.schema
        ]
        yield _labelled("other members", _describe(parts, above))
    yield from _each(flat, above, "propertyNames", "every name")
    yield from _each(flat, above, "unevaluatedProperties", "members that nothing else describes")
    for part in flat:
        for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
            for name, needed in part.schema.get(keyword, {}).items():
                if isinstance(needed, list):
                    yield Branch(f"where {_name(name)} is: {', '.join(map(_name, needed))} as well")
                else:
                    child = _describe([part.inside(needed, keyword, name)], above)
                    yield _labelled(f"where {_name(name)} is, the object", child)


def _member(flat: list[_Part], name: str) -> list[_Part]:
    """The schemas of a declared member, from all parts."""
    found = []
    for part in flat:
        schema = part.schema
        mine = [
            part.inside(child, "patternProperties", pattern)
            for pattern, child in schema.get("patternProperties", {}).items()
            if regular.regex(pattern, "ecma", search=True).matches(name)
        ]
        if name in schema.get("properties", {}):
            mine.insert(0, part.inside(schema["properties"][name], "properties", name))
        if not mine and "additionalProperties" in schema:
            mine.append(part.inside(schema["additionalProperties"], "additionalProperties"))
        found += mine
    return found


def _arrays(flat: list[_Part], above: dict[frozenset[int], str]) -> Iterator[Branch]:
    count = _count(flat, "minItems", "maxItems", "item")
    if count:
        yield Branch(count)
    if any(_all(flat, "uniqueItems")):
        yield Branch("no two items are equal")
    for part in flat:
        schema = part.schema
        first = "items" if isinstance(schema.get("items"), list) else "prefixItems"
        rest = "additionalItems" if first == "items" else "items"
        for index, item in enumerate(schema.get(first, ())):
            yield _labelled(
                f"item {index + 1}", _describe([part.inside(item, first, index)], above)
            )
        if rest in schema:
            label = "further items" if schema.get(first) else "every item"
            yield _labelled(label, _describe([part.inside(schema[rest], rest)], above))
        if "contains" in schema:
            least, most = schema.get("minContains", 1), schema.get("maxContains")
            often = f"at least {least}" if most is None else f"{least} to {most}"
            child = _describe([part.inside(schema["contains"], "contains")], above)
            yield _labelled(f"{often} of the items", child)
    yield from _each(flat, above, "unevaluatedItems", "items that nothing else describes")


def _each(
    flat: list[_Part], above: dict[frozenset[int], str], keyword: str, label: str
) -> Iterator[Branch]:
    for part in flat:
        if keyword in part.schema:
            yield _labelled(label, _describe([part.inside(part.schema[keyword], keyword)], above))


# --- Alternatives -------------------------------------------------------------------------------


def _alternatives(flat: list[_Part], above: dict[frozenset[int], str]) -> Iterator[Branch]:
    for part in flat:
        schema = part.schema
        for keyword, title in (("anyOf", "any of these"), ("oneOf", "exactly one of these")):
            if keyword in schema:
                yield Branch(
                    f"and {title}:",
                    tuple(
                        _describe([part.inside(each, keyword, index)], above)
                        for index, each in enumerate(schema[keyword])
                    ),
                )
        for keyword, label in (
            ("not", "but not"),
            ("if", "if"),
            ("then", "then"),
            ("else", "else"),
        ):
            if keyword in schema and (keyword in ("not", "if") or "if" in schema):
                yield _labelled(label, _describe([part.inside(schema[keyword], keyword)], above))


def _labelled(label: str, branch: Branch) -> Branch:
    return Branch(f"{label}: {branch.text}", branch.below)


def _name(name: str) -> str:
    """A member's name as it is, where it is plain."""
    return name if name.isidentifier() or name.replace("-", "_").isidentifier() else _shown(name)
