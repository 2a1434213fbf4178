"""What `import structgen` offers, and what it does not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import structgen
from structgen import errors

EXPORTS = Path(structgen.__file__)
NAMES = {
    *("json_schema", "regex", "choice"),
    *("lark", "ebnf", "gbnf", "substring", "special_token", "structural_tags", "Tag"),
    *("Vocabulary", "Grammar", "CompiledGrammar", "compile", "load"),
    *("Matcher", "fill_bitmasks", "allocate_bitmask", "allowed_tokens", "apply_bitmask"),
    "sample",
    *("generate", "Generator", "Stream", "Result", "Stats", "Speculation", "LogitsProcessor"),
    *errors.__all__,
}


def test_names() -> None:
    assert len(structgen.__all__) == len(set(structgen.__all__))
    assert set(structgen.__all__) == NAMES
    assert set(dir(structgen)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_is_the_one_that_type_checkers_see(name: str) -> None:
    imports = {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(EXPORTS.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    module = imports[name]
    assert module is not None
    value = getattr(structgen, name)
    assert value is getattr(sys.modules[module], name)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = structgen.nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import structgen", {"numba", "numpy", "torch", "transformers", "pydantic", "typer"}),
        ("import structgen; structgen.compile, structgen.Vocabulary", {"torch", "transformers"}),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, absent: set[str]) -> None:
    program = f"{code}\nimport sys\nprint(*sorted({absent} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ""
