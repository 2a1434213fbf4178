"""llguidance with its default JSON options, one thread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import llguidance
import llguidance.numpy
import llguidance.tiktoken

from jsonschemabench.engines.protocol import Source, Unsatisfiable
from jsonschemabench.llama3 import END_OF_SEQUENCE, VOCABULARY_SIZE, read_encoding

__all__ = ["LLGuidance"]


class _Session:
    def __init__(self, tokenizer: Any, schema: str) -> None:
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema)
        self._first = self._matcher = llguidance.LLMatcher(tokenizer, grammar, log_level=0)
        error = self._matcher.get_error()
        if error:
            raise (Unsatisfiable if "Unsatisfiable schema" in error else ValueError)(error)
        self._rows = llguidance.numpy.allocate_token_bitmask(1, VOCABULARY_SIZE)
        self.row = self._rows[0]

    def mask(self) -> None:
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._rows, 0)

    def accept(self, token: int) -> bool:
        # A token that is not allowed would leave the matcher in an error for good.
        if not int(self.row[token >> 5]) >> (token & 31) & 1:
            return False
        return bool(self._matcher.consume_token(token))

    def reset(self) -> None:
        self._matcher = self._first.deep_copy()  # keeps the lexer's states, as its authors do


class LLGuidance:
    """One tokenizer for all schemas."""

    def __init__(self, ranks: Path) -> None:
        self._tokenizer = llguidance.tiktoken.lltokenizer_from_encoding(
            read_encoding(ranks), n_vocab=VOCABULARY_SIZE, eos_token=END_OF_SEQUENCE
        )

    def prepare(self, source: Source) -> str:
        return json.dumps(source.schema)

    def compile(self, prepared: str) -> _Session:
        return _Session(self._tokenizer, prepared)
