"""Free text, tags in it, and what may surround them."""

from __future__ import annotations

from typing import Any

import pytest

import structgen as sg
from tests.frontends.texts import check, state_after

SUM = sg.Tag("<sum>", sg.regex("[0-9]"), "</sum>")
SUB = sg.Tag("<sub>", sg.json_schema({"type": "integer"}), "</sub>")


@pytest.mark.parametrize(
    ("tags", "options", "accepted", "refused"),
    [
        ([SUM], {}, ["", "a < b", "<sum>1</sum>", "é<sum>1</sum> <sum>2</sum>."], ["<sum>"]),
        ([SUM], {}, ["<su", "<sum", "</sum>", "<<sum>1</sum>"], ["<sum>x", "<sum>1", "a<sum>11"]),
        ([SUM, SUB], {"triggers": ["<s"]}, ["<sub>-10</sub>", "<sum>1</sum>"], ["<s", "<sa>"]),
        ([SUM, SUB], {"triggers": ["<s", "<su"]}, ["<sub>1</sub> x"], ["<s", "<su", "<sub>"]),
        ([SUM], {"least": 1}, ["<sum>1</sum>", "a<sum>1</sum><sum>2</sum>"], ["", "a"]),
        ([SUM], {"most": 1}, ["", "<sum>1</sum> a"], ["<sum>1</sum><sum>1</sum>"]),
        (
            [SUM],
            {"least": 1, "most": 1, "free_text": False},
            ["<sum>1</sum>"],
            ["", "<sum>1</sum> "],
        ),
        ([SUM], {"free_text": False}, ["", "<sum>1</sum><sum>2</sum>"], [" ", "<sum>1</sum> "]),
        (
            [SUM],
            {"thinking": ("<t>", "</t>")},
            ["<t><sum></t>", "<t></t>a"],
            ["", "<t>", "a<t></t>"],
        ),
        ([SUM], {"thinking": ("<t>", "</t>")}, ["<t></t></t>"], ["<t><sum></t><sum>"]),
        ([sg.Tag("{", sg.lark('start: "a"*'), "}")], {}, ["{}", "x{aa}y"], ["{", "{b}"]),
        ([sg.Tag("{", sg.gbnf('root ::= "a"'))], {}, ["{a", "{ab"], ["{", "{{"]),
        ([sg.Tag("'", sg.substring("abc"), "'")], {}, ["'bc'", "''", "x'a'"], ["'ac'", "'"]),
    ],
    ids=range(13),
)
def test_language(
    tags: list[sg.Tag], options: dict[str, Any], accepted: list[str], refused: list[str]
) -> None:
    check(sg.structural_tags(tags, **options), accepted, refused)


def test_a_trigger_cannot_be_passed_by() -> None:
    source = sg.structural_tags([SUM, SUB], triggers=["<s"])
    assert state_after(source, "free <su") == "open"
    assert state_after(source, "free <sx") == "wrong"
    assert state_after(source, "free <sum>x") == "wrong"


@pytest.mark.parametrize(
    ("tags", "options", "error", "words"),
    [
        ([], {}, sg.GrammarError, "at least one tag"),
        ([sg.Tag("", SUM.content)], {}, sg.GrammarError, "must not be empty"),
        ([SUM], {"triggers": ["<x"]}, sg.GrammarError, "begins with no trigger"),
        ([SUM], {"triggers": ["<s", "<x"]}, sg.GrammarError, "No tag begins with"),
        ([SUM], {"thinking": ("", "x")}, sg.GrammarError, "around thinking"),
        ([SUM], {"least": 2, "most": 1}, ValueError, "least and most"),
        ([sg.Tag("<a>", "text")], {}, TypeError, "not str"),
        ([sg.Tag("<a>", {"type": "integer"})], {}, TypeError, "not dict"),
    ],
)
def test_errors(
    tags: list[sg.Tag], options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        sg.structural_tags(tags, **options)
