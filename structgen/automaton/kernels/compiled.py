"""How kernels are compiled: without Python's lock, and kept on disk until one of them changes.

Numba renews what it keeps of a function when the function's own file changes, not when a file that
it calls into does. So the folder is named by all of them: no process ever links old code with new.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from numba import config, njit

from structgen.cache import cache_directory


def _folder() -> str:
    """Where compiled kernels are kept; empty where nothing can be written."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    name = digest.hexdigest()[:16]
    try:
        folder = Path(config.CACHE_DIR or cache_directory() / "kernels") / name
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""


_FOLDER = _folder()


def kernel(function):
    """`function`, compiled at its first call for the types it is called with."""
    chosen = config.CACHE_DIR
    config.CACHE_DIR = _FOLDER
    try:
        return njit(cache=bool(_FOLDER), nogil=True)(function)
    finally:
        config.CACHE_DIR = chosen
