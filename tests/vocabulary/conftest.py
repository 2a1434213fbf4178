"""Vocabularies of these tests are prepared in a cache of their own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory."""
    path = tmp_path / "cache"
    monkeypatch.setenv("STRUCTGEN_CACHE", str(path))
    return path
