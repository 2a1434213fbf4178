"""What drafters are worth: tokens for each forward pass over held-out schemas.

`python -m structgen.decoding.speculation.training.measure PLACE COUNT SET...` measures the default
model; a set is names of drafters with commas between them, and `usual` stands for those that are
used when nothing is said.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structgen.decoding.generator import Generator
from structgen.decoding.speculation.drafters.protocol import Drafter
from structgen.decoding.speculation.options import USUAL, Speculation
from structgen.decoding.speculation.training.corpus import MAX_NEW_TOKENS, prompt_for
from structgen.decoding.speculation.training.schemas import read_schemas, split
from structgen.decoding.speculation.training.train import HELD_OUT
from structgen.errors import LimitExceededError, StructgenError
from structgen.models.embedded import default_model

__all__ = ["NODES", "Worth", "measure"]

NODES = 16


@dataclass
class Worth:
    """What one set of drafters did.

    Attributes:
        schemas: How many were answered.
        tokens: Of the answers.
        passes: Forward passes of the model.
        drafted: Tokens that were drafted.
        accepted: How many of them are in the answers.
        seconds: All time.
        draft_seconds: Of drafting and learning.
    """

    schemas: int = 0
    tokens: int = 0
    passes: int = 0
    drafted: int = 0
    accepted: int = 0
    seconds: float = 0.0
    draft_seconds: float = 0.0

    @property
    def tokens_per_pass(self) -> float:
        """Tokens for each forward pass; 0 without any."""
        return self.tokens / self.passes if self.passes else 0.0


def measure(
    generator: Generator,
    schemas: Mapping[str, Any],
    names: Sequence[str],
    drafters: Sequence[str | Drafter],
    *,
    temperature: float = 0.0,
    fast_forward: bool = False,
) -> Worth:
    """Answer schemas with trees of `NODES` nodes, each schema once, in this order.

    Args:
        generator: The model; drafters know what they learnt from it in earlier calls.
        schemas: JSON Schemas by name; what the engine cannot do is passed over.
        names: Those to answer.
        drafters: As of `Speculation`.
        temperature: As of `Generator.generate`.
        fast_forward: As of `Generator.generate`.

    Raises:
        GenerationError: As `Generator.generate`.
    """
    worth = Worth()
    speculation = Speculation(drafters=tuple(drafters), nodes=NODES)
    for seed, name in enumerate(names):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # keywords that are unknown
                compiled = generator.compile(schemas[name])
        except StructgenError:
            continue
        try:
            stats = generator.generate(
                prompt_for(schemas[name]),
                grammar=compiled,
                seed=seed,
                temperature=temperature,
                max_new_tokens=MAX_NEW_TOKENS,
                at_limit="complete",
                fast_forward=fast_forward,
                speculation=speculation,
            ).stats
        except LimitExceededError:
            continue
        worth.schemas += 1
        worth.tokens += stats.tokens
        worth.passes += stats.forward_passes
        worth.drafted += stats.drafts.drafted
        worth.accepted += stats.drafts.accepted
        worth.seconds += stats.seconds
        worth.draft_seconds += stats.drafts.draft_seconds
    return worth


def main(place: Path, count: int, sets: Sequence[str]) -> None:
    """Measure sets of drafters and print a row for each, as it is there.

    Args:
        place: Where the schemas are; those that heads were judged by are left out too.
        count: How many held-out schemas.
        sets: Names with commas between them.
    """
    schemas = read_schemas(place)
    names = split(list(schemas))[1][HELD_OUT : HELD_OUT + count]
    model, tokenizer = default_model()
    print("drafters: tokens / passes = tokens a pass; drafted, accepted; seconds, of drafting")
    for one in sets:
        drafters = [
            name for part in one.split(",") for name in (USUAL if part == "usual" else (part,))
        ]
        worth = measure(Generator(model, tokenizer), schemas, names, drafters)
        print(
            f"{one}: {worth.tokens} / {worth.passes} = {worth.tokens_per_pass:.2f}; "
            f"{worth.drafted}, {worth.accepted}; {worth.seconds:.1f}, {worth.draft_seconds:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
