"""What each class of keywords costs: times over the schemas that use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschemabench.report import Results, markdown_table, measured, times
from jsonschemabench.statistics import summarise

__all__ = ["CLASSES", "keyword_report", "used_classes"]

CLASSES: dict[str, tuple[str, ...]] = {
    "all schemas": (),
    "`anyOf`": ("anyOf",),
    "`oneOf`": ("oneOf",),
    "`allOf`": ("allOf",),
    "`not`": ("not",),
    "`if`": ("if",),
    "dependencies": ("dependencies", "dependentRequired", "dependentSchemas"),
    "`patternProperties`": ("patternProperties",),
    "`propertyNames`": ("propertyNames",),
    "counts of members": ("minProperties", "maxProperties"),
    "`contains`": ("contains",),
    "`uniqueItems`": ("uniqueItems",),
    "`unevaluated...`": ("unevaluatedProperties", "unevaluatedItems"),
    "bounds of numbers": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "`multipleOf`": ("multipleOf",),
    "lengths of strings": ("minLength", "maxLength"),
    "`pattern`": ("pattern",),
    "`format`": ("format",),
    "`$ref`": ("$ref", "$dynamicRef", "$recursiveRef"),
}
# Keywords whose value is not a schema but holds schemas by name, and those that hold plain data.
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_DATA = ("const", "enum", "default", "examples", "example")


def used_classes(schema: Any) -> set[str]:
    """The classes of keywords that a schema uses anywhere.

    Example:
        >>> sorted(used_classes({"properties": {"not": {"type": "null", "minLength": 2}}}))
        ['all schemas', 'lengths of strings']
    """
    keywords = set(_keywords(schema))
    return {name for name, group in CLASSES.items() if not group or not keywords.isdisjoint(group)}


def _keywords(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            yield from part
            for keyword, value in part.items():
                if keyword in _MAPS and isinstance(value, dict):
                    waiting += value.values()
                elif keyword not in _DATA:
                    waiting.append(value)


def keyword_report(results: Results, schemas: Mapping[str, Any]) -> str:
    """A table of the time between masks, cold, over the schemas that use a class of keywords.

    Args:
        results: The same schemas for every engine; the first is compared with each other one.
        schemas: The schema of each name.
    """
    engine, *peers = results
    mine = measured(results[engine])
    classes = {name: used_classes(schemas[name]) for name in mine}
    rows = []
    for label in CLASSES:
        names = [name for name in mine if label in classes[name]]
        if not names:
            continue
        own = summarise(times((mine[name] for name in names), "cold"))
        row = [label, f"{len(names):,}", f"{own.average:,.1f}", f"{own.p99:,.1f}"]
        for peer in peers:
            theirs = measured(results[peer])
            both = [name for name in names if name in theirs]
            one = summarise(times((mine[name] for name in both), "cold"))
            other = summarise(times((theirs[name] for name in both), "cold"))
            row.append(f"{len(both):,}")
            for column in ("average", "p99"):
                a, b = float(getattr(one, column)), float(getattr(other, column))
                row.append(f"{a / b:.2f}" if b else "")
        rows.append(row)
    head = ["schemas with", "measured", "average", "p99"]
    for peer in peers:
        head += [f"also by {peer}", "ratio of averages", "of p99"]
    title = "## Time between masks, cold, by keywords (us)"
    return f"{title}\n\n{markdown_table(head, rows)}\n"
