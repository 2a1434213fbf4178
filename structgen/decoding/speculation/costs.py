"""What a forward pass costs on this machine, by its number of tokens."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from structgen.cache import cache_directory
from structgen.models.protocol import TreeBackend, TreeSession

__all__ = ["SIZES", "load_costs", "measure_costs"]

SIZES = (1, 2, 4, 8, 16, 32, 64)
_TEXT_TOKENS = 128  # in the cache while measuring
_ROUNDS = 3


def load_costs(backend: TreeBackend) -> dict[int, float]:
    """The costs of a model, measured once and kept in the cache folder.

    Args:
        backend: A model without a tree obstacle.

    Returns:
        Seconds by number of tokens, for `SIZES` up to the model's window.
    """
    described = backend.describe()
    if described is None:
        return measure_costs(backend)
    name = sha256(described.encode()).hexdigest()[:24]
    try:
        file = cache_directory() / "pass-costs" / f"{name}.json"
        kept = _read(file)
        if kept is None:
            kept = measure_costs(backend)
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(kept))
        return kept
    except OSError:  # nowhere to keep them
        return measure_costs(backend)


def measure_costs(backend: TreeBackend) -> dict[int, float]:
    """Seconds of a forward pass for each of `SIZES`, the least of some rounds."""
    window = backend.window
    room = None if window is None else window // 2
    sizes = [size for size in SIZES if room is None or size <= room]
    best: dict[int, float] = {}
    for _ in range(_ROUNDS):
        session = backend.start_tree()
        text = [0] * (
            _TEXT_TOKENS if room is None else max(1, min(_TEXT_TOKENS, room - len(sizes)))
        )
        session.forward_tree(text, [], [])
        for size in sizes:
            seconds = _pass_seconds(session, size)
            best[size] = min(seconds, best.get(size, seconds))
    return best


def _pass_seconds(session: TreeSession, size: int) -> float:
    """One pass over a token of the text and a bush of drafts."""
    tokens, parents = list(range(size - 1)), [-1] * (size - 1)
    start = time.perf_counter()
    session.forward_tree([0], tokens, parents)[-1].argmax().item()  # waits for a device
    seconds = time.perf_counter() - start
    session.keep_path([])
    return seconds


def _read(file: Path) -> dict[int, float] | None:
    try:
        kept: dict[str, Any] = json.loads(file.read_text())
        return {int(size): float(seconds) for size, seconds in kept.items()}
    except (OSError, ValueError, AttributeError):
        return None
