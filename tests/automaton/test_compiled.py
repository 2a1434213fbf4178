"""How compiled kernels are kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from structgen.automaton.kernels import compiled


def test_the_folder_is_of_all_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba looks at a function's own file only: a caller would keep what it called before."""
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path / "cache"))
    copies = tmp_path / "kernels"
    shutil.copytree(Path(compiled.__file__).parent, copies)
    as_it_is = compiled._folder()
    monkeypatch.setattr(compiled, "__file__", str(copies / "compiled.py"))
    assert compiled._folder() == as_it_is
    with open(copies / "states.py", "a") as file:
        file.write("# changed\n")
    assert compiled._folder() != as_it_is
    assert Path(compiled._folder()).is_dir()


def test_without_a_folder_kernels_are_compiled_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    program = """
from structgen.automaton.kernels import byte_class
print(byte_class(48), byte_class.stats.cache_path)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | {"STRUCTGEN_CACHE": str(tmp_path / "file" / "below")},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1 None\n"


def test_a_folder_that_cannot_be_written_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numba would look for another one, which is not named by all kernels."""
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert compiled._folder() == ""


def test_a_user_without_a_home_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("STRUCTGEN_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert compiled._folder() == ""
