"""Raw results: one JSON line each, appended as they come, so that a run can go on later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Store"]


class Store:
    """{engine: {schema: result}} in a file of JSON lines, and what describes the run.

    A last line that was cut off is dropped.

    Args:
        path: The file; made when the first result comes.

    Attributes:
        results: {engine: {schema: result}}.
        run: What describes the run, put together from all that was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, dict[str, dict[str, Any]]] = {}
        self.run: dict[str, Any] = {}
        if path.exists():
            text = path.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                path.write_text(whole, encoding="utf-8")
            for line in whole.splitlines():
                self._take(json.loads(line))

    def _take(self, record: Mapping[str, Any]) -> None:
        if "run" in record:
            for key, value in record["run"].items():
                known = self.run.get(key)
                self.run[key] = {**known, **value} if isinstance(known, dict) else value
        else:
            self.results.setdefault(record["engine"], {})[record["schema"]] = record["result"]

    def add(self, record: Mapping[str, Any]) -> None:
        """Keep {"run": ...} or {"engine", "schema", "result"}, on disk before it returns."""
        self._take(record)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
