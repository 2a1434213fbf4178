"""outlines-core: a regular expression of the schema and an index of it, with its defaults."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import outlines_core
from outlines_core.json_schema import build_regex_from_schema

from jsonschemabench.engines.protocol import Source
from jsonschemabench.llama3 import END_OF_SEQUENCE, VOCABULARY_SIZE, token_bytes

__all__ = ["OutlinesCore"]


class _Session:
    def __init__(self, index: outlines_core.Index) -> None:
        self._guide = outlines_core.Guide(index)
        self.row = np.zeros((VOCABULARY_SIZE + 31) // 32, np.int32)

    def mask(self) -> None:
        row = self.row
        self._guide.write_mask_into(row.ctypes.data, row.size, row.itemsize)

    def accept(self, token: int) -> bool:
        # A token that is not allowed would raise.
        if not int(self.row[token >> 5]) >> (token & 31) & 1:
            return False
        self._guide.advance(token, return_tokens=False)
        return True

    def reset(self) -> None:
        self._guide.reset()


class OutlinesCore:
    """One vocabulary for all schemas."""

    def __init__(self, ranks: Path) -> None:
        ids: dict[bytes, list[int]] = {}
        for token, data in enumerate(token_bytes(ranks)):
            if data:
                ids.setdefault(data, []).append(token)
        self._vocabulary = outlines_core.Vocabulary(END_OF_SEQUENCE, ids)

    def prepare(self, source: Source) -> str:
        return json.dumps(source.schema)

    def compile(self, prepared: str) -> _Session:
        pattern = build_regex_from_schema(prepared)
        return _Session(outlines_core.Index(pattern, self._vocabulary))
