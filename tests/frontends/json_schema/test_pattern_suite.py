"""The official suite's optional tests of ECMA-262 patterns, in every draft."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.frontends.json_schema.test_conformance import DIALECTS, outcome


@pytest.mark.parametrize("draft", DIALECTS)
def test_ecma_patterns(draft: str, official_suite: dict[str, Any]) -> None:
    groups = official_suite[f"tests/{draft}/optional/ecmascript-regex.json"]
    counts: Counter[str] = Counter()
    for group in groups:
        found = outcome(
            {"$schema": DIALECTS[draft], **group["schema"]}, group["tests"], property_order="any"
        )
        assert found is not None, group["description"]
        counts += found
    assert counts == {"right": 74}
