"""The key-value part of a GGUF file, without the tensors and without reading them.

Source:
    GGUF specification (ggml, docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from structgen.errors import VocabularyError

__all__ = ["read_metadata"]

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS |= {12: "d"}
_STRING, _ARRAY = 8, 9


def read_metadata(path: Path, keys: Collection[str]) -> dict[str, Any]:
    """The values of some keys, where the file has them.

    Args:
        path: The file.
        keys: The keys; other values are passed over, which is much quicker.

    Returns:
        Key to number, text (as bytes) or list of these.

    Raises:
        VocabularyError: The file cannot be read or is no little-endian GGUF file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).metadata({key.encode() for key in keys})
    except OSError as error:
        raise VocabularyError(f"Cannot read {path}: {error.strerror}") from None
    except (ValueError, struct.error):
        raise VocabularyError(
            f"{path} is no GGUF file of version 2 or 3 in little-endian order, or is damaged"
        ) from None


class _Reader:
    """A place in the file; every read moves it on, and raises ValueError beyond the end."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def metadata(self, keys: set[bytes]) -> dict[str, Any]:
        magic, version, _, count = self._unpack("<4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError(magic)
        values = {}
        for _ in range(count):
            key = self._string()
            value = self._value(self._unpack("<I")[0], key in keys)
            if key in keys:
                values[key.decode()] = value
        return values

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _take(self, length: int) -> bytes:
        start = self._at
        self._skip(length)
        return self._data[start : self._at]

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > len(self._data):
            raise ValueError(self._at)

    def _string(self) -> bytes:
        return self._take(self._unpack("<Q")[0])

    def _value(self, kind: int, wanted: bool) -> Any:
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            if kind not in _SCALARS:
                raise ValueError(kind)
            return self._unpack("<" + _SCALARS[kind])[0]
        kind, count = self._unpack("<IQ")
        if kind == _STRING:
            if wanted:
                return [self._string() for _ in range(count)]
            for _ in range(count):
                self._skip(self._unpack("<Q")[0])
            return None
        if kind not in _SCALARS:  # an array of arrays, which no tokenizer has
            raise ValueError(kind)
        scalar = np.dtype("<" + _SCALARS[kind])
        return np.frombuffer(self._take(count * scalar.itemsize), scalar).tolist()
