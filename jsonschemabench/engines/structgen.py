"""structgen with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structgen as sg
from jsonschemabench.engines.protocol import Source, Unsatisfiable
from jsonschemabench.llama3 import END_OF_SEQUENCE, VOCABULARY_SIZE

__all__ = ["Structgen"]


class _Session:
    def __init__(self, compiled: sg.CompiledGrammar) -> None:
        self.row = sg.allocate_bitmask(1, VOCABULARY_SIZE)[0]
        self._matcher = compiled.matcher()

    def mask(self) -> None:
        self._matcher.fill_bitmask(self.row)

    def accept(self, token: int) -> bool:
        return self._matcher.accept_token(token)

    def reset(self) -> None:
        self._matcher.reset()


class Structgen:
    """One vocabulary for all schemas, so what its engine has computed for one serves the next."""

    def __init__(self, ranks: Path) -> None:
        self._vocabulary = sg.Vocabulary.from_tiktoken(
            ranks, eos_token_ids=[END_OF_SEQUENCE], size=VOCABULARY_SIZE
        )

    def prepare(self, source: Source) -> tuple[Any, dict[str, Any]]:
        options: dict[str, Any] = {"resources": source.resources} if source.resources else {}
        if source.any_order:
            options["property_order"] = "any"
        return source.schema, options

    def compile(self, prepared: tuple[Any, dict[str, Any]]) -> _Session:
        schema, options = prepared
        try:
            return _Session(sg.compile(sg.json_schema(schema, **options), self._vocabulary))
        except sg.UnsatisfiableError as error:
            raise Unsatisfiable(str(error)) from None
