"""Constrained texts of the model itself, with the hidden states that it had when it wrote them.

Many requests of different schemas share their forward passes, and forced text is taken at once. The
states come from the passes that wrote the texts, so that none is computed twice.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.decoding.generator import Generator
from structgen.decoding.loop import Request, decode
from structgen.decoding.prompt import encode_prompt
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.training.texts import Text, load_texts, save_texts
from structgen.errors import StructgenError
from structgen.models.causal import CausalSession
from structgen.models.inner import InnerModel

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

__all__ = ["prompt_for", "write_texts"]

MAX_NEW_TOKENS = 96
BATCH = 24  # requests that are written together
SHOWN_CHARACTERS = 320  # of a schema in its prompt
_TEMPERATURES = (0.0, 0.8)  # in turn


def prompt_for(schema: Any) -> str:
    """The question that is asked for an answer of a schema."""
    shown = json.dumps(schema, ensure_ascii=False)[:SHOWN_CHARACTERS]
    return f"Answer with JSON of this schema, with plausible values:\n{shown}"


def write_texts(
    generator: Generator, schemas: Mapping[str, Any], names: Sequence[str], folder: Path
) -> Iterator[int]:
    """Write answers for schemas, a file for each batch; files that are there already are kept.

    Schemas that cannot be compiled are passed over; where an answer fails, those that are written
    with it end there.

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
        batch = {name: schemas[name] for name in names[start : start + BATCH]}
        digest = sha256(json.dumps(batch).encode()).hexdigest()[:12]
        file = folder / f"{number:05d}-{digest}.safetensors"
        if not file.exists():
            temperature = _TEMPERATURES[number % len(_TEMPERATURES)]
            save_texts(_answers(generator, batch, Sampling(temperature)), file)
        tokens += sum(len(text.tokens) for text in load_texts(file))
        yield tokens


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
    session = _Recorder(generator.backend.model, requests)  # type: ignore[attr-defined]
    try:
        for _ in decode(requests, session, sampling, generator.fast_forward()):
            pass
    except StructgenError:  # of one request; all keep what they have
        pass
    return list(session.texts(names))


class _Recorder:
    """A session that keeps the state of every token that it is fed (`Session`, `SparseSession`)."""

    def __init__(self, model: Any, requests: Sequence[Request]) -> None:
        self._inner = InnerModel(model)
        self._session = CausalSession(self._inner)
        self._requests = requests
        self._rows: list[int] = []  # which request each row of the session is
        self._states: list[list[torch.Tensor]] = [[] for _ in requests]

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        if not self._rows:  # those whose whole text is forced never come here
            asked = [request.finish_reason is None for request in self._requests]
            self._rows = [number for number, comes in enumerate(asked) if comes]
        logits = self._session.forward(rows)
        assert self._inner.states is not None
        for number, row, states in zip(self._rows, rows, self._inner.states, strict=True):
            self._states[number].append(states[-len(row) :].half())
        return logits

    def allow(self, bitmask: NDArray[np.int32]) -> None:
        self._inner.allow(bitmask)

    def keep(self, rows: Sequence[int]) -> None:
        self._session.keep(rows)
        self._rows = [self._rows[row] for row in rows]

    def texts(self, names: Sequence[str]) -> Iterator[Text]:
        """The answers of which the model has seen something, but for what was forced at the end."""
        import torch

        for name, request, states in zip(names, self._requests, self._states, strict=True):
            if states and request.tokens:
                begin = len(request.prompt) - 1
                chose = torch.cat(states)[begin : begin + len(request.tokens)]
                yield Text(name, request.tokens, chose)
