"""Python's own files: the corpus of its grammar."""

from __future__ import annotations

import sysconfig
import tokenize
import warnings
from pathlib import Path


def standard_library() -> list[Path]:
    """Python's own files."""
    files = Path(sysconfig.get_path("stdlib")).rglob("*.py")
    return sorted(path for path in files if "site-packages" not in path.parts)


def text_of(path: Path) -> str | None:
    """A file's text; None: `compile` refuses it, or it is not in its encoding."""
    try:
        with tokenize.open(path) as file, warnings.catch_warnings(action="ignore"):
            text = file.read()
            compile(text, str(path), "exec", dont_inherit=True)
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return None
    return text
