"""`python -m jsonschemabench --data maskbench.tar.xz --ranks tokenizer.model`."""

from __future__ import annotations

import json
import random
import tarfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from jsonschemabench.engines import ENGINES
from jsonschemabench.report import table
from jsonschemabench.workers import Worker


def _read(data: Path) -> dict[str, Any]:
    if data.is_dir():
        return {path.name: json.loads(path.read_text()) for path in sorted(data.glob("*.json"))}
    with tarfile.open(data) as archive:
        return {
            Path(member.name).name: json.load(archive.extractfile(member))  # type: ignore[arg-type]
            for member in archive
            if member.isfile() and member.name.endswith(".json")
        }


def main(
    data: Annotated[Path, typer.Option(help="A folder or archive of MaskBench files.")],
    ranks: Annotated[Path, typer.Option(help="Llama 3's tokenizer.model.")],
    output: Annotated[Path, typer.Option(help="Folder for raw.jsonl and table.md.")] = Path(
        "bench"
    ),
    engines: Annotated[str, typer.Option(help="Comma-separated.")] = ",".join(ENGINES),
    sample: Annotated[int, typer.Option(help="So many schemas, drawn at random; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="For the draw.")] = 0,
    timeout: Annotated[float, typer.Option(help="Seconds for a schema.")] = 60.0,
) -> None:
    """Run engines side by side; run again with the same output to go on where it stopped."""
    cases = _read(data)
    names = sorted(cases)
    if sample:
        names = random.Random(seed).sample(names, min(sample, len(names)))
    chosen = engines.split(",")
    output.mkdir(parents=True, exist_ok=True)
    raw = output / "raw.jsonl"
    results: dict[str, dict[str, dict[str, Any]]] = {engine: {} for engine in chosen}
    if raw.exists():
        for line in raw.read_text().splitlines():
            record = json.loads(line)
            if record["engine"] in results:
                results[record["engine"]][record["schema"]] = record["result"]
    workers = {engine: Worker(engine, ranks, timeout) for engine in chosen}
    with raw.open("a") as file:
        for name in track(names, "schemas"):  # engines take turns, so that noise hits all alike
            for engine, worker in workers.items():
                if name not in results[engine]:
                    result = results[engine][name] = worker.measure(cases[name])
                    record = {"engine": engine, "schema": name, "result": result}
                    file.write(json.dumps(record) + "\n")
                    file.flush()
    for worker in workers.values():
        worker.close()
    text = table({e: {n: r for n, r in results[e].items() if n in set(names)} for e in chosen})
    (output / "table.md").write_text(text)
    print(text)


if __name__ == "__main__":
    typer.run(main)
