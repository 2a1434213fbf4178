"""Each engine in a process of its own: a schema that hangs or crashes it costs only that schema."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["EngineUnavailableError", "Worker"]

START_SECONDS = 300.0
MEMORY_LIMIT = 12 << 30
SINGLE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class EngineUnavailableError(RuntimeError):
    """The engine's process cannot start; usually its package is not installed."""


def _serve(connection: Connection, target: str, ranks: Path, warm_up: dict[str, Any]) -> None:
    import gc
    import os
    import resource
    import warnings

    with open(os.devnull, "w") as sink:  # what engines print would break the progress bar
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    os.environ.update(SINGLE_THREAD)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))

    from jsonschemabench.engines import open_engine
    from jsonschemabench.measure import measure, resident_bytes

    try:
        engine = open_engine(target, ranks)
        bare = resident_bytes()
        measure(engine, warm_up)
    except Exception as error:
        connection.send({"error": f"{type(error).__name__}: {error}"})
        return
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked at again
    connection.send({"resident": resident_bytes() - bare})
    while True:
        try:
            case = connection.recv()
        except EOFError:
            return
        result = measure(engine, case)
        result["resident"] = resident_bytes() - bare
        connection.send(result)


class Worker:
    """An engine's process: started when first needed, and again after it died.

    Args:
        target: `module:class` of the engine.
        ranks: The tokenizer's file.
        warm_up: A case that it measures before the first one.
        seconds: Time allowed for a schema.

    Attributes:
        ready: {"resident": bytes above the bare vocabulary} once it has started and warmed up.
    """

    def __init__(self, target: str, ranks: Path, warm_up: dict[str, Any], seconds: float) -> None:
        self._arguments = (target, ranks, warm_up)
        self._seconds = seconds
        self.ready: dict[str, Any] = {}
        self._process: Any = None
        self._connection: Connection | None = None

    def start(self) -> None:
        """Start the process unless it runs.

        Raises:
            EngineUnavailableError: It did not come up.
        """
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()
        answer: dict[str, Any] = {"error": f"no answer in {START_SECONDS:g} s"}
        try:
            if self._connection.poll(START_SECONDS):
                answer = self._connection.recv()
        except (EOFError, OSError):
            answer = {"error": "the process died"}
        if "error" in answer:
            self.close()
            name = self._arguments[0].partition(":")[2]
            raise EngineUnavailableError(
                f"{name} cannot start ({answer['error']}); the engines are in structgen[bench]"
            )
        self.ready = answer

    def measure(self, case: dict[str, Any]) -> dict[str, Any]:
        """The measurements of one schema; status "timeout" or "crashed" when the process was lost.

        Raises:
            EngineUnavailableError: The process did not come up.
        """
        self.start()
        assert self._connection is not None
        try:
            self._connection.send(case)
            if self._connection.poll(self._seconds):
                return dict(self._connection.recv())
            lost = {"status": "timeout", "reason": f"killed after {self._seconds:g} s"}
        except (EOFError, OSError):
            self._process.join(5)
            lost = {"status": "crashed", "reason": f"exit code {self._process.exitcode}"}
        self.close()
        return lost

    def close(self) -> None:
        """End the process, if it runs."""
        if self._process is not None and self._connection is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
        self._process = self._connection = None
