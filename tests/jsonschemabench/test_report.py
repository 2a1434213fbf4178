"""Tables, failures, plots; the command as a whole."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from typing import Any

import pytest
import typer

from jsonschemabench.__main__ import main
from jsonschemabench.keywords import keyword_report
from jsonschemabench.llama3 import default_ranks
from jsonschemabench.report import failures, report, suite_report
from jsonschemabench.statistics import percentile


def measured(ttfm: int, cold: list[int], outcomes: list[str], resident: int = 0) -> dict[str, Any]:
    return {
        "status": "measured",
        "ttfm": ttfm,
        "cold": cold,
        "warm": [time // 2 for time in cold],
        "outcomes": outcomes,
        "resident": resident,
    }


RESULTS: dict[str, dict[str, dict[str, Any]]] = {
    "one": {
        "a": measured(1_000_000, [2_000, 4_000], ["right", "right"], 5_000_000),
        "b": measured(3_000_000, [6_000], ["right"]),
        "c": {"status": "refused", "reason": "ValueError: keyword 'x' at #/properties/a"},
    },
    "two": {
        "a": measured(4_000_000, [8_000, 8_000], ["right", "accepted"]),
        "b": {"status": "timeout", "reason": "killed after 30 s"},
        "c": {"status": "refused", "reason": "ValueError: keyword 'x' at #/properties/b/2"},
    },
}
RUN = {
    "data": "made up",
    "machine": "abacus",
    "python": "3",
    "versions": {"one": "1", "two": "2"},
    "ready": {"one": {"resident": 1_000_000}},
    "memory": {"one": {"status": "measured", "resident": 9_000_000}, "two": {"status": "crashed"}},
}


@pytest.mark.parametrize(
    "row",
    [
        "| passing | 2 (66.7 %) | 0 (0.0 %) |",
        "| refused at compile | 1 | 1 |",
        "| an invalid instance accepted | 0 | 1 |",
        "| out of time | 0 | 1 |",
        "| compile and first mask: average | 2,000.0 | 4,000.0 |",  # each its own
        "| compile and first mask: average | 1,000.0 | 4,000.0 |",  # those that all compiled
        "| compile and first mask: average | 1,000.0 | 4,000.0 | 0.25 |",
        "| time between masks, cold: p50 | 4.0 | 8.0 | 0.50 |",
        "| time between masks, warm: largest | 3.0 | 4.0 |",
        "| after warming up | 1 |  |",
        "| largest during the run | 5 | 0 |",
        "| one 1 MB schema alone | 9 | crashed |",
    ],
)
def test_report_has(row: str) -> None:
    assert row in report(RESULTS, RUN).splitlines()


def test_failures_are_grouped_by_cause() -> None:
    text = failures({"one": {**RESULTS["one"], "d": RESULTS["two"]["c"]}})
    assert "2 x refused: ValueError: keyword 'x'" in text
    assert "`c`, `d`" in text
    assert "instance accepted" in failures(RESULTS)


def test_suite_report() -> None:
    tests = [{"data": 1, "valid": True}, {"data": 2, "valid": False}]
    cases = {f"draft7/{name}": {"schema": {}, "tests": tests} for name in "abc"}
    results = {"two": {f"draft7/{name}": result for name, result in RESULTS["two"].items()}}
    lines = suite_report(results, cases, RUN).splitlines()
    assert "| cases | 0 | 0 | 6 | 0 | 0 |" in lines
    assert "| wrongly accepted | 0 | 0 | 1 | 0 | 0 |" in lines
    assert "| refused at compile | 0 | 0 | 2 | 0 | 0 |" in lines


def test_keywords_have_rows_of_the_schemas_that_use_them() -> None:
    schemas = {"a": {"not": {"type": "null"}}, "b": {"properties": {"not": True}}, "c": {"not": {}}}
    lines = keyword_report(RESULTS, schemas).splitlines()
    assert "| all schemas | 2 | 4.0 | 6.0 | 1 | 0.38 | 0.50 |" in lines
    assert "| `not` | 1 | 3.0 | 4.0 | 1 | 0.38 | 0.50 |" in lines
    assert not any(line.startswith("| `if`") for line in lines)


def test_plots_are_written_and_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    from jsonschemabench.plots import draw_plots

    paths = draw_plots(RESULTS, tmp_path)
    assert [path.name for path in paths] == ["coverage.svg", "ttfm.svg", "tbm.svg"]
    first = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in draw_plots(RESULTS, tmp_path)] == first


def test_percentiles_of_nothing_and_all() -> None:
    assert percentile([], 50) == 0
    assert percentile([1, 2], 100) == 2


@pytest.mark.parametrize("module", ["data", "keywords", "report", "statistics"])
def test_examples(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"jsonschemabench.{module}"))
    assert found.attempted and not found.failed


def command(output: Path, **options: Any) -> None:
    defaults: dict[str, Any] = {"data": "sample", "suite": None, "engines": "structgen"}
    defaults |= {
        "sample": 0,
        "seed": 0,
        "timeout": 60.0,
        "memory": False,
        "tokenizer": None,
        "any_order": False,
    }
    main(**{**defaults, "output": output, "report_only": False, **options})


def test_command_end_to_end(tmp_path: Path) -> None:
    try:
        default_ranks()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    command(tmp_path, sample=12)
    text = (tmp_path / "report.md").read_text()
    assert "| passing | 12 (100.0 %) |" in text
    (tmp_path / "report.md").unlink()
    command(tmp_path, sample=12, report_only=True)
    assert (tmp_path / "report.md").read_text() == text
    command(tmp_path, sample=2, any_order=True)  # another run, not the rest of this one
    assert len((tmp_path / "any_order.jsonl").read_text().splitlines()) == 2 + 2


def test_command_errors_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, expected in (
        ({"engines": "abacus"}, "'abacus' is no engine"),
        ({"data": str(tmp_path / "absent"), "tokenizer": tmp_path}, "Cannot read"),
    ):
        with pytest.raises(typer.Exit) as stop:
            command(tmp_path, **options)
        assert stop.value.exit_code == 2
        assert expected in capsys.readouterr().err
