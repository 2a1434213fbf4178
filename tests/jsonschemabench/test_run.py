"""Workers that crash and hang, runs that go on, raw results on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jsonschemabench import run as runs
from jsonschemabench.store import Store
from jsonschemabench.workers import EngineUnavailableError, Worker
from tests.jsonschemabench.fakes import BROKEN, FAKE, ByteEncoding

WARM_UP = {"source": runs.Source({"type": "object"}), "tests": []}
CASES: dict[str, dict[str, Any]] = {
    "good": {"schema": {"allow": '"x'}, "tests": [{"data": "x", "valid": True}]},
    "crashing": {"schema": {"do": "crash"}, "tests": []},
    "hanging": {"schema": {"do": "hang"}, "tests": []},
    "good again": {"schema": {"allow": "1"}, "tests": [{"data": 2, "valid": False}]},
}


def go(store: Store, names: list[str], engines: dict[str, str]) -> None:
    runs.run(
        names,
        lambda encoding, name: runs.maskbench_case(encoding, CASES[name]),
        engines,
        store,
        ranks=Path(),
        timeout=1.0,
    )


@pytest.fixture(autouse=True)
def byte_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "read_encoding", lambda ranks: ByteEncoding())


def test_a_lost_process_costs_one_schema(tmp_path: Path) -> None:
    store = Store(tmp_path / "raw.jsonl")
    go(store, list(CASES), {"fake": FAKE})
    statuses = {name: result["status"] for name, result in store.results["fake"].items()}
    assert statuses == {
        "good": "measured",
        "crashing": "crashed",
        "hanging": "timeout",
        "good again": "measured",
    }
    assert store.results["fake"]["crashing"]["reason"] == "exit code 7"
    assert store.results["fake"]["good"]["outcomes"] == ["right"]
    assert store.run["ready"]["fake"]["resident"] >= 0


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    go(Store(path), ["good"], {"one": FAKE})
    with path.open("a") as file:
        file.write('{"engine": "one", "schema": "good again", "resu')  # cut off
    before = path.read_text()
    store = Store(path)
    go(store, ["good", "good again"], {"one": FAKE, "two": FAKE})
    assert {engine: list(found) for engine, found in store.results.items()} == {
        "one": ["good", "good again"],
        "two": ["good", "good again"],
    }
    written = path.read_text()
    assert written.startswith(before[: before.rindex("\n") + 1])
    assert Store(path).results == store.results
    go(Store(path), ["good", "good again"], {"one": FAKE, "two": FAKE})
    assert path.read_text() == written  # nothing left to do


def test_descriptions_are_put_together(tmp_path: Path) -> None:
    store = Store(tmp_path / "raw.jsonl")
    store.add({"run": {"data": "a", "memory": {"one": {"resident": 1}}}})
    store.add({"run": {"data": "b", "memory": {"two": {"resident": 2}}}})
    assert Store(store.path).run == {
        "data": "b",
        "memory": {"one": {"resident": 1}, "two": {"resident": 2}},
    }


def test_an_engine_that_cannot_start_is_named() -> None:
    worker = Worker(BROKEN, Path(), WARM_UP, 1.0)
    with pytest.raises(EngineUnavailableError, match="Broken cannot start.*no such package"):
        worker.measure(WARM_UP)


def test_texts() -> None:
    test = {"data": ["é", 1.5], "valid": True}
    case = runs.maskbench_case(ByteEncoding(), {"schema": {}, "tests": [test]})
    assert bytes(case["tests"][0][0]) == '["é", 1.5]'.encode()
    remotes = {"http://localhost:1234/a.json": {}}
    case = runs.suite_case(ByteEncoding(), {"schema": {}, "tests": [test]}, remotes)
    assert bytes(case["tests"][0][0]) == json.dumps(["é", 1.5]).encode()
    assert case["source"].any_order and case["source"].resources == remotes
