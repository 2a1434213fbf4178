"""Raw results to Markdown."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jsonschemabench.statistics import Summary, summarise
from jsonschemabench.suite import CATEGORIES, DRAFTS, judge

__all__ = ["Results", "failures", "measured", "passes", "report", "suite_report", "times"]

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""{engine: {schema: result}}, a result as `measure` or a worker gives it."""

MEASURES = {
    "ttfm": "compile and first mask",
    "cold": "time between masks, cold",
    "warm": "time between masks, warm",
}


def report(results: Results, run: Mapping[str, Any]) -> str:
    """The tables of a MaskBench run.

    Args:
        results: The same schemas for every engine.
        run: What `describe_run` says, with {"ready": {engine: {"resident": bytes}}} and, if it was
            measured, "memory" of the same shape.
    """
    engines = list(results)
    parts = [_describe(run), "## Coverage", _coverage(results)]
    parts += ["## Times over the schemas that each engine compiled (us)"]
    parts += [_time_table({engine: measured(results[engine]) for engine in engines})]
    common = set.intersection(*(set(measured(results[engine])) for engine in engines))
    if len(engines) > 1:
        parts += [
            f"## Times over the {len(common)} schemas that every engine compiled (us)",
            _time_table({e: {n: results[e][n] for n in common} for e in engines}),
        ]
        for peer in engines[1:]:
            parts += _pair(results, engines[0], peer)
    parts += ["## Resident memory above the bare vocabulary (MB)", _memory(results, run)]
    return "\n\n".join(parts) + "\n"


def measured(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Those that compiled and ran to the end."""
    return {name: r for name, r in results.items() if r["status"] == "measured"}


def passes(result: Mapping[str, Any]) -> bool:
    """Whether every valid instance was taken and every invalid one stopped."""
    return result["status"] == "measured" and all(o == "right" for o in result["outcomes"])


def times(results: Iterable[Mapping[str, Any]], measure: str) -> list[float]:
    """All times of a measure ("ttfm", "cold" or "warm"), in microseconds."""
    found: list[float] = []
    for result in results:
        value = result[measure]
        found += [t / 1e3 for t in value] if isinstance(value, list) else [value / 1e3]
    return found


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and the others numbers.

    Example:
        >>> print(markdown_table(["", "a"], [["x", "1"]]))
        |  | a |
        | --- | --: |
        | x | 1 |
    """
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _describe(run: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in run.get("versions", {}).items())
    return (
        f"Data: {run.get('data')}. Machine: {run.get('machine')}; Python {run.get('python')}; "
        f"one thread an engine. Versions: {versions}."
    )


def _coverage(results: Results) -> str:
    def outcome(wanted: Callable[[str], bool]) -> Callable[[Mapping[str, Any]], bool]:
        return lambda r: any(map(wanted, r.get("outcomes", ())))

    def status(*wanted: str) -> Callable[[Mapping[str, Any]], bool]:
        return lambda r: r["status"] in wanted

    counted: dict[str, Callable[[Mapping[str, Any]], bool]] = {
        "schemas": lambda r: True,
        "passing": passes,
        "refused at compile": status("refused", "unsatisfiable"),
        "an invalid instance accepted": outcome(lambda o: o == "accepted"),
        "a valid instance refused": outcome(lambda o: o.startswith("refused") or o == "no end"),
        "mask and accept disagree, or the second pass differs": outcome(
            lambda o: o in ("disagrees", "unsteady")
        ),
        "error after compiling": status("failed"),
        "out of time": status("timeout"),
        "crashed": status("crashed"),
    }
    rows = []
    for label, matches in counted.items():
        cells = []
        for found in results.values():
            count = sum(map(matches, found.values()))
            share = f" ({100 * count / max(1, len(found)):.1f} %)" if label == "passing" else ""
            cells.append(f"{count:,}{share}")
        rows.append([label, *cells])
    return markdown_table(["", *results], rows)


def _summaries(results: Results, measure: str) -> dict[str, Summary]:
    return {engine: summarise(times(r.values(), measure)) for engine, r in results.items()}


def _time_table(results: Results) -> str:
    rows = [["schemas", *(f"{len(found):,}" for found in results.values())]]
    for measure, label in MEASURES.items():
        summaries = _summaries(results, measure)
        if measure == "cold":
            rows.append(["tokens", *(f"{s.count:,}" for s in summaries.values())])
        for column in ("average", "p50", "p90", "p99", "largest"):
            cells = [f"{getattr(s, column):,.1f}" for s in summaries.values()]
            rows.append([f"{label}: {column}", *cells])
    return markdown_table(["", *results], rows)


def _pair(results: Results, one: str, peer: str) -> list[str]:
    both = measured(results[one]).keys() & measured(results[peer]).keys()
    pair = {engine: {name: results[engine][name] for name in both} for engine in (one, peer)}
    rows = []
    for measure, label in MEASURES.items():
        summaries = _summaries(pair, measure)
        for column in ("average", "p50", "p90", "p99"):
            a, b = (float(getattr(summaries[engine], column)) for engine in (one, peer))
            ratio = f"{a / b:.2f}" if b else ""
            rows.append([f"{label}: {column}", f"{a:,.1f}", f"{b:,.1f}", ratio])
    title = f"## {one} and {peer}, over the {len(both)} schemas that both compiled (us)"
    return [title, markdown_table(["", one, peer, "ratio"], rows)]


def _memory(results: Results, run: Mapping[str, Any]) -> str:
    def megabytes(result: Mapping[str, Any] | None) -> str:
        if not result or "resident" not in result:
            return str((result or {}).get("status", ""))
        note = "" if result.get("status", "measured") == "measured" else f" ({result['status']})"
        return f"{result['resident'] / 1e6:,.0f}{note}"

    rows = [["after warming up", *(megabytes(run.get("ready", {}).get(e)) for e in results)]]
    peaks = []
    for found in results.values():
        values = [r["resident"] for r in found.values() if "resident" in r]
        peaks.append(f"{max(values, default=0) / 1e6:,.0f}")
    rows.append(["largest during the run", *peaks])
    if "memory" in run:
        rows.append(["one 1 MB schema alone", *(megabytes(run["memory"].get(e)) for e in results)])
    return markdown_table(["", *results], rows)


def failures(results: Results) -> str:
    """What did not pass, by engine and cause, with the names of the schemas."""
    parts = []
    for engine, found in results.items():
        causes: dict[str, list[str]] = defaultdict(list)
        for name, result in found.items():
            if not passes(result):
                causes[_cause(result)].append(name)
        parts.append(f"## {engine}")
        for cause, names in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0])):
            parts.append(f"{len(names)} x {cause}\n\n" + ", ".join(f"`{n}`" for n in names[:40]))
    return "\n\n".join(parts) + "\n"


def _cause(result: Mapping[str, Any]) -> str:
    if result["status"] != "measured":
        reason = " ".join(str(result["reason"]).split())
        # What differs between schemas (names, pointers, numbers) does not make another cause.
        reason = re.sub(r"\(at [^)]*\)|at #?/\S*|/\S+/\S*", "", reason)
        reason = re.sub(r"\d+", "N", reason)
        return f"{result['status']}: {reason[:110]}"
    wrong = {re.sub(r" at token \d+", "", o) for o in result["outcomes"] if o != "right"}
    return "compiled, but: " + ", ".join(sorted(f"instance {w}" for w in wrong))


def suite_report(results: Results, cases: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """The tables of a run over JSON-Schema-Test-Suite: a category in each row, by draft."""
    parts = [_describe(run)]
    for engine, found in results.items():
        counts = {draft: Counter[str]() for draft in DRAFTS}
        for key, result in found.items():
            counts[key.partition("/")[0]] += judge(cases[key], result)
        rows = [["cases", *(f"{c.total():,}" for c in counts.values())]]
        for category in CATEGORIES:
            cells = []
            for counter in counts.values():
                share = f" ({100 * counter[category] / max(1, counter.total()):.1f} %)"
                cells.append(f"{counter[category]:,}" + (share if category == "right" else ""))
            rows.append([category, *cells])
        parts += [f"## {engine}", markdown_table(["", *(d[5:] for d in DRAFTS)], rows)]
    return "\n\n".join(parts) + "\n"
