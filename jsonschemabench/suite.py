"""JSON-Schema-Test-Suite: its required tests as cases, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschemabench.data import DataError, read_json_files

__all__ = ["CATEGORIES", "DRAFTS", "judge", "read_suite"]

DRAFTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft4": "http://json-schema.org/draft-04/schema#",
}
CATEGORIES = ("right", "wrongly accepted", "wrongly refused", "refused at compile", "lost")
REMOTES = "http://localhost:1234/"  # where the suite says that its remotes live


def read_suite(place: Path) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """({"draft7/type.json#0": {"schema": ..., "tests": [...]}}, {uri: remote schema}).

    Args:
        place: A folder or archive with the suite's `tests` and `remotes`.

    Raises:
        DataError: It has no required tests of the five drafts.
    """
    cases: dict[str, dict[str, Any]] = {}
    remotes: dict[str, Any] = {}
    for name, content in read_json_files(place).items():
        parts = Path(name).parts
        if parts[0] == "remotes":
            remotes[REMOTES + "/".join(parts[1:])] = content
        elif len(parts) == 3 and parts[0] == "tests" and parts[1] in DRAFTS:
            for number, group in enumerate(content):
                schema = group["schema"]
                if isinstance(schema, dict):
                    schema = {"$schema": DRAFTS[parts[1]], **schema}
                key = f"{parts[1]}/{parts[2]}#{number}"
                cases[key] = {"schema": schema, "tests": group["tests"]}
    if not cases:
        raise DataError(f"{place} has no tests/DRAFT/*.json of JSON-Schema-Test-Suite")
    return cases, remotes


def judge(case: Mapping[str, Any], result: Mapping[str, Any]) -> Counter[str]:
    """How many of a case's tests fall into each of `CATEGORIES`.

    A schema that the engine calls unsatisfiable stops every instance; "lost" is what failed,
    crashed or took too long after it had compiled.
    """
    tests = case["tests"]
    status = result["status"]
    if status == "measured":
        return Counter(_CATEGORY.get(outcome, "wrongly refused") for outcome in result["outcomes"])
    if status == "unsatisfiable":
        return Counter("wrongly refused" if test["valid"] else "right" for test in tests)
    return Counter({"refused at compile" if status == "refused" else "lost": len(tests)})


_CATEGORY = {
    "right": "right",
    "accepted": "wrongly accepted",
    "disagrees": "lost",
    "unsteady": "lost",
}
