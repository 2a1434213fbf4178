"""The command line, as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from structgen.cli import main

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["structgen", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), output.out, output.err


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


def test_validate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, schema: str
) -> None:
    file = tmp_path / "text.json"
    file.write_text('{"name": "Ada"}\n')
    assert run(monkeypatch, capsys, "validate", "--schema", schema, str(file))[0] == 0
    file.write_text('{\n  "name": 3}')
    code, out, _ = run(monkeypatch, capsys, "validate", "--schema", schema, str(file))
    assert code == 1
    assert "text.json:2:11: expected" in out and out.endswith("          ^\n")


def test_mask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], schema: str
) -> None:
    code, out, _ = run(monkeypatch, capsys, "mask", "--schema", schema, '{"na')
    assert code == 0
    assert "of 49152 tokens" in out and "may end here: no" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["mask", "x"], "say either --schema or --regex"),
        (["mask", "--regex", "(", "x"], "Malformed regular expression"),
        (["mask", "--regex", "ab", "ax"], "cannot go on with 'x'"),
        (["mask", "--schema", "/no/such/file"], "No such file"),
        (["mask", "--regex", "a", "--tokenizer", "/no/such/file.txt"], "Cannot read"),
    ],
)
def test_errors_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    code, _, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert sentence in err and "Traceback" not in err
