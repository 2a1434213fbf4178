"""`python -m jsonschemabench`: engines side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jsonschemabench.data import DataError, draw, load
from jsonschemabench.engines import ENGINES
from jsonschemabench.keywords import keyword_report
from jsonschemabench.llama3 import default_ranks
from jsonschemabench.report import Results, failures, report, suite_report
from jsonschemabench.run import describe_run, maskbench_case, measure_memory, run, suite_case
from jsonschemabench.store import Store
from jsonschemabench.suite import read_suite
from jsonschemabench.workers import EngineUnavailableError


def main(
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder or archive of MaskBench files, 'huggingface' or 'sample'. Without it: "
            "Hugging Face where it can be reached, else the sample."
        ),
    ] = None,
    suite: Annotated[
        Path | None,
        typer.Option(help="Folder or archive of JSON-Schema-Test-Suite, to run instead."),
    ] = None,
    engines: Annotated[
        str, typer.Option(help=f"Comma-separated, of {', '.join(ENGINES)}.")
    ] = ",".join(ENGINES),
    sample: Annotated[
        int,
        typer.Option(
            "--sample", "--limit", help="So many schemas, each family in its share; 0: all."
        ),
    ] = 0,
    any_order: Annotated[
        bool,
        typer.Option("--any-order", help="Let members come in any order, where an engine can."),
    ] = False,
    seed: Annotated[int, typer.Option(help="For the draw and the order.")] = 0,
    timeout: Annotated[float, typer.Option(help="Seconds for a schema and an engine.")] = 30.0,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also measure a 1 MB schema in fresh processes.")
    ] = False,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            "--tokenizer", "--ranks", help="Llama 3's tokenizer.model, unless llama-models has it."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(help="Folder for raw results, the report and the plots.")
    ] = Path("bench"),
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Measure nothing; write the report anew.")
    ] = False,
) -> None:
    """Run engines side by side; with the same output folder, a run goes on where it stopped."""
    chosen = engines.split(",")
    unknown = [name for name in chosen if name not in ENGINES]
    if unknown:
        _stop(f"{unknown[0]!r} is no engine; there are {', '.join(ENGINES)}")
    targets = {name: ENGINES[name][0] for name in chosen}
    output.mkdir(parents=True, exist_ok=True)
    raw = "suite.jsonl" if suite else "any_order.jsonl" if any_order else "raw.jsonl"
    store = Store(output / raw)
    try:
        ranks = tokenizer or default_ranks()
        if suite:
            cases, remotes = read_suite(suite)
            place = suite.name
        else:
            place, cases = load(data)
        names = draw(list(cases), sample, seed)
        if not report_only:
            store.add({"run": describe_run(place, chosen)})
            run(
                names,
                lambda encoding, name: (
                    suite_case(encoding, cases[name], remotes)
                    if suite
                    else maskbench_case(encoding, cases[name], any_order=any_order)
                ),
                targets,
                store,
                ranks=ranks,
                timeout=timeout,
            )
            if memory:
                measure_memory(targets, store, ranks=ranks, timeout=4 * timeout)
    except (DataError, EngineUnavailableError, FileNotFoundError) as error:
        _stop(str(error))
    wanted = set(names)
    results: Results = {
        engine: {n: r for n, r in store.results.get(engine, {}).items() if n in wanted}
        for engine in chosen
    }
    if suite:
        _write(output / "suite.md", suite_report(results, cases, store.run))
        return
    schemas = {name: cases[name]["schema"] for name in names}
    text = report(results, store.run) + "\n" + keyword_report(results, schemas)
    _write(output / "report.md", text)
    (output / "failures.md").write_text(failures(results), encoding="utf-8")
    try:
        from jsonschemabench.plots import draw_plots

        draw_plots(results, output)
    except ImportError:
        typer.echo("No plots: matplotlib is not installed.", err=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    typer.echo(text)


def _stop(reason: str) -> None:
    typer.echo(f"Error: {' '.join(reason.split())}", err=True)
    raise typer.Exit(2)


if __name__ == "__main__":
    typer.run(main)
