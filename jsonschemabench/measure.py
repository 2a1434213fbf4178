"""One engine on one schema, by the method of MaskBench."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from jsonschemabench.engines.protocol import Engine, Session, Unsatisfiable
from jsonschemabench.llama3 import END_OF_SEQUENCE

__all__ = ["measure", "resident_bytes"]


def measure(engine: Engine, case: dict[str, Any]) -> dict[str, Any]:
    """Compile a schema and run its instances through the masks, twice.

    TTFM is the time to compile and to fill the first mask. TBM is one mask and one accept, for
    each token, the refused one included. The first pass over a freshly compiled schema is cold,
    the second one warm.

    Args:
        engine: The engine.
        case: {"source": Source, "tests": [(token ids, valid), ...]}.

    Returns:
        {"status": "measured", "ttfm": ns, "cold": [ns, ...], "warm": [ns, ...], "outcomes": [...]}
        with one outcome a test: "right", "accepted" (an invalid one was), "refused at token i" (a
        valid one was), "no end" (end-of-sequence was not allowed after a valid one), "disagrees"
        (the mask and what was accepted differ) or "unsteady" (the second pass came out otherwise);
        or {"status": "refused" | "unsatisfiable" | "failed", "reason": text}.
    """
    gc.collect(0)
    prepared = engine.prepare(case["source"])
    clock = time.perf_counter_ns
    start = clock()
    try:
        session = engine.compile(prepared)
        session.mask()
        ttfm = clock() - start
    except Unsatisfiable as error:
        return {"status": "unsatisfiable", "reason": _reason(error)}
    except Exception as error:  # each engine has errors of its own
        return {"status": "refused", "reason": _reason(error)}
    try:
        cold: list[int] = []
        warm: list[int] = []
        outcomes = [_run(session, tokens, valid, cold) for tokens, valid in case["tests"]]
        again = [_run(session, tokens, valid, warm) for tokens, valid in case["tests"]]
    except Exception as error:
        return {"status": "failed", "reason": _reason(error)}
    return {
        "status": "measured",
        "ttfm": ttfm,
        "cold": cold,
        "warm": warm,
        "outcomes": [
            first if first == second else "unsteady"
            for first, second in zip(outcomes, again, strict=True)
        ],
    }


def _run(session: Session, tokens: list[int], valid: bool, times: list[int]) -> str:
    clock = time.perf_counter_ns
    mask, accept = session.mask, session.accept
    session.reset()
    for number, token in enumerate(tokens):
        start = clock()
        mask()
        taken = accept(token)
        times.append(clock() - start)
        if taken != _allows(session, token):
            return "disagrees"
        if not taken:
            return f"refused at token {number}" if valid else "right"
    mask()
    ended = _allows(session, END_OF_SEQUENCE)
    if ended == valid:
        return "right"
    return "no end" if valid else "accepted"


def _allows(session: Session, token: int) -> bool:
    return bool(int(session.row[token >> 5]) >> (token & 31) & 1)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:400]


def resident_bytes() -> int:
    """Resident memory of this process; its peak where the present figure cannot be read."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
