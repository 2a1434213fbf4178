"""What speculation brings: the same answers with and without it, schema by schema.

`structgen bench speculation` runs this. Each kind of speculation has a memory of its own, which it
keeps from one schema to the next. The kinds answer a schema one after the other and take turns in
being first, so that masks which are cold for the first do not count against the same one each time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from structgen.compiler import CompiledGrammar
from structgen.decoding.generator import Generator
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.drafters.protocol import Drafter, Guess, Point, Row
from structgen.decoding.speculation.options import DRAFTERS, FORCED, Speculation
from structgen.decoding.speculation.peers import PEERS, answer
from structgen.errors import StructgenError

__all__ = ["MODES", "NONE", "Blind", "kinds", "measure", "prompt_for", "read_records"]

NONE = "none"
_COPYING = ("prompt", "answers", "recycling", "ngrams")  # know nothing of the grammar
_SAMPLED = {"temperature": 1.0}
MODES: dict[str, dict[str, Any]] = {
    "greedy": {"fast_forward": False},
    "sampled": {"fast_forward": False, **_SAMPLED},
    "greedy, fast-forward": {"fast_forward": True},
    "sampled, fast-forward": {"fast_forward": True, **_SAMPLED},
}
_SEED = 7


class Blind:
    """The best guess of several drafters, made without the grammar: if it is illegal, none is left.

    Args:
        drafters: Those that are asked.
    """

    name = "blind"

    def __init__(self, drafters: Sequence[Drafter]) -> None:
        self._drafters = drafters

    def begin(self, prompt: Sequence[int]) -> None:
        """A new request starts."""
        for drafter in self._drafters:
            drafter.begin(prompt)

    def propose(self, point: Point) -> Guess:
        """The one token that is thought most likely, legal or not."""
        guesses = list(chain.from_iterable(drafter.propose(point) for drafter in self._drafters))
        return [max(guesses, key=lambda guess: guess[1])] if guesses else []

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Learn from a forward pass."""
        for drafter in self._drafters:
            drafter.observe(rows, added)


def kinds(more: Sequence[str] = ()) -> dict[str, Speculation | None]:
    """The rows of the table, each with what the one before has and one thing more.

    Args:
        more: Names of drafters; each gets a row after the last.

    Raises:
        ValueError: There is no such drafter.
    """
    blind = Blind([DRAFTERS[name]() for name in _COPYING])
    found: dict[str, Speculation | None] = {
        NONE: None,
        "blind chain": Speculation(drafters=(blind,), most_children=1),
        "masked chain": Speculation(drafters=_COPYING, most_children=1),
        "masked tree": Speculation(drafters=_COPYING),
    }
    names: tuple[str, ...] = _COPYING
    for label, name in [("forced runs", FORCED), ("state", "state"), *zip(more, more, strict=True)]:
        names = (*names, name)
        found[f"+ {label}"] = Speculation(drafters=names)
    return found


def prompt_for(schema: Any) -> str:
    """What the model is asked about a schema."""
    return f"Write a realistic example of JSON for this schema:\n{json.dumps(schema)}"


def measure(
    generator: Generator,
    schemas: Mapping[str, Any],
    rows: Mapping[str, Speculation | None],
    modes: Sequence[str],
    max_new_tokens: int,
    done: Sequence[Mapping[str, Any]] = (),
    peers: Sequence[str] = (),
) -> Iterator[dict[str, Any]]:
    """Answer every schema in every mode with every kind of speculation.

    Args:
        generator: The model.
        schemas: By name.
        rows: What `kinds` gives.
        modes: Keys of `MODES`.
        max_new_tokens: How many tokens an answer may have.
        done: Records of earlier runs, which are not run again.
        peers: Keys of `peers.PEERS`, whose masks have a row of one-by-one decoding in the modes
            without fast-forward.

    Yields:
        A record of each answer: its schema, mode and kind; its tokens; and what it cost. A schema
        that cannot be used (an engine refuses it, or it leaves the model's window no room) has one
        record, with the key `refused`.
    """
    others = {name: PEERS[name](generator) for name in peers}
    known = {(record["schema"], record.get("mode"), record.get("kind")) for record in done}
    memories = {
        mode: Generator.from_backend(generator.backend, generator.tokenizer, generator.vocabulary)
        for mode in modes
    }
    for number, (name, schema) in enumerate(schemas.items()):
        if (name, None, None) in known:
            continue
        kinds = [*rows, *others]
        first = number % len(kinds)
        wanted = [
            (mode, kind)
            for mode in modes
            for kind in [*kinds[first:], *kinds[:first]]
            if (name, mode, kind) not in known
            and not (kind in others and MODES[mode]["fast_forward"])
        ]
        try:
            compiled = generator.compile(schema) if wanted else None
            for mode, kind in wanted:
                assert compiled is not None, "something is wanted"
                if kind in others:
                    sampling = Sampling(MODES[mode].get("temperature", 0.0))
                    masks, prompt = others[kind](schema), prompt_for(schema)
                    found = answer(generator, masks, prompt, sampling, _SEED, max_new_tokens)
                else:
                    found = _answer(
                        memories[mode], schema, compiled, rows[kind], MODES[mode], max_new_tokens
                    )
                yield {"schema": name, "mode": mode, "kind": kind, **found}
        except StructgenError as error:
            yield {"schema": name, "refused": str(error)}


def _answer(
    generator: Generator,
    schema: Any,
    compiled: CompiledGrammar,
    speculation: Speculation | None,
    mode: Mapping[str, Any],
    max_new_tokens: int,
) -> dict[str, Any]:
    start = time.process_time()
    result = generator.generate(
        prompt_for(schema),
        grammar=compiled,
        max_new_tokens=max_new_tokens,
        at_limit="complete",
        seed=_SEED,
        speculation=speculation,
        **mode,
    )
    processor_seconds = time.process_time() - start
    stats = result.stats
    drafts = stats.drafts
    return {
        "tokens": result.tokens,
        "forced": stats.forced_tokens,
        "passes": stats.forward_passes,
        "seconds": stats.seconds,
        "processor_seconds": processor_seconds,
        "model_seconds": stats.model_seconds,
        "mask_seconds": stats.mask_seconds,
        "draft_seconds": 0.0 if drafts is None else drafts.draft_seconds,
        "drafted": 0 if drafts is None else drafts.drafted,
        "accepted": 0 if drafts is None else drafts.accepted,
    }


def read_records(file: Path) -> list[dict[str, Any]]:
    """The records in a file of one JSON value a line; a last line that was cut off is left out.

    Raises:
        ValueError: Another line is no record.
    """
    if not file.exists():
        return []
    *lines, last = file.read_text(encoding="utf-8").split("\n")
    if last:  # the run was stopped while it was written
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    records = []
    for number, line in enumerate(lines, 1):
        record = json.loads(line) if line.startswith("{") else None
        if not isinstance(record, dict) or "schema" not in record:
            raise ValueError(f"{file}: line {number} is no record of this benchmark")
        records.append(record)
    return records
