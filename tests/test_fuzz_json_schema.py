"""A short run of the fuzzer, and that it finds what it is for."""

from __future__ import annotations

from typing import Any

import pytest

import structgen as sg
from tests import fuzz_json_schema as fuzz


def test_a_short_run_finds_nothing_wrong() -> None:
    report = fuzz.run(range(150))
    # How long a schema may take is for the command to judge, on a machine of its own.
    assert [each for each in report.failures if each[1].kind != "too slow"] == []
    assert report.outcomes["compiled"] >= 20
    assert min(report.checks["valid"], report.checks["invalid"]) >= 100


def test_a_seed_is_a_schema() -> None:
    assert fuzz.schema_of(7) == fuzz.schema_of(7)


def test_a_wrong_engine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sg.json_schema

    def wrong(schema: Any, **options: Any) -> Any:
        schema = {key: value for key, value in schema.items() if key != "minLength"}
        return right(schema, **options)

    monkeypatch.setattr(fuzz.sg, "json_schema", wrong)
    schema = {"type": "string", "title": "t", "minLength": 2, "maxLength": 3}
    [first, *_] = fuzz.examine(schema, 1, fuzz.Report())
    assert first.kind == "wrongly accepted"
    smallest = fuzz.smallest(first, 1).schema
    assert "minLength" in smallest and "title" not in smallest


@pytest.mark.parametrize(
    ("text", "exact"), [("[1, 0.1]", True), ("1e999", False), ("9007199254740993.5", False)]
)
def test_numbers_that_validators_misread_are_left_out(text: str, exact: bool) -> None:
    assert fuzz.is_exact(text) == exact
