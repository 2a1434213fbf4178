"""Files of compiled grammars: how the grammar was made, and what was learned of it.

A file is a magic number with the version of the layout, a checksum, a header in JSON, and the
arrays of `SavedTables`, one after the other. See docs/saving.md.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from structgen.automaton import Grammar, SavedTables, check_tables
from structgen.automaton.saved.tables import WIDTHS
from structgen.cache import write_whole
from structgen.errors import GrammarError, VocabularyError
from structgen.frontends.special_token import SpecialToken
from structgen.frontends.structural_tags import Tag
from structgen.grammar import SourceCall
from structgen.vocabulary import Vocabulary

__all__ = ["make", "read_saved", "source_of", "write_saved"]

_VERSION = 2
_MAGIC = b"structgen grammar" + bytes([_VERSION])
_CHECKSUM_BYTES = 32
_FRONT_ENDS = {
    "choice": "frontends.regex",
    "ebnf": "frontends.bnf",
    "gbnf": "frontends.bnf",
    "json_schema": "frontends.json_schema",
    "lark": "frontends.lark",
    "regex": "frontends.regex",
    "special_token": "frontends.special_token",
    "structural_tags": "frontends.structural_tags",
    "substring": "frontends.substring",
}
_MADE_BY = ("automaton", "frontends", "grammar", "network", "regular")


def write_saved(
    path: Path, source: SourceCall, tables: SavedTables, vocabulary: Vocabulary
) -> None:
    """Write a file, all of it or nothing.

    Raises:
        GrammarError: The source holds what JSON does not.
        OSError: The file cannot be written.
    """
    header = json.dumps(
        {
            "vocabulary": _fingerprint(vocabulary),
            "code": _code_fingerprint(),
            "source": _encoded(source),
            "lengths": {name: len(getattr(tables, name)) for name in WIDTHS},
        }
    ).encode()
    arrays = (
        np.ascontiguousarray(getattr(tables, name), np.dtype("<i4")).tobytes() for name in WIDTHS
    )
    body = b"".join([len(header).to_bytes(8, "little"), header, *arrays])
    write_whole(path, _MAGIC + _checksum(body) + body)


def read_saved(path: Path, vocabulary: Vocabulary) -> tuple[SourceCall, SavedTables]:
    """Read and check a file.

    Raises:
        GrammarError: It is not a saved grammar, is damaged, or comes from another version.
        VocabularyError: It is for another vocabulary.
        OSError: It cannot be read.
    """
    data = path.read_bytes()
    if not data.startswith(_MAGIC[:-1]):
        raise GrammarError(f"{path} is not a saved grammar")
    if not data.startswith(_MAGIC):
        raise _other_version(path)
    start = len(_MAGIC) + _CHECKSUM_BYTES
    body = memoryview(data)[start:]
    if data[len(_MAGIC) : start] != _checksum(body):
        raise GrammarError(f"{path} is damaged: its checksum is wrong; save the grammar again")
    try:
        size = int.from_bytes(body[:8], "little")
        header = json.loads(bytes(body[8 : 8 + size]))
        if header["code"] != _code_fingerprint():
            raise _other_version(path)
        if header["vocabulary"] != _fingerprint(vocabulary):
            raise VocabularyError(f"{path} was saved for another vocabulary")
        tables = _tables(body[8 + size :], header["lengths"], vocabulary)
        source = SourceCall(header["source"]["kind"], dict(header["source"]["arguments"]))
        if source.kind not in _FRONT_ENDS:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise GrammarError(f"{path} is damaged; save the grammar again") from None
    check_tables(tables, vocabulary)
    return source, tables


def _other_version(path: Path) -> GrammarError:
    return GrammarError(f"{path} was saved by another version of structgen: save it again")


def _tables(data: memoryview, lengths: dict[str, int], vocabulary: Vocabulary) -> SavedTables:
    values = np.frombuffer(data, np.dtype("<i4")).astype(np.int32)
    arrays = {}
    at = 0
    for name, width in (WIDTHS | {"rows": (vocabulary.size + 31) // 32}).items():
        count = lengths[name]
        if type(count) is not int or count < 0:
            raise ValueError
        array = values[at : at + count * width]
        flat = width == 1 and name != "rows"
        arrays[name] = array if flat else array.reshape(count, width)
        if len(array) != count * width:
            raise ValueError
        at += count * width
    if at != len(values):
        raise ValueError
    return SavedTables(**arrays)


def make(source: SourceCall) -> Grammar:
    """The grammar that a source makes.

    Raises:
        GrammarError: The source is malformed (and whatever else its front end raises).

    Example:
        >>> make(SourceCall("choice", {"texts": ["yes", "no"]})).language.matches("no")
        True
    """
    front_end = getattr(import_module(f"structgen.{_FRONT_ENDS[source.kind]}"), source.kind)
    arguments = dict(source.arguments)
    try:
        if source.kind == "structural_tags":
            arguments["tags"] = [
                Tag(_tag_part(begin), make(SourceCall(*content)), _tag_part(end))
                for begin, content, end in arguments["tags"]
            ]
            for name in ("triggers", "thinking"):
                if arguments[name] is not None:
                    arguments[name] = [_tag_part(part) for part in arguments[name]]
        grammar: Grammar = front_end(**arguments)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GrammarError(f"The source in a saved grammar cannot be read: {error}") from None
    return grammar


def _encoded(source: SourceCall) -> dict[str, Any]:
    """A source as JSON that gives the same source again."""
    arguments = dict(source.arguments)
    if source.kind == "structural_tags":
        arguments["tags"] = [
            [_plain(tag.begin), list(_encoded(source_of(tag.content)).values()), _plain(tag.end)]
            for tag in arguments["tags"]
        ]
        for name in ("triggers", "thinking"):
            if arguments[name] is not None:
                arguments[name] = [_plain(part) for part in arguments[name]]
    try:
        is_same = json.loads(json.dumps(arguments, allow_nan=False)) == arguments
    except (TypeError, ValueError, RecursionError):
        is_same = False
    if not is_same:
        raise GrammarError(
            f"The arguments of {source.kind} cannot be saved: they hold what JSON does not"
        )
    return {"kind": source.kind, "arguments": arguments}


def _plain(part: str | SpecialToken) -> Any:
    """A text around tags as JSON; a special token is a list."""
    return part if isinstance(part, str) else [part.token]


def _tag_part(part: Any) -> str | SpecialToken:
    return part if isinstance(part, str) else SpecialToken(*part)


def source_of(grammar: object) -> SourceCall:
    """How a grammar was made.

    Raises:
        GrammarError: That is not known.
    """
    source = getattr(grammar, "source", None)
    if not isinstance(source, SourceCall):
        raise GrammarError(
            f"A {type(grammar).__name__} cannot be saved: only what structgen's own functions "
            "make, such as lark(...), can be made again"
        )
    return source


def _fingerprint(vocabulary: Vocabulary) -> str:
    """What differs for every other vocabulary."""
    digest = hashlib.blake2b(digest_size=16)
    ends = np.array(vocabulary.eos_token_ids, np.int64)
    special = np.array(sorted(vocabulary.special_token_ids), np.int64)
    names = np.frombuffer(repr(sorted(vocabulary.special_tokens.items())).encode(), np.uint8)
    for array in (vocabulary.token_blob, vocabulary.token_offsets, ends, special, names):
        digest.update(len(array).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _code_fingerprint() -> str:
    """What differs wherever the same source might give other tables."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((sys.version_info[:2], importlib.metadata.version("lark"))).encode())
    root = Path(__file__).parent
    for folder in _MADE_BY:
        for module in sorted((root / folder).rglob("*.py")):
            digest.update(module.relative_to(root).as_posix().encode())
            digest.update(module.read_bytes())
    return digest.hexdigest()


def _checksum(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
