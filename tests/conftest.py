"""Data that only some machines have."""

from __future__ import annotations

import io
import json
import lzma
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def _archive(name: str) -> dict[str, Any]:
    path = Path(os.environ.get("STRUCTGEN_DATA", SHARED)) / name
    if not path.exists():
        reason = f"{name} is not there: put it into a folder and name that in STRUCTGEN_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    files: dict[str, Any] = {}
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(path.read_bytes()))) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".json"):
                files[member.name.removeprefix("./")] = json.load(archive.extractfile(member))
    return files


@pytest.fixture(scope="session")
def maskbench() -> dict[str, Any]:
    """MaskBench schemas with their tests, by file name."""
    return _archive("maskbench-dev.tar.xz")


@pytest.fixture(scope="session")
def official_suite() -> dict[str, Any]:
    """JSON-Schema-Test-Suite, by path."""
    return _archive("json-schema-test-suite.tar.xz")
