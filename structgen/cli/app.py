"""The application that commands register with."""

from __future__ import annotations

import importlib.metadata
from typing import Annotated

import typer

__all__ = ["app", "bench"]

app = typer.Typer(add_completion=False, rich_markup_mode=None)
bench = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(bench, name="bench", help="Measure on this machine.")


def _version(wanted: bool) -> None:
    if wanted:
        print("structgen", importlib.metadata.version("structgen"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Constrained generation: schemas and patterns as exact token masks."""
