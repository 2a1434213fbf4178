"""lm-format-enforcer with its defaults, masks as bits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from lmformatenforcer import JsonSchemaParser, TokenEnforcer, TokenEnforcerTokenizerData

from jsonschemabench.engines.protocol import Source
from jsonschemabench.llama3 import (
    END_OF_SEQUENCE,
    FIRST_SPECIAL,
    VOCABULARY_SIZE,
    read_encoding,
)

__all__ = ["LMFormatEnforcer"]


class _Session:
    def __init__(self, data: TokenEnforcerTokenizerData, schema: Any) -> None:
        self._enforcer = TokenEnforcer(data, JsonSchemaParser(schema))
        self.reset()

    def mask(self) -> None:
        self._allowed = self._enforcer.get_allowed_tokens(self._taken)

    @property
    def row(self) -> Any:
        return self._allowed.allowed_tokens.numpy()

    def accept(self, token: int) -> bool:
        if not self._allowed.is_token_allowed(token):
            return False
        self._taken.append(token)
        return True

    def reset(self) -> None:
        self._taken: list[int] = []


class LMFormatEnforcer:
    """One prefix tree for all schemas."""

    def __init__(self, ranks: Path) -> None:
        logging.getLogger().setLevel(logging.CRITICAL)  # it logs its own failures at length
        encoding = read_encoding(ranks)
        regular = [(token, encoding.decode([token]), False) for token in range(FIRST_SPECIAL)]
        self._data = TokenEnforcerTokenizerData(
            regular,
            lambda tokens: encoding.decode(tokens).rstrip("\ufffd"),
            END_OF_SEQUENCE,
            True,
            VOCABULARY_SIZE,
        )

    def prepare(self, source: Source) -> Any:
        return source.schema

    def compile(self, prepared: Any) -> _Session:
        return _Session(self._data, prepared)
