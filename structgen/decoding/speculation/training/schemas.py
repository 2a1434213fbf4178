"""Schemas to train on and schemas to measure with, apart from each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschemabench.data import read_json_files

__all__ = ["read_schemas", "split"]

TEST_SHARE = 0.1

# A few kinds of records, for where no schemas are given: enough to try the command out.
_TYPES: dict[str, Any] = {
    "name": {"type": "string", "maxLength": 40},
    "count": {"type": "integer", "minimum": 0, "maximum": 1000},
    "price": {"type": "number", "minimum": 0},
    "day": {"type": "string", "format": "date"},
    "active": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 4},
    "level": {"enum": ["low", "middle", "high"]},
    "note": {"type": ["string", "null"], "maxLength": 60},
}
_RECORDS = ("book", "city", "order", "person", "planet", "recipe", "song", "ticket", "tool", "trip")


def read_schemas(place: Path | None) -> dict[str, Any]:
    """{name: JSON Schema} of a folder or a tar archive of JSON files; None: a small sample.

    A file is a schema, or a case of MaskBench, which has one as its member `schema`.

    Raises:
        ValueError: There is no such folder or archive, it is broken, or it has no schemas.
    """
    if place is None:
        return _sample()
    found = {name: _schema(content) for name, content in read_json_files(place).items()}
    if not found:
        raise ValueError(f"{place} has no JSON files")
    return found


def split(names: list[str]) -> tuple[list[str], list[str]]:
    """Names for training and names for measuring, in an order that has nothing to do with them.

    Each name's place depends on the name alone, so that more files do not move a schema from one
    side to the other.

    Example:
        >>> training, held_out = split([str(number) for number in range(100)])
        >>> len(training) + len(held_out), set(training) & set(held_out)
        (100, set())
    """
    places = {name: int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) for name in names}
    ordered = sorted(names, key=places.__getitem__)
    bound = TEST_SHARE * 16**12
    return (
        [name for name in ordered if places[name] >= bound],
        [name for name in ordered if places[name] < bound],
    )


def _schema(content: Any) -> Any:
    if isinstance(content, Mapping) and "schema" in content and "tests" in content:
        return content["schema"]
    return content


def _sample() -> dict[str, Any]:
    """Each kind of record with each pair of neighbouring properties left out."""
    names = list(_TYPES)
    found = {}
    for record in _RECORDS:
        for first in range(len(names)):
            left_out = {names[first], names[(first + 1) % len(names)]}
            members = {name: schema for name, schema in _TYPES.items() if name not in left_out}
            found[f"{record}-{first}"] = {
                "title": record,
                "type": "object",
                "properties": members,
                "required": list(members),
                "additionalProperties": False,
            }
    return found
