"""TypedDicts of the standard library, wherever they occur in a type."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pydantic
import pytest
import typing_extensions

import structgen as sg
from structgen.frontends.json_schema import schema_of


class Point(TypedDict):
    x: Literal["left", "right"]
    y: NotRequired[int]


class Path(Point, total=False):
    points: list[Point]
    start: Required[Point | None]


class Same(typing_extensions.TypedDict):
    x: Literal["left", "right"]
    y: typing_extensions.NotRequired[int]


class Recursive(TypedDict):
    inner: list[Recursive]


class Unknown(TypedDict):
    x: Nothing  # type: ignore[name-defined]  # noqa: F821


def point_schema() -> dict[str, Any]:
    schema = schema_of(Same)
    return {key: value for key, value in schema.items() if key != "title"}


@pytest.mark.parametrize(
    ("annotation", "keys"),
    [
        (Point, ()),
        (list[Point], ("items",)),
        (dict[str, Point], ("additionalProperties",)),
        (Point | None, ("anyOf", 0)),
        (Annotated[Point, pydantic.Field(description="where")], ()),
        (Path, ("properties", "points", "items")),
        (Path, ("properties", "start", "anyOf", 0)),
    ],
)
def test_typed_dicts(annotation: Any, keys: tuple[Any, ...]) -> None:
    schema = schema_of(annotation)
    found: Any = schema
    for key in keys:
        found = found[key]
    found = schema["$defs"]["Point"] if "$ref" in found else found
    assert found | point_schema() == found
    if annotation is Path:
        assert schema["required"] == ["x", "start"]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (Recursive, "typing_extensions.TypedDict"),
        (Unknown, "'Nothing' is not defined"),
        (object(), "has no JSON Schema"),
    ],
)
def test_what_has_no_schema(annotation: Any, reason: str) -> None:
    with pytest.raises(sg.GrammarError, match=reason) as raised:
        schema_of(annotation)
    assert "\n" not in str(raised.value)
