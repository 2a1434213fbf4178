"""XGrammar with any white space and without strict mode, one thread, no cache of grammars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xgrammar

from jsonschemabench.engines.protocol import Source
from jsonschemabench.llama3 import END_OF_SEQUENCE, VOCABULARY_SIZE, token_bytes

__all__ = ["XGrammar"]


class _Session:
    def __init__(self, compiled: xgrammar.CompiledGrammar) -> None:
        self._matcher = xgrammar.GrammarMatcher(compiled)
        self._rows = xgrammar.allocate_token_bitmask(1, VOCABULARY_SIZE)
        self.row = self._rows.numpy()[0]

    def mask(self) -> None:
        self._matcher.fill_next_token_bitmask(self._rows)

    def accept(self, token: int) -> bool:
        return self._matcher.accept_token(token)

    def reset(self) -> None:
        self._matcher.reset()


class XGrammar:
    """One compiler for all schemas."""

    def __init__(self, ranks: Path) -> None:
        info = xgrammar.TokenizerInfo(
            token_bytes(ranks),
            xgrammar.VocabType.RAW,
            vocab_size=VOCABULARY_SIZE,
            stop_token_ids=[END_OF_SEQUENCE],
        )
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=False)

    def prepare(self, source: Source) -> tuple[str, dict[str, Any]]:
        # `any_order` is named only when asked for: older versions do not know it.
        return json.dumps(source.schema), {"any_order": True} if source.any_order else {}

    def compile(self, prepared: tuple[str, dict[str, Any]]) -> _Session:
        schema, options = prepared
        compiled = self._compiler.compile_json_schema(
            schema, any_whitespace=True, strict_mode=False, **options
        )
        return _Session(compiled)
