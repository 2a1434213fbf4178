"""Records of `benchmark.measure` as a table and a plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structgen.decoding.speculation.benchmark import NONE

__all__ = ["Row", "draw", "summarize", "table"]

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One kind of speculation in one mode, over the schemas that every kind has answered.

    Attributes:
        mode: The mode.
        kind: The kind.
        schemas: How many.
        tokens: Tokens of all answers.
        passes: Forward passes of all answers.
        drafted: Tokens in trees.
        accepted: How many of them are in the texts.
        seconds: All time.
        processor: Seconds of the processors that this process had, whatever else was running.
        model, masks, drafting: Shares of that time.
        ratio: Tokens a second for each token a second of one-by-one decoding. Another engine's
            masks may lead to another text, so times alone could not be compared.
        worst: The least such ratio of a single schema, and that schema.
        different: How many texts are not those of one-by-one decoding.
    """

    mode: str
    kind: str
    schemas: int
    tokens: int
    passes: int
    drafted: int
    accepted: int
    seconds: float
    processor: float
    model: float
    masks: float
    drafting: float
    ratio: float
    worst: tuple[float, str]
    different: int

    @property
    def tokens_per_pass(self) -> float:
        """Tokens for each forward pass."""
        return self.tokens / self.passes


def summarize(records: Iterable[Record]) -> list[Row]:
    """One row for each mode and kind, in the order in which modes and kinds were first met.

    Only schemas that every kind has answered in a mode count there; a mode without any has no rows.
    """
    found: dict[str, dict[str, dict[str, Record]]] = {}
    order: dict[str, None] = {NONE: None}
    for record in records:
        if "refused" not in record:
            by_kind = found.setdefault(record["mode"], {})
            by_kind.setdefault(record["kind"], {})[record["schema"]] = record
            order.setdefault(record["kind"])
    rows = []
    for mode, by_kind in found.items():
        common = set.intersection(*(set(answers) for answers in by_kind.values()))
        if not common or NONE not in by_kind:
            continue
        schemas = sorted(common)
        plain = [by_kind[NONE][name] for name in schemas]
        rows += [
            _row(mode, kind, schemas, [by_kind[kind][name] for name in schemas], plain)
            for kind in order
            if kind in by_kind
        ]
    return rows


def _row(
    mode: str,
    kind: str,
    schemas: Sequence[str],
    answers: Sequence[Record],
    plain: Sequence[Record],
) -> Row:
    def total(key: str) -> Any:
        return sum(answer[key] for answer in answers)

    seconds, tokens = total("seconds"), sum(len(answer["tokens"]) for answer in answers)
    ratios = [
        (_speed(answer) / _speed(one), name)
        for one, answer, name in zip(plain, answers, schemas, strict=True)
        if one["tokens"] and answer["tokens"]
    ]
    plain_speed = sum(len(one["tokens"]) for one in plain) / sum(one["seconds"] for one in plain)
    return Row(
        mode,
        kind,
        len(schemas),
        tokens,
        total("passes"),
        total("drafted"),
        total("accepted"),
        seconds,
        total("processor_seconds"),
        total("model_seconds") / seconds,
        total("mask_seconds") / seconds,
        total("draft_seconds") / seconds,
        tokens / seconds / plain_speed if plain_speed else 1.0,
        min(ratios, default=(1.0, "")),
        sum(one["tokens"] != answer["tokens"] for one, answer in zip(plain, answers, strict=True)),
    )


def _speed(answer: Record) -> float:
    """Tokens a second."""
    return float(len(answer["tokens"]) / answer["seconds"])


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown, one table for each mode."""
    by_mode: dict[str, list[Row]] = {}
    for row in rows:
        by_mode.setdefault(row.mode, []).append(row)
    parts = []
    for mode, members in by_mode.items():
        first = members[0]
        lines = [
            f"**{mode}**: {first.schemas} schemas, {first.tokens} tokens",
            "",
            "| drafts | passes | tokens a pass | accepted | s | times one by one | worst schema "
            "| processor s | model | masks | drafting | other texts |",
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
        ]
        for row in members:
            accepted = f"{row.accepted} of {row.drafted}" if row.drafted else ""
            lines.append(
                f"| {row.kind} | {row.passes} | {row.tokens_per_pass:.2f} | {accepted} "
                f"| {row.seconds:.1f} | {row.ratio:.2f} | {row.worst[0]:.2f} "
                f"| {row.processor:.1f} | {row.model:.0%} "
                f"| {row.masks:.1%} | {row.drafting:.1%} | {row.different} |"
            )
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def draw(rows: Sequence[Row], file: Path) -> None:
    """Plot tokens a pass and the speed over one-by-one decoding, a group of bars for each kind.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "structgen", "font.size": 10})
    from matplotlib import pyplot

    modes = list(dict.fromkeys(row.mode for row in rows))
    names = list(dict.fromkeys(row.kind for row in rows))
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 1.5 + 0.5 * len(names)), sharey=True)
    height = 0.8 / len(modes)
    for number, mode in enumerate(modes):
        members = [row for row in rows if row.mode == mode]
        places = [names.index(row.kind) + height * number for row in members]
        axes[0].barh(places, [row.tokens_per_pass for row in members], height, label=mode)
        axes[1].barh(places, [row.ratio for row in members], height, label=mode)
    axes[0].set_yticks([place + 0.4 - height / 2 for place in range(len(names))], names)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("tokens for each forward pass")
    axes[1].set_xlabel("speed, one by one = 1")
    axes[1].axvline(1.0, color="black", linewidth=0.8)
    axes[1].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
