"""Vocabularies kept on disk, ready to use: bytes, ids and trie of what a reader once read.

A file is a magic number with the version, a checksum, and seven arrays. One that is damaged or of
another version is made again; one that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structgen.cache import cache_directory, write_whole
from structgen.vocabulary.trie import TokenTrie
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["file_identity", "load", "prepared", "save", "tokens_identity"]

# Raise this with every change to the layout or to what any reader returns.
VERSION = 2
_MAGIC = b"structgen vocab" + bytes([VERSION])
_CHECKSUM_BYTES = 32


def prepared(
    reader: str, source: Iterable[bytes], options: object, read: Callable[[], Vocabulary]
) -> Vocabulary:
    """The vocabulary that `read` returns, from the cache directory where it has been read before.

    Args:
        reader: The reader's name.
        source: What it reads, as bytes that differ whenever the tokens may differ.
        options: What else its result depends on; compared by `repr`.
        read: Reads the vocabulary.
    """
    key = hashlib.blake2b(repr((reader, options)).encode(), digest_size=16)
    for part in source:
        key.update(len(part).to_bytes(8, "little"))
        key.update(part)
    try:
        folder = cache_directory() / "vocabularies"
        folder.mkdir(exist_ok=True)
    except OSError:  # nowhere to keep it
        return read()
    path = folder / f"{key.hexdigest()}-{VERSION}"
    vocabulary = load(path)
    if vocabulary is None:
        vocabulary = read()
        try:
            save(vocabulary, path)
        except OSError:  # full or read-only: the next process reads it again
            pass
    return vocabulary


def file_identity(path: Path) -> bytes:
    """Bytes that differ for another file, and for the same one after it has been written.

    Raises:
        OSError: There is no such file.
    """
    status = path.stat()
    return repr((str(path.resolve()), status.st_size, status.st_mtime_ns)).encode()


def tokens_identity(tokens: Collection[bytes]) -> list[bytes]:
    """Bytes that differ for other tokens."""
    return [b"".join(tokens), np.fromiter(map(len, tokens), np.int64, len(tokens)).tobytes()]


def save(vocabulary: Vocabulary, path: Path) -> None:
    """Write a vocabulary with its trie, all of it or nothing.

    Raises:
        OSError: The file cannot be written.
    """
    content = io.BytesIO()
    for array in (
        vocabulary.token_blob,
        vocabulary.token_offsets,
        np.array(vocabulary.eos_token_ids, np.int64),
        np.array(sorted(vocabulary.special_token_ids), np.int64),
        np.frombuffer(json.dumps(dict(vocabulary.special_tokens)).encode(), np.uint8),
        vocabulary.trie.nodes,
        vocabulary.trie.chain,
    ):
        np.save(content, array, allow_pickle=False)
    body = content.getvalue()
    write_whole(path, _MAGIC + _checksum(body) + body)


def load(path: Path) -> Vocabulary | None:
    """Read what `save` wrote; None if there is no such file, or it is not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + _CHECKSUM_BYTES
    body = memoryview(data)[start:]
    if data[:start] != _MAGIC + _checksum(body):
        return None
    content = io.BytesIO(body)

    def array() -> NDArray[Any]:
        read: NDArray[Any] = np.load(content, allow_pickle=False)
        return read

    blob, offsets, eos, special = array(), array(), array(), array()
    named = json.loads(array().tobytes())
    return Vocabulary.from_arrays(
        blob, offsets, eos.tolist(), special.tolist(), named, TokenTrie(array(), array())
    )


def _checksum(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
