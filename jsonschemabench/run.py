"""Cases through engines, by turns."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.progress import Progress

from jsonschemabench.engines import ENGINES, Source
from jsonschemabench.large import large_case
from jsonschemabench.llama3 import read_encoding
from jsonschemabench.store import Store
from jsonschemabench.workers import Worker

# Loads what every schema needs: code, kernels, the string that may hold anything.
WARM_UP = {
    "schema": {"type": "object"},
    "tests": [{"data": {"a": ["b", 1.5, None, True]}, "valid": True}],
}

__all__ = ["describe_run", "maskbench_case", "measure_memory", "run", "suite_case"]


def maskbench_case(
    encoding: Any, case: Mapping[str, Any], *, any_order: bool = False
) -> dict[str, Any]:
    """What a worker gets: the schema, and the tokens of `json.dumps(data, ensure_ascii=False)`."""
    return {
        "source": Source(case["schema"], any_order=any_order),
        "tests": _tokens(encoding, case["tests"], ensure_ascii=False),
    }


def suite_case(encoding: Any, case: Mapping[str, Any], remotes: Mapping[str, Any]) -> Any:
    """The same for the official suite: `json.dumps(data)`, members in any order, remotes."""
    return {
        "source": Source(case["schema"], resources=remotes, any_order=True),
        "tests": _tokens(encoding, case["tests"], ensure_ascii=True),
    }


def _tokens(encoding: Any, tests: Sequence[Any], ensure_ascii: bool) -> list[Any]:
    def encode(data: Any) -> list[int]:
        text = json.dumps(data, ensure_ascii=ensure_ascii)
        return list(encoding.encode(text, disallowed_special=()))

    return [(encode(test["data"]), bool(test["valid"])) for test in tests]


def run(
    names: Sequence[str],
    case: Callable[[Any, str], dict[str, Any]],
    engines: Mapping[str, str],
    store: Store,
    *,
    ranks: Path,
    timeout: float,
) -> None:
    """Measure what the store does not have yet.

    The engines take turns at each schema, and who begins rotates, so that whatever else the
    machine does hits all alike.

    Args:
        names: The cases, in this order.
        case: (encoding, name) to what a worker gets.
        engines: {name: "module:class"}.
        store: Where results go.
        ranks: The tokenizer's file.
        timeout: Seconds for a schema and an engine.

    Raises:
        EngineUnavailableError: An engine cannot start.
    """
    turns = list(engines)
    todo = {n: [e for e in turns if n not in store.results.get(e, {})] for n in names}
    todo = {name: missing for name, missing in todo.items() if missing}
    if not todo:
        return
    encoding = read_encoding(ranks)
    warm_up = maskbench_case(encoding, WARM_UP)
    workers = {e: Worker(target, ranks, warm_up, timeout) for e, target in engines.items()}
    try:
        with Progress() as progress:
            task = progress.add_task("schemas", total=len(names), completed=len(names) - len(todo))
            for number, (name, missing) in enumerate(todo.items()):
                work = case(encoding, name)
                first = number % len(turns)
                for engine in turns[first:] + turns[:first]:
                    if engine in missing:
                        progress.update(task, description=f"{engine}: {name}"[:60])
                        result = workers[engine].measure(work)
                        store.add({"engine": engine, "schema": name, "result": result})
                progress.advance(task)
        store.add({"run": {"ready": {e: w.ready for e, w in workers.items() if w.ready}}})
    finally:
        for worker in workers.values():
            worker.close()


def measure_memory(
    engines: Mapping[str, str], store: Store, *, ranks: Path, timeout: float
) -> None:
    """Measure a schema of 1 MB in a fresh process of each engine.

    Raises:
        EngineUnavailableError: An engine cannot start.
    """
    encoding = read_encoding(ranks)
    warm_up = maskbench_case(encoding, WARM_UP)
    large = maskbench_case(encoding, large_case())
    for engine, target in engines.items():
        worker = Worker(target, ranks, warm_up, timeout)
        try:
            result = worker.measure(large)
        finally:
            worker.close()
        kept = {key: result[key] for key in result.keys() - {"cold", "warm", "outcomes"}}
        store.add({"run": {"memory": {engine: kept}}})


def describe_run(data: str, engines: Sequence[str]) -> dict[str, Any]:
    """The machine, the versions and the data, for the report."""
    return {
        "data": data,
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {engine: _version(ENGINES[engine][1]) for engine in engines},
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "source tree"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
