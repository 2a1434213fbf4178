"""An engine and a tokenizer whose behaviour a schema spells out."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from jsonschemabench.engines import Source, Unsatisfiable
from jsonschemabench.llama3 import END_OF_SEQUENCE, VOCABULARY_SIZE

FAKE = "tests.jsonschemabench.fakes:Fake"
BROKEN = "tests.jsonschemabench.fakes:Broken"


class ByteEncoding:
    """Tokens are bytes."""

    def encode(self, text: str, disallowed_special: Any = ()) -> list[int]:
        return list(text.encode())


class FakeSession:
    """Takes the tokens of `schema["allow"]`, and may end if `schema["end"]`."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self.row = np.zeros((VOCABULARY_SIZE + 31) // 32, np.uint32)

    def mask(self) -> None:
        self.row[:] = 0
        allowed = [ord(character) for character in self._schema.get("allow", "")]
        for token in allowed + [END_OF_SEQUENCE] * self._schema.get("end", True):
            self.row[token >> 5] |= np.uint32(1 << (token & 31))

    def accept(self, token: int) -> bool:
        if self._schema.get("do") == "raise in the middle":
            raise RuntimeError("no room")
        if self._schema.get("do") == "take all":
            return True
        return chr(token) in self._schema.get("allow", "")

    def reset(self) -> None:
        pass


class Fake:
    """Does what `schema["do"]` says when it compiles."""

    def __init__(self, ranks: Path) -> None:
        pass

    def prepare(self, source: Source) -> Any:
        return source.schema

    def compile(self, prepared: Any) -> FakeSession:
        match prepared.get("do"):
            case "crash":
                os._exit(7)
            case "hang":
                time.sleep(60)
            case "refuse":
                raise ValueError("keyword 'x' at #/properties/a is not known")
            case "contradict":
                raise Unsatisfiable("nothing fits")
        return FakeSession(prepared)


class Broken:
    """Cannot be made."""

    def __init__(self, ranks: Path) -> None:
        raise ImportError("no such package")
