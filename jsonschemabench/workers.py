"""Each engine in a process of its own: a schema that hangs or crashes it costs only that schema."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["Worker"]

_START_SECONDS = 300.0


def _serve(connection: Connection, name: str, ranks: Path) -> None:
    import warnings

    from jsonschemabench.engines import ENGINES, read_encoding
    from jsonschemabench.measure import measure

    warnings.simplefilter("ignore")
    engine = ENGINES[name](ranks)
    encoding = read_encoding(ranks)
    # Load and warm what every schema needs: kernels, and the string that may hold anything.
    warm = {"schema": {"type": "object"}, "tests": [{"data": {"a": ["b", 1.5]}, "valid": True}]}
    measure(engine, encoding, warm)
    connection.send("ready")
    while True:
        connection.send(measure(engine, encoding, connection.recv()))


class Worker:
    """An engine's process, started again when it dies.

    Args:
        name: The engine.
        ranks: The tokenizer's file.
        seconds: Time allowed for a schema.
    """

    def __init__(self, name: str, ranks: Path, seconds: float) -> None:
        self._arguments = (name, ranks)
        self._seconds = seconds
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(_START_SECONDS):
            raise TimeoutError(f"{self._arguments[0]} did not start in {_START_SECONDS} s")
        self._connection.recv()

    def measure(self, case: dict[str, Any]) -> dict[str, Any]:
        """The measurements of one schema, {"refused": ...} when it took too long or crashed."""
        try:
            self._connection.send(case)
            if self._connection.poll(self._seconds):
                return dict(self._connection.recv())
            reason = f"killed after {self._seconds:g} s"
        except (EOFError, OSError):
            reason = "the process died"
        self.close()
        self._start()
        return {"refused": reason}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._connection.close()
