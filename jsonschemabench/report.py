"""Raw results to a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["percentile", "table"]


def percentile(values: Sequence[float], p: float) -> float:
    """`sorted(values)[int(n*p/100)]`, as MaskBench takes it; 0 for no values.

    Example:
        >>> percentile([3.0, 1.0, 2.0], 50)
        2.0
    """
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * p / 100), len(ordered) - 1)] if ordered else 0.0


def table(results: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A Markdown table of {engine: {schema: measurements}}.

    Times are over the schemas that every engine compiled.
    """
    engines = list(results)
    common = set.intersection(
        *({name for name, r in results[e].items() if "refused" not in r} for e in engines)
    )
    rows: list[list[str]] = [["", *engines], ["---", *["--:"] * len(engines)]]

    def add(label: str, value: Any) -> None:
        rows.append([label, *(str(value(results[engine])) for engine in engines)])

    add("schemas", len)
    add("passing", lambda r: sum(x.get("wrong") == [] for x in r.values()))
    add("refused at compile", lambda r: sum("refused" in x for x in r.values()))
    add(
        "schemas with an invalid instance accepted",
        lambda r: sum(any(w["accepted"] for w in x.get("wrong", ())) for x in r.values()),
    )
    for key, label in (
        ("ttfm", "compile and first mask"),
        ("cold", "time between masks, cold"),
        ("warm", "time between masks, warm"),
    ):

        def times(r: dict[str, dict[str, Any]], key: str = key) -> list[float]:
            found: list[float] = []
            for name in common:
                value = r[name][key]
                found += value if isinstance(value, list) else [value]
            return found

        add(f"{label}: average (us)", lambda r: f"{sum(times(r)) / max(1, len(times(r))):.1f}")
        for p in (50, 90, 99):
            add(f"{label}: p{p} (us)", lambda r, p=p: f"{percentile(times(r), p):.1f}")
        add(f"{label}: largest (us)", lambda r: f"{max(times(r), default=0):.0f}")
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + f"\n\nTimes are over the {len(common)} schemas that all compiled.\n"
