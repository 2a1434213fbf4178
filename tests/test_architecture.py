"""The layers of docs/architecture.md, checked on the source text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "structgen"
LAYERS = [  # bottom to top; a module imports only from its own and lower ones
    {"backports", "errors", "bitmask", "cache", "mask_rows"},
    {"vocabulary"},
    {"regular"},
    {"network"},
    {"grammar"},
    {"automaton"},
    {"frontends"},
    {"saving"},
    {"matcher", "compiler"},
    {"inspect_mask", "random_texts", "expectations"},
    {"models"},
    {"decoding"},
    {"integrations", "cli", "__init__", "__main__"},
]
SIDEWAYS = {("frontends", "automaton")}  # front ends know the network, not the engine


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(name: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "numba":
            assert path.parent.name == "kernels", f"{path.name} imports numba"
        if package in ("torch", "transformers"):
            assert own in ("integrations", "bitmask", "models", "decoding"), (
                f"{path.name} imports {package}"
            )
        if package == "structgen" and rest and rest[0].islower():
            target = rest.split(".")[0]
            if not (ROOT / target).exists() and not (ROOT / f"{target}.py").exists():
                continue  # a name of the package itself
            assert layer(target) <= layer(own), f"{own} imports {name}"
            assert (own, target) not in SIDEWAYS, f"{own} imports {name}"


def test_only_its_front_end_knows_json_schema() -> None:
    for path in modules():
        if "json_schema" not in str(path) and path.name not in (
            "compiler.py",
            "__init__.py",
            "embedded.py",
        ):
            assert not any(
                "json_schema" in name for name in imports(path) if "cli" not in path.parts
            )
