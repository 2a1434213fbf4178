"""Reading schemas, drawing samples, and the sample that comes with the package."""

from __future__ import annotations

import datetime
import io
import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jsonschemabench.data import DataError, draw, family, load, read_json_files, read_sample
from jsonschemabench.large import large_case
from jsonschemabench.llama3 import read_encoding
from jsonschemabench.suite import judge, read_suite

SAMPLE = read_sample()
FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(text: Any) -> bool:
    return not isinstance(text, str) or (
        "T" in text and bool(datetime.datetime.fromisoformat(text))
    )


@pytest.mark.parametrize("name", SAMPLE)
def test_sample_is_what_it_says(name: str) -> None:
    schema, tests = SAMPLE[name]["schema"], SAMPLE[name]["tests"]
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for test in tests:
        valid = validator(schema, format_checker=FORMATS).is_valid(test["data"])
        assert valid == test["valid"], test["data"]


def test_sample_has_both_kinds() -> None:
    assert len(SAMPLE) >= 40
    kinds = Counter(test["valid"] for case in SAMPLE.values() for test in case["tests"])
    assert min(kinds.values()) >= 60


def test_large_schema_is_a_megabyte_and_holds() -> None:
    case = large_case()
    assert 0.9e6 < len(json.dumps(case["schema"])) < 1.1e6
    jsonschema.validate(case["tests"][0]["data"], case["schema"])


def archive(path: Path, files: dict[str, Any]) -> Path:
    with tarfile.open(path, "w:xz") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def test_folder_and_archive_read_the_same(tmp_path: Path) -> None:
    case = {"schema": {"type": "null"}, "tests": [{"data": None, "valid": True}]}
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(case))
    (folder / "list.json").write_text("[1]")  # not a case
    packed = archive(tmp_path / "a.tar.xz", {"./a.json": case, "list.json": [1]})
    assert load(str(folder)) == ("folder", {"a.json": case})
    assert load(str(packed)) == ("a.tar.xz", {"a.json": case})


def test_bad_data_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.tar.xz").write_bytes(b"no archive")
    for place in (tmp_path / "absent", tmp_path / "broken.tar.xz"):
        with pytest.raises(DataError, match="Cannot read"):
            read_json_files(place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no JSON files"):
        load(str(tmp_path / "empty"))
    with pytest.raises(DataError, match="no tests"):
        read_suite(tmp_path / "empty")


def test_without_the_dataset_the_sample_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    place, cases = load(None)
    assert "pip install datasets" in place
    assert cases == SAMPLE
    with pytest.raises(DataError, match="pip install datasets"):
        load("huggingface")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "Cannot read ranks"),
        (b"no ranks\n", "Cannot read ranks"),
        (b"YQ== 0\n", "has 1 ranks"),
    ],
)
def test_another_tokenizer_is_one_clear_error(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "ranks").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_encoding(tmp_path / "ranks")


def test_without_tiktoken_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tiktoken", None)
    with pytest.raises(DataError, match="pip install tiktoken"):
        read_encoding(Path("ranks"))


def test_draw_keeps_the_shares_and_the_seed() -> None:
    names = [f"a---{i}.json" for i in range(60)] + [f"b_{i}.json" for i in range(30)]
    names += [f"c---{i}.json" for i in range(10)]
    drawn = draw(names, 10, seed=4)
    assert Counter(map(family, drawn)) == {"a": 6, "b": 3, "c": 1}
    assert drawn == draw(names[::-1], 10, seed=4) != draw(names, 10, seed=5)
    assert sorted(draw(names, 0, seed=1)) == sorted(draw(names, 1000, seed=1)) == sorted(names)


def test_suite(tmp_path: Path) -> None:
    groups = [
        {"description": "d", "schema": {"type": "null"}, "tests": [{"data": 1, "valid": False}]},
        {"description": "d", "schema": False, "tests": [{"data": 1, "valid": False}] * 2},
    ]
    place = archive(
        tmp_path / "suite.tar.xz",
        {
            "tests/draft7/type.json": groups,
            "tests/draft7/optional/bignum.json": groups,
            "tests/draft3/type.json": groups,
            "remotes/nested/foo.json": {"type": "string"},
        },
    )
    cases, remotes = read_suite(place)
    assert list(cases) == ["draft7/type.json#0", "draft7/type.json#1"]
    dialect = "http://json-schema.org/draft-07/schema#"
    assert cases["draft7/type.json#0"]["schema"] == {"$schema": dialect, "type": "null"}
    assert remotes == {"http://localhost:1234/nested/foo.json": {"type": "string"}}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"status": "measured", "outcomes": ["right", "accepted"]}, ["right", "wrongly accepted"]),
        ({"status": "measured", "outcomes": ["no end", "unsteady"]}, ["wrongly refused", "lost"]),
        ({"status": "unsatisfiable"}, ["wrongly refused", "right"]),
        ({"status": "refused"}, ["refused at compile"] * 2),
        ({"status": "timeout"}, ["lost"] * 2),
    ],
)
def test_judge(result: dict[str, Any], expected: list[str]) -> None:
    tests = [{"data": 1, "valid": True}, {"data": 2, "valid": False}]
    assert judge({"schema": {}, "tests": tests}, result) == Counter(expected)
