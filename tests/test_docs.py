"""Examples in the documentation that can run without a model, and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from structgen.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_loop_of_the_quickstart_runs() -> None:
    page = (ROOT / "docs" / "quickstart.md").read_text()
    loop = page.split("## Your own loop")[1]
    code = re.findall(r"```python\n(.*?)```", loop, re.DOTALL)[0]
    exec(compile(code, "quickstart.md", "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_examples_parse(page: Path) -> None:
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        compile(code, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_exist(page: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, arguments in re.findall(
        r"^    (?:\$ )?structgen (\w[\w-]*)((?:.*\\\n)*.*)", page.read_text(), re.MULTILINE
    ):
        command = commands[name]
        if hasattr(command, "commands"):  # a group: the next word is the command
            command = command.commands[arguments.split()[0]]
        options = {
            word
            for parameter in command.params
            for word in (*parameter.opts, *parameter.secondary_opts)
        }
        assert set(re.findall(r"(?<=\s)--[a-z-]+", arguments)) <= options


def test_the_schema_of_the_quickstart_is_the_example() -> None:
    page = (ROOT / "docs" / "quickstart.md").read_text()
    assert (ROOT / "examples" / "person.json").read_text() in page
