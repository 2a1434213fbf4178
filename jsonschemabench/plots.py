"""Coverage bars and distributions of times, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschemabench.report import Results, measured, passes, times
from jsonschemabench.statistics import percentile

__all__ = ["draw_plots"]

# The colours of Okabe and Ito, which people with any kind of colour vision can tell apart.
ENGINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
ENGINE_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))
CURVE_POINTS = 400


def draw_plots(results: Results, folder: Path) -> list[Path]:
    """Write coverage.svg, ttfm.svg and tbm.svg.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib

    matplotlib.use("svg")
    # The same results give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "jsonschemabench", "font.size": 10})
    from matplotlib import pyplot

    paths = []
    for name, plot in (("coverage", _coverage), ("ttfm", _ttfm), ("tbm", _tbm)):
        figure = plot(pyplot, results)
        figure.tight_layout()
        paths.append(folder / f"{name}.svg")
        figure.savefig(paths[-1], metadata={"Date": None})
        pyplot.close(figure)
    return paths


def _coverage(pyplot: Any, results: Results) -> Any:
    kinds: list[tuple[str, str, Callable[[Mapping[str, Any]], bool]]] = [
        ("passing", "#009E73", passes),
        ("compiled, an instance wrong", "#D55E00", lambda r: r["status"] == "measured"),
        (
            "refused at compile",
            "#BBBBBB",
            lambda r: r["status"] in ("refused", "unsatisfiable"),
        ),
        ("out of time, crashed or failed", "#000000", lambda r: True),
    ]
    figure, axes = pyplot.subplots(figsize=(7, 1.2 + 0.45 * len(results)))
    for row, found in enumerate(results.values()):
        left = 0.0
        rest = list(found.values())
        for label, colour, matches in kinds:
            share = 100 * sum(map(matches, rest)) / max(1, len(found))
            rest = [result for result in rest if not matches(result)]
            axes.barh(row, share, left=left, color=colour, label=label if row == 0 else None)
            if share >= 5:
                white = colour != "#BBBBBB"
                text = {"ha": "center", "va": "center", "color": "white" if white else "black"}
                axes.text(left + share / 2, row, f"{share:.0f} %", **text)
            left += share
    axes.set_yticks(range(len(results)), list(results))
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the schemas (%)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, frameon=False)
    _plain(axes)
    return figure


def _ttfm(pyplot: Any, results: Results) -> Any:
    figure, axes = pyplot.subplots(figsize=(7, 4))
    _curves(axes, results, "ttfm")
    axes.set_xlabel("compile and first mask (us)")
    axes.set_ylabel("share of the schemas that the engine compiled")
    axes.legend(frameon=False)
    return figure


def _tbm(pyplot: Any, results: Results) -> Any:
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 4), sharey=True, sharex=True)
    for axes, measure in zip(panels, ("cold", "warm"), strict=True):
        _curves(axes, results, measure)
        axes.set_title(measure)
        axes.set_xlabel("time between masks (us)")
    panels[0].set_ylabel("share of the tokens")
    panels[1].legend(frameon=False)
    return figure


def _curves(axes: Any, results: Results, measure: str) -> None:
    for number, (engine, found) in enumerate(results.items()):
        values = times(measured(found).values(), measure)
        if values:
            xs, ys = _distribution(values)
            style = {
                "color": ENGINE_COLOURS[number % len(ENGINE_COLOURS)],
                "linestyle": ENGINE_LINES[number % len(ENGINE_LINES)],
            }
            axes.plot(xs, ys, label=engine, linewidth=1.8, **style)
    axes.set_xscale("log")
    axes.set_ylim(0, 1)
    axes.grid(which="major", color="#DDDDDD", linewidth=0.6)
    _plain(axes)


def _distribution(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The empirical distribution function at `CURVE_POINTS` quantiles, closer near 1."""
    shares = [1 - (1 - i / CURVE_POINTS) ** 2 for i in range(CURVE_POINTS + 1)]
    ordered = sorted(values)
    return [percentile(ordered, 100 * share) for share in shares], shares


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
