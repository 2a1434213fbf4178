"""Where files that can be made again are kept, and how files are written whole."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

__all__ = ["cache_directory", "write_whole"]


def cache_directory() -> Path:
    """The folder for prepared files, made when it is not there.

    `STRUCTGEN_CACHE` names it; otherwise it is `structgen` in the user's cache folder of the
    platform.

    Raises:
        OSError: The folder cannot be made.

    Source:
        XDG Base Directory Specification 0.8, `XDG_CACHE_HOME`.
    """
    named = os.environ.get("STRUCTGEN_CACHE")
    try:
        path = Path(named) if named else _users_folder()
    except RuntimeError as error:  # of a user without a home
        raise OSError(str(error)) from None
    path.mkdir(parents=True, exist_ok=True)
    return path


def _users_folder() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "structgen" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "structgen"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "structgen"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that others see all of it, or what was there before.

    Raises:
        OSError: It cannot be written.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
