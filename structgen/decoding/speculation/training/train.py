"""Training heads from nothing: answers to many schemas, then Medusa's and Hydra's heads.

Schemas are split by name: held-out ones are neither trained on nor in the store that retrieval
reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structgen.decoding.generator import Generator
from structgen.decoding.speculation.drafters.heads import Hydra, Medusa, heads_folder
from structgen.decoding.speculation.training.corpus import write_texts
from structgen.decoding.speculation.training.fit import Fitted, fit, frequent_tokens, save_heads
from structgen.decoding.speculation.training.schemas import split
from structgen.decoding.speculation.training.texts import read_texts
from structgen.errors import GenerationError
from structgen.models.causal import CausalBackend

__all__ = ["Training", "train_heads"]

HELD_OUT = 48  # schemas whose answers are written to measure heads with


@dataclass(frozen=True)
class Training:
    """What was trained.

    Attributes:
        folder: Where the heads are.
        tokens: Of the answers that they were trained on.
        fitted: Heads by the name of their drafter.
        held_out: Names of schemas that were not trained on.
    """

    folder: Path
    tokens: int
    fitted: dict[str, Fitted]
    held_out: list[str]


def train_heads(
    generator: Generator,
    schemas: Mapping[str, Any],
    *,
    tokens: int,
    epochs: int,
    say: Callable[[str], None],
) -> Training:
    """Train the heads of a generator's model and keep them where drafters look for them.

    Answers that were written by an earlier call for the same schemas are used again.

    Args:
        generator: The model, one of transformers.
        schemas: JSON Schemas by name.
        tokens: How many tokens of answers to write, if there are schemas enough.
        epochs: How often each of them is seen.
        say: Told how far it is.

    Raises:
        GenerationError: The model cannot be used in two parts, or there are no answers to train on
            or to measure with, or only short ones.
        OSError: The cache folder cannot be written.
    """
    backend = generator.backend
    obstacle: str | None = "it is not a causal model of transformers"
    if isinstance(backend, CausalBackend):
        obstacle = backend.inner_obstacle()
    if obstacle is not None:
        raise GenerationError(f"Heads cannot be trained for this model: {obstacle}")
    model = backend.model  # type: ignore[attr-defined]
    folder = heads_folder(model)
    training, held_out = split(list(schemas))
    for part, names, enough in (
        ("texts", training, tokens),
        ("held-out", held_out[:HELD_OUT], tokens),
    ):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for written in write_texts(generator, schemas, names, folder / part):
            say(f"{part}: {written} tokens")
            if written >= enough:
                break
    texts, others = read_texts(folder / "texts"), read_texts(folder / "held-out")
    if not texts or not others:
        raise GenerationError("There are too few schemas: nothing to train on or to measure with")
    said = frequent_tokens(texts)
    fitted = {}
    for name, sees_tokens in ((Medusa.name, False), (Hydra.name, True)):
        say(name)
        fitted[name] = fit(
            model, texts, others, said, sees_tokens=sees_tokens, epochs=epochs, say=say
        )
        save_heads(fitted[name].heads, said, folder / f"{name}.safetensors")
    return Training(folder, sum(len(text.tokens) for text in texts), fitted, held_out)
