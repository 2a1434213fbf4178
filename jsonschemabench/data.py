"""Where schemas and their instances come from: folder, archive, Hugging Face, own sample."""

from __future__ import annotations

import io
import json
import lzma
import random
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["DataError", "draw", "family", "load", "read_json_files", "read_sample"]

DATASET = "epfl-dlab/JSONSchemaBench"


class DataError(ValueError):
    """The data cannot be read."""


def read_json_files(place: Path) -> dict[str, Any]:
    """{path: parsed content} of the JSON files in a folder or a tar archive.

    Raises:
        DataError: There is no such folder or archive, or it is broken.
    """
    try:
        if place.is_dir():
            return {
                path.relative_to(place).as_posix(): json.loads(path.read_text(encoding="utf-8"))
                for path in sorted(place.rglob("*.json"))
            }
        return dict(sorted(_members(place)))
    except (OSError, tarfile.TarError, lzma.LZMAError, ValueError, RecursionError) as error:
        raise DataError(f"Cannot read {place}: {error}") from None


def _members(place: Path) -> Iterator[tuple[str, Any]]:
    data = place.read_bytes()
    if place.suffix == ".xz":  # reading an archive member by member would decompress it slowly
        data = lzma.decompress(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None and member.name.endswith(".json"):
                yield member.name.removeprefix("./"), json.load(file)


def read_sample() -> dict[str, Any]:
    """The schemas written for this project, with valid and invalid instances."""
    return read_json_files(Path(__file__).parent / "sample")


def load(data: str | None) -> tuple[str, dict[str, Any]]:
    """(a few words on where from, {name: {"schema": ..., "tests": [...]}}).

    Args:
        data: A folder, an archive, "huggingface", "sample", or None: Hugging Face where it can be
            reached, else the sample.

    Raises:
        DataError: What was named cannot be read.
    """
    if data == "sample":
        return "the project's own sample", read_sample()
    if data == "huggingface":
        return DATASET, _read_dataset()
    if data is not None:
        files = read_json_files(Path(data))
        cases = {Path(name).name: case for name, case in files.items() if _is_case(case)}
        if not cases:
            raise DataError(f"{data} has no JSON files with a schema and tests")
        return Path(data).name, cases
    try:
        return DATASET, _read_dataset()
    except DataError as error:
        return f"the project's own sample ({error})", read_sample()


def _is_case(case: Any) -> bool:
    return isinstance(case, Mapping) and "schema" in case and "tests" in case


def _read_dataset() -> dict[str, Any]:
    """The dataset has schemas alone: what compiles, and how fast, but no instances."""
    try:
        from datasets import load_dataset
    except ImportError:
        raise DataError(f"{DATASET} needs the package datasets: pip install datasets") from None
    try:
        splits = load_dataset(DATASET)
    except Exception as error:  # the network, the hub and the cache each have errors of their own
        raise DataError(f"{DATASET} cannot be had: {error}") from None
    return {
        str(row["unique_id"]): {"schema": json.loads(row["json_schema"]), "tests": []}
        for split in splits.values()
        for row in split
    }


def family(name: str) -> str:
    """The collection that a MaskBench file is from.

    Example:
        >>> family("Github_easy---o9867.json"), family("BFCL_simple_12.json")
        ('Github_easy', 'BFCL_simple')
    """
    head, separator, _ = name.partition("---")
    return head if separator else re.sub(r"[_-]?\d+$", "", name.removesuffix(".json"))


def draw(names: list[str], count: int, seed: int) -> list[str]:
    """A random sample in which each family has its share, in random order; all names for 0.

    Example:
        >>> names = [f"a---{i}" for i in range(30)] + [f"b---{i}" for i in range(10)]
        >>> sorted(map(family, draw(names, 4, seed=0)))
        ['a', 'a', 'a', 'b']
    """
    generator = random.Random(seed)
    families: dict[str, list[str]] = {}
    for name in sorted(names):
        families.setdefault(family(name), []).append(name)
    count = min(count or len(names), len(names))
    shares = {key: count * len(members) / len(names) for key, members in families.items()}
    sizes = {key: int(share) for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: (sizes[key] - shares[key], key))
    for key in by_remainder[: count - sum(sizes.values())]:
        sizes[key] += 1
    chosen = [name for key in families for name in generator.sample(families[key], sizes[key])]
    generator.shuffle(chosen)
    return chosen
