"""A schema of about one megabyte, made by counting, to see how much memory it takes."""

from __future__ import annotations

from typing import Any

__all__ = ["large_case"]

SECTIONS = 1_480
FILLED = 60


def large_case() -> dict[str, Any]:
    """{"schema", "tests"}: a configuration of 1,480 sections (about 1 MB), and one instance."""
    sections = {f"section_{number:04}": _section(number) for number in range(SECTIONS)}
    step = SECTIONS // FILLED
    data = {f"section_{n:04}": _instance(n) for n in range(0, SECTIONS, step)}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
        "$defs": {
            "window": {
                "type": "object",
                "properties": {
                    "from": {"type": "integer", "minimum": 0, "maximum": 23},
                    "to": {"type": "integer", "minimum": 0, "maximum": 23},
                    "next": {"$ref": "#/$defs/window"},
                },
                "required": ["from", "to"],
                "additionalProperties": False,
            }
        },
    }
    return {"schema": schema, "tests": [{"data": data, "valid": True}]}


def _section(number: int) -> dict[str, Any]:
    words = ["low", "middle", "high", "off", f"mode_{number}"]
    return {
        "type": "object",
        "description": f"Section {number} of a configuration made for measuring memory.",
        "properties": {
            f"name_{number}": {"type": "string", "minLength": 1, "maxLength": 40 + number % 50},
            f"level_{number}": {"enum": words},
            f"limit_{number}": {"type": "integer", "minimum": 0, "maximum": 10 + number},
            f"ratio_{number}": {"type": "number"},
            f"code_{number}": {"type": "string", "pattern": f"^[A-Z]{{2}}-{number}-[0-9]{{3}}$"},
            f"hosts_{number}": {
                "type": "array",
                "items": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "maxItems": 8,
            },
            f"enabled_{number}": {"type": "boolean"},
            f"window_{number}": {"$ref": "#/$defs/window"},
        },
        "required": [f"name_{number}", f"level_{number}"],
        "additionalProperties": False,
    }


def _instance(number: int) -> dict[str, Any]:
    return {
        f"name_{number}": f"Section number {number}",
        f"level_{number}": f"mode_{number}",
        f"limit_{number}": number,
        f"ratio_{number}": 0.25,
        f"code_{number}": f"AB-{number}-042",
        f"hosts_{number}": ["alpha", "beta-2"],
        f"enabled_{number}": True,
        f"window_{number}": {"from": 6, "to": 22, "next": {"from": 1, "to": 2}},
    }
