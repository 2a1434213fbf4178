"""Outcomes and times of one schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jsonschemabench.engines import Source
from jsonschemabench.measure import measure
from tests.jsonschemabench.fakes import Fake


def check(schema: dict[str, Any], text: str, valid: bool, outcome: str, timed: int) -> None:
    case = {"source": Source(schema), "tests": [(list(text.encode()), valid)]}
    result = measure(Fake(Path()), case)
    assert result["outcomes"] == [outcome]
    assert len(result["cold"]) == len(result["warm"]) == timed  # the refused token counts
    assert result["ttfm"] > 0


@pytest.mark.parametrize(
    ("schema", "text", "valid", "outcome", "timed"),
    [
        ({"allow": "ab"}, "abab", True, "right", 4),
        ({"allow": "ab"}, "abc", False, "right", 3),
        ({"allow": "ab"}, "abca", True, "refused at token 2", 3),
        ({"allow": "ab"}, "ab", False, "accepted", 2),
        ({"allow": "ab", "end": False}, "ab", True, "no end", 2),
        ({"allow": "ab", "end": False}, "ab", False, "right", 2),
        ({"allow": "ab", "do": "take all"}, "abc", True, "disagrees", 3),
    ],
)
def test_outcomes(schema: dict[str, Any], text: str, valid: bool, outcome: str, timed: int) -> None:
    check(schema, text, valid, outcome, timed)


@pytest.mark.parametrize(
    ("do", "status", "reason"),
    [
        ("refuse", "refused", "ValueError: keyword"),
        ("contradict", "unsatisfiable", "nothing fits"),
        ("raise in the middle", "failed", "RuntimeError: no room"),
    ],
)
def test_errors_are_results(do: str, status: str, reason: str) -> None:
    result = measure(Fake(Path()), {"source": Source({"do": do}), "tests": [([97], True)]})
    assert result["status"] == status
    assert reason in result["reason"]
