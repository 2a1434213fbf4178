"""One engine on one schema, by the method of MaskBench."""

from __future__ import annotations

import json
import time
from typing import Any

from jsonschemabench.engines import Engine

__all__ = ["measure"]


def measure(engine: Engine, encoding: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Compile a schema and run its instances through the masks, twice.

    TTFM is the time to compile and to fill the first mask; TBM is one mask and one accept, for
    each token, the refused one included. The second pass over the same compiled grammar is warm.

    Args:
        engine: The engine.
        encoding: The tokenizer.
        case: {"schema": ..., "tests": [{"data": ..., "valid": bool}, ...]}.

    Returns:
        {"ttfm", "cold", "warm", "wrong"}, times in microseconds; or {"refused": reason}.
    """
    clock = time.perf_counter_ns
    start = clock()
    try:
        engine.compile(case["schema"])
        engine.fill()
    except Exception as error:  # each engine has its own errors
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    result: dict[str, Any] = {"ttfm": (clock() - start) / 1e3, "cold": [], "warm": [], "wrong": []}
    for phase in ("cold", "warm"):
        times = result[phase]
        for number, test in enumerate(case["tests"]):
            text = json.dumps(test["data"], ensure_ascii=False)
            tokens = encoding.encode(text, disallowed_special=())
            engine.restart()
            taken = True
            for token in tokens:
                start = clock()
                engine.fill()
                taken = engine.accept(token)
                times.append((clock() - start) / 1e3)
                if not taken:
                    break
            if taken:
                taken = engine.may_end()
            if phase == "cold" and taken != test["valid"]:
                result["wrong"].append({"test": number, "accepted": taken})
    return result
