"""Ratchets: the official suite and MaskBench. What is right may only grow; raise the numbers."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import structgen as sg

BYTES = sg.Vocabulary([bytes([b]) for b in range(256)] + [b""], eos_token_ids=[256])

# Required tests: how many of a draft's cases are right, which is all of them.
OFFICIAL = {
    "draft4": 618,
    "draft6": 839,
    "draft7": 927,
    "draft2019-09": 1_259,
    "draft2020-12": 1_299,
}
DIALECTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
# Optional tests, those of formats with formats asserted: (right, all). Left out are host names in
# Punycode, long international labels, patterns with named back-references (docs/formats.md), and
# what draft 7 lets validators assert of `contentMediaType`, which later drafts do not.
OPTIONAL = {
    "draft4": (317, 319),
    "draft6": (429, 431),
    "draft7": (769, 794),
    "draft2019-09": (894, 915),
    "draft2020-12": (905, 926),
}
MASKBENCH_SAMPLE = 10  # every tenth schema
# Compiled, and every instance right; a schema that is refused does not pass, with instances or not.
MASKBENCH_PASSING = {"any": 791, "schema": 763}
# What is refused of the whole set, and why.
REFUSED = {
    "Github_hard---o75605.json": "back-references are not regular",
    "JsonSchemaStore---cloudify.json": "references lead in a circle",
}
# Combinations of patterns and of multiples for which a search must go the right way first.
COMBINATIONS = [
    *(f"Handwritten---allany{number}.json" for number in (7, 8, 9, 14, 16, 19, 23)),
    *(f"Handwritten---string{number}.json" for number in (1, 2, 3, 4)),
]


def outcome(schema: Any, tests: list[dict[str, Any]], **options: Any) -> Counter[str] | None:
    """How many tests come out how; None: the schema is refused at compile, so none of them runs."""
    compiled = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = sg.compile(sg.json_schema(schema, **options), BYTES)
    except sg.UnsatisfiableError:
        pass  # an answer like any other: no instance is valid
    except sg.StructgenError:
        return None
    counts: Counter[str] = Counter()
    for test in tests:
        accepted = False
        if compiled is not None:
            matcher = compiled.matcher()
            text = json.dumps(test["data"]).encode()
            accepted = matcher.accept_bytes(text) and matcher.is_accepting
        if accepted == test["valid"]:
            counts["right"] += 1
        else:
            counts["wrongly accepted" if accepted else "wrongly refused"] += 1
    return counts


def remote_documents(official_suite: dict[str, Any]) -> dict[str, Any]:
    return {
        f"http://localhost:1234/{path.removeprefix('remotes/')}": contents
        for path, contents in official_suite.items()
        if path.startswith("remotes/")
    }


def outcomes(
    draft: str, groups: list[dict[str, Any]], remotes: dict[str, Any], formats: str
) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    """What came of each group of tests whose schema is not refused."""
    for group in groups:
        schema = group["schema"]
        if isinstance(schema, dict):
            schema = {"$schema": DIALECTS[draft], **schema}
        found = outcome(
            schema, group["tests"], property_order="any", resources=remotes, formats=formats
        )
        if found is not None:
            yield group, found


@pytest.mark.parametrize("draft", OFFICIAL)
def test_official_suite(draft: str, official_suite: dict[str, Any]) -> None:
    remotes = remote_documents(official_suite)
    counts: Counter[str] = Counter()
    wrong = []
    for path, groups in official_suite.items():
        if path.startswith(f"tests/{draft}/") and path.count("/") == 2:
            for group, found in outcomes(draft, groups, remotes, "annotate"):
                counts += found
                if found["wrongly accepted"] or found["wrongly refused"]:
                    wrong.append(f"{path}: {group['description']}")
    assert not wrong
    assert counts["right"] >= OFFICIAL[draft], dict(counts)


@pytest.mark.parametrize("draft", OPTIONAL)
def test_optional_tests_of_the_official_suite(draft: str, official_suite: dict[str, Any]) -> None:
    remotes = remote_documents(official_suite)
    counts: Counter[str] = Counter()
    total = 0
    for path, groups in official_suite.items():
        _, _, name = path.partition(f"tests/{draft}/optional/")
        if name:
            formats = "assert" if name.startswith("format") else "annotate"
            for _, found in outcomes(draft, groups, remotes, formats):
                counts += found
            total += sum(len(group["tests"]) for group in groups)
    right, of = OPTIONAL[draft]
    assert total == of and counts["right"] >= right, (dict(counts), total)


@pytest.mark.parametrize("order", MASKBENCH_PASSING)
def test_maskbench(maskbench: dict[str, Any], order: str) -> None:
    passing = 0
    wrong = []
    for name in sorted(maskbench)[::MASKBENCH_SAMPLE]:
        case = maskbench[name]
        found = outcome(case["schema"], case["tests"], property_order=order)
        if found is None:
            continue
        passing += found["right"] == len(case["tests"])
        if found["wrongly accepted"] or (order == "any" and found["wrongly refused"]):
            wrong.append(name)  # with order "schema", instances may come in another order
    assert not wrong
    assert passing >= MASKBENCH_PASSING[order]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_combinations_compile(maskbench: dict[str, Any], name: str) -> None:
    case = maskbench[name]
    found = outcome(case["schema"], case["tests"], property_order="schema")
    assert found is not None
    assert found["right"] == len(case["tests"])


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(maskbench: dict[str, Any], name: str) -> None:
    with pytest.raises(sg.GrammarError, match=REFUSED[name]):
        sg.json_schema(maskbench[name]["schema"])
