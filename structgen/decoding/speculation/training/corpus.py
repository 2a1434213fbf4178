"""Constrained texts of the model itself, with the hidden states that it had when it wrote them.

Many requests of different schemas share their forward passes, and forced text is taken at once. The
states come from the passes that wrote the texts, so that none is computed twice.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.decoding.generator import Generator
from structgen.decoding.loop import Request, decode
from structgen.decoding.prompt import encode_prompt
from structgen.decoding.sampling import Sampling
from structgen.errors import StructgenError
from structgen.models.causal import CausalSession
from structgen.models.inner import InnerModel

if TYPE_CHECKING:
    import torch

__all__ = ["Text", "prompt_for", "read_texts", "write_texts"]

MAX_NEW_TOKENS = 96
BATCH = 24  # requests that are written together
SHOWN_CHARACTERS = 320  # of a schema in its prompt
_TEMPERATURES = (0.0, 0.8)  # in turn


@dataclass(frozen=True)
class Text:
    """An answer and where it came from.

    Attributes:
        name: Of its schema.
        tokens: The m tokens of the answer.
        states: float16[at most m, d]; row i is what the output head is given to choose token i.
    """

    name: str
    tokens: list[int]
    states: torch.Tensor


def prompt_for(schema: Any) -> str:
    """The question that is asked for an answer of a schema."""
    shown = json.dumps(schema, ensure_ascii=False)[:SHOWN_CHARACTERS]
    return f"Answer with JSON of this schema, with plausible values:\n{shown}"


def write_texts(
    generator: Generator, schemas: Mapping[str, Any], names: Sequence[str], folder: Path
) -> Iterator[int]:
    """Write answers for schemas, a file for each batch; files that are there already are kept.

    Schemas that cannot be compiled, or whose answer fails, are passed over.

    Args:
        generator: The model, one of transformers that can be used in two parts.
        schemas: By name.
        names: Those to answer, in this order.
        folder: Where the files are.

    Yields:
        How many tokens there are so far.
    """
    tokens = 0
    for number, start in enumerate(range(0, len(names), BATCH)):
        file = folder / f"{number:05d}.safetensors"
        if not file.exists():
            batch = {name: schemas[name] for name in names[start : start + BATCH]}
            temperature = _TEMPERATURES[number % len(_TEMPERATURES)]
            _save(_answers(generator, batch, Sampling(temperature)), file)
        tokens += sum(len(text.tokens) for text in _load(file))
        yield tokens


def read_texts(folder: Path) -> list[Text]:
    """All answers that have been written.

    Args:
        folder: Where the files are.
    """
    return [text for file in sorted(folder.glob("*.safetensors")) for text in _load(file)]


def _answers(generator: Generator, schemas: Mapping[str, Any], sampling: Sampling) -> list[Text]:
    """One answer for each schema that can be answered."""
    requests: list[Request] = []
    names: list[str] = []
    for number, (name, schema) in enumerate(schemas.items()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # keywords that are unknown
                matcher = generator.compile(schema).matcher()
                prompt = encode_prompt(
                    generator.tokenizer, prompt_for(schema), raw=False,
                    window=generator.backend.window,
                )  # fmt: skip
        except (StructgenError, ValueError, TypeError):
            continue
        requests.append(Request(prompt, matcher, MAX_NEW_TOKENS, number))
        names.append(name)
    session = _Recorder(generator.backend.model, len(requests))  # type: ignore[attr-defined]
    if requests:
        for _ in decode(requests, session, sampling, generator.fast_forward()):
            pass
    return [
        Text(name, request.tokens, session.states(row, len(request.prompt), len(request.tokens)))
        for row, (name, request) in enumerate(zip(names, requests, strict=True))
        if request.tokens
    ]


class _Recorder:
    """A session that keeps the state of every token that it is fed (`Session`)."""

    def __init__(self, model: Any, texts: int) -> None:
        self._inner = InnerModel(model)
        self._session = CausalSession(self._inner)
        self._rows = list(range(texts))  # which text each row of the session is
        self._states: list[list[torch.Tensor]] = [[] for _ in range(texts)]

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        logits = self._session.forward(rows)
        assert self._inner.states is not None
        for text, row, states in zip(self._rows, rows, self._inner.states, strict=True):
            self._states[text].append(states[-len(row) :].half())
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        self._session.keep(rows)
        self._rows = [self._rows[row] for row in rows]

    def states(self, text: int, prompt: int, count: int) -> torch.Tensor:
        """float16[at most count, d]: those that chose the tokens after a prompt.

        The model has not seen the last tokens of a text whose end was forced.
        """
        import torch

        return torch.cat(self._states[text])[prompt - 1 : prompt - 1 + count]


def _save(texts: Sequence[Text], file: Path) -> None:
    import torch
    from safetensors.torch import save_file

    contents = {}
    for text in texts:
        contents[f"{text.name}/tokens"] = torch.tensor(text.tokens, dtype=torch.int32)
        contents[f"{text.name}/states"] = text.states.clone()
    partial = file.with_suffix(".partial")
    save_file(contents, partial)
    partial.rename(file)


def _load(file: Path) -> list[Text]:
    from safetensors.torch import load_file

    contents = load_file(file)
    names = [key.removesuffix("/tokens") for key in contents if key.endswith("/tokens")]
    return [
        Text(name, contents[f"{name}/tokens"].tolist(), contents[f"{name}/states"])
        for name in sorted(names)
    ]
