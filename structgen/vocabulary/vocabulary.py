"""A vocabulary: the exact bytes of every token."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structgen.errors import VocabularyError
from structgen.vocabulary.special import (
    MARK,
    SPELLING_BYTES,
    replace_special_tokens,
    special_spelling,
)
from structgen.vocabulary.spelling import spelled_characters, unspelled_bytes
from structgen.vocabulary.trie import TokenTrie

__all__ = ["Vocabulary"]


class Vocabulary:
    """Ids to bytes, for a model's whole output layer.

    Immutable; compare by identity. Tables are built when first used and shared by every grammar
    compiled over the vocabulary.

    Args:
        tokens: V byte strings; b"" for an id that is never produced as text (special, unused).
        eos_token_ids: Ids that end a sequence; they never count as text.
        special_token_ids: Further ids that never count as text.
        special_tokens: Ids by name of those that grammars may name; they never count as text.

    Raises:
        VocabularyError: No token has bytes, or an id is out of range.
        TypeError: A token is not bytes, or an id is not an integer.

    Example:
        >>> vocabulary = Vocabulary([b"a", b"b", b"</s>"], eos_token_ids=[2])
        >>> vocabulary.size, vocabulary.token_bytes(2)
        (3, b'')
    """

    def __init__(
        self,
        tokens: Sequence[bytes],
        *,
        eos_token_ids: Iterable[int],
        special_token_ids: Iterable[int] = (),
        special_tokens: Mapping[str, int] | None = None,
    ) -> None:
        size = len(tokens)
        named = special_tokens or {}
        self.eos_token_ids = tuple(dict.fromkeys(_ids("eos_token_ids", eos_token_ids, size)))
        self.special_tokens = MappingProxyType(
            dict(zip(named, _ids("special_tokens", named.values(), size), strict=True))
        )
        self.special_token_ids = frozenset(
            [*_ids("special_token_ids", special_token_ids, size), *self.special_tokens.values()]
        )
        texts = list(tokens)
        for token_id, token in enumerate(texts):
            if not isinstance(token, bytes):
                raise TypeError(f"Token {token_id} must be bytes, not {type(token).__name__}")
        for token_id in (*self.eos_token_ids, *self.special_token_ids):
            texts[token_id] = b""
        if not any(texts):
            raise VocabularyError("A vocabulary needs at least one token with text")
        self.token_blob: NDArray[np.uint8] = np.frombuffer(b"".join(texts), np.uint8)
        """uint8[total]: the bytes of all tokens."""
        self.token_offsets: NDArray[np.int64] = np.zeros(size + 1, np.int64)
        """int64[V+1]: token i is token_blob[token_offsets[i]:token_offsets[i+1]]."""
        np.cumsum(np.fromiter(map(len, texts), np.int64, size), out=self.token_offsets[1:])

    @classmethod
    def from_arrays(
        cls,
        token_blob: NDArray[np.uint8],
        token_offsets: NDArray[np.int64],
        eos_token_ids: Iterable[int],
        special_token_ids: Iterable[int],
        special_tokens: Mapping[str, int],
        trie: TokenTrie,
    ) -> Vocabulary:
        """Put together again what another vocabulary was made of; nothing is checked."""
        vocabulary = cls.__new__(cls)
        vocabulary.eos_token_ids = tuple(eos_token_ids)
        vocabulary.special_token_ids = frozenset(special_token_ids)
        vocabulary.special_tokens = MappingProxyType(dict(special_tokens))
        vocabulary.token_blob = token_blob
        vocabulary.token_offsets = token_offsets
        vocabulary.trie = trie
        return vocabulary

    @property
    def size(self) -> int:
        """V, the number of ids."""
        return len(self.token_offsets) - 1

    @cached_property
    def tokens(self) -> tuple[bytes, ...]:
        """V byte strings: the text of every token."""
        blob = self.token_blob.tobytes()
        ends = self.token_offsets.tolist()
        return tuple(blob[start:end] for start, end in pairwise(ends))

    def token_bytes(self, token_id: int) -> bytes:
        """The text of a token; b"" for one that has none.

        Raises:
            ValueError: The id is out of range.
        """
        if not 0 <= token_id < self.size:
            raise ValueError(
                f"Token {token_id} is out of range: the vocabulary has {self.size} tokens"
            )
        return self.tokens[token_id]

    @cached_property
    def max_token_bytes(self) -> int:
        """The length of the longest token in bytes."""
        return int(np.diff(self.token_offsets).max())

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that the vocabulary says: equal for equal vocabularies, on every machine.

        Example:
            >>> one = Vocabulary([b"a", b"b"], eos_token_ids=[1])
            >>> one.fingerprint == Vocabulary([b"a", b""], eos_token_ids=[1]).fingerprint
            True
            >>> one.fingerprint == Vocabulary([b"a", b"b"], eos_token_ids=[]).fingerprint
            False
        """
        content = hashlib.blake2b(digest_size=16)
        content.update(self.token_offsets.astype("<i8").tobytes())
        content.update(self.token_blob.tobytes())
        special = sorted(self.special_token_ids), sorted(self.special_tokens.items())
        content.update(repr((self.eos_token_ids, *special)).encode())
        return content.hexdigest()

    def special_token_id(self, token: str | int) -> int:
        """The id of a special token that a grammar can read.

        Args:
            token: Its name, or its id.

        Raises:
            VocabularyError: There is no such token, it is text, or it ends a sequence.

        Example:
            >>> tokens = [b"a", b"", b""]
            >>> vocabulary = Vocabulary(tokens, eos_token_ids=[2], special_tokens={"<|tool|>": 1})
            >>> vocabulary.special_token_id("<|tool|>"), vocabulary.special_token_id(1)
            (1, 1)
        """
        token_id = self.special_tokens.get(token) if isinstance(token, str) else token
        if token_id is None:
            raise VocabularyError(f"The vocabulary has no special token named {token!r}")
        if not 0 <= token_id < self.size:
            raise VocabularyError(
                f"Token {token_id} is out of range: the vocabulary has {self.size} tokens"
            )
        if token_id in self.eos_token_ids:
            raise VocabularyError(
                f"The token {token!r} ends a sequence, so a grammar cannot read it: leave it out "
                "of eos_token_ids if it does not"
            )
        if token_id not in self.special_token_ids:
            raise VocabularyError(
                f"Token {token_id} is no special token but the text {self.tokens[token_id]!r}"
            )
        return token_id

    def with_names(self, data: bytes) -> bytes:
        """Bytes for people: each special token that is spelled in them becomes its name.

        Example:
            >>> from structgen.vocabulary import special_spelling
            >>> vocabulary = Vocabulary([b"a", b""], eos_token_ids=[], special_tokens={"<x>": 1})
            >>> vocabulary.with_names(b"a" + special_spelling(1))
            b'a<x>'
        """
        names = {token_id: name.encode() for name, token_id in self.special_tokens.items()}
        return replace_special_tokens(data, lambda each: names.get(each) or b"<[%d]>" % each)

    @property
    def readable_special_token_ids(self) -> list[int]:
        """The ids, ascending, of the special tokens that a grammar can read."""
        return sorted(self.special_token_ids.difference(self.eos_token_ids))

    @cached_property
    def trie(self) -> TokenTrie:
        """The trie of all tokens that can be read: of text, and the spellings of special ones."""
        blob, starts, ends = self.spellings()
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        data = blob.tobytes()
        return TokenTrie.from_tokens([data[start:end] for start, end in spans])

    def spellings(self) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        """(blob, starts, ends): token i is read as blob[starts[i]:ends[i]], or never if empty.

        uint8[B], int64[V], int64[V]: the bytes of `token_blob`, and spellings of special tokens.
        """
        starts, ends = self.token_offsets[:-1].copy(), self.token_offsets[1:].copy()
        marked = np.flatnonzero(self.token_blob == MARK)
        unread = np.searchsorted(self.token_offsets, marked, side="right") - 1
        ends[unread] = starts[unread]
        special = self.readable_special_token_ids
        starts[special] = len(self.token_blob) + SPELLING_BYTES * np.arange(len(special))
        ends[special] = starts[special] + SPELLING_BYTES
        added = np.frombuffer(b"".join(map(special_spelling, special)), np.uint8)
        return np.concatenate([self.token_blob, added]), starts, ends

    @cached_property
    def unspelled_bytes(self) -> frozenset[int]:
        """Bytes of UTF-8 that are no token by themselves.

        Where there are none, every text can be spelled and no mask is ever empty. See
        docs/vocabulary.md, 'Text that no token spells'.

        Example:
            >>> bytes_ = [bytes([byte]) for byte in range(256) if byte != 4]
            >>> Vocabulary(bytes_, eos_token_ids=[]).unspelled_bytes
            frozenset({4})
        """
        return unspelled_bytes(self)

    @cached_property
    def spelled_characters(self) -> tuple[tuple[int, int], ...] | None:
        """Ranges of the code points that can be written, each whatever stands beside it.

        Tokens then spell exactly the texts of these characters, and every text that tokens can
        begin they can go on with. None where bytes that are no token by themselves are parts of
        longer ones, or in the middle of characters: then no set of characters says it.

        Example:
            >>> bytes_ = [bytes([byte]) for byte in range(256) if byte != 0xF1]
            >>> Vocabulary(bytes_, eos_token_ids=[]).spelled_characters[-4:]
            ((65536, 262143), (524288, 786431), (786432, 1048575), (1048576, 1114111))
            >>> Vocabulary([b"yes", b"no"], eos_token_ids=[]).spelled_characters is None
            True
        """
        return spelled_characters(self)

    def __repr__(self) -> str:
        return f"Vocabulary({self.size} tokens, eos_token_ids={list(self.eos_token_ids)})"

    # --- Readers: docs/vocabulary.md says what each of them takes and refuses ---------------------

    @classmethod
    def from_tokenizer(
        cls,
        tokenizer: Any,
        *,
        size: int | None = None,
        eos_token_ids: Iterable[int] | None = None,
    ) -> Vocabulary:
        """Read a Hugging Face fast tokenizer (transformers or `tokenizers.Tokenizer`).

        Args:
            tokenizer: The tokenizer: byte-level BPE, or SentencePiece-like with `▁` for a space.
            size: Number of logits of the model, where wider than the tokenizer.
            eos_token_ids: Ids that end a sequence; None: the tokenizer's own, where it has any.

        Raises:
            VocabularyError: It cannot be read byte-exactly.
            TypeError: An id is not an integer.
        """
        from structgen.vocabulary.huggingface import read_tokenizer

        return read_tokenizer(tokenizer, size=size, eos_token_ids=_optional(eos_token_ids))

    @classmethod
    def from_tiktoken(
        cls,
        source: Any,
        *,
        special_tokens: Mapping[str, int] | None = None,
        eos_token_ids: Iterable[int],
        size: int | None = None,
    ) -> Vocabulary:
        """Read a tiktoken encoding, its ranks, or a file of ranks.

        Args:
            source: A `tiktoken.Encoding`, a mapping of bytes to rank, or the path of a file with a
                base64 token and its rank on each line.
            special_tokens: Names and ids of special tokens, where the source has none of its own.
            eos_token_ids: Ids that end a sequence.
            size: Number of logits of the model, where wider.

        Raises:
            VocabularyError: The source cannot be read.
            TypeError: An id is not an integer.
        """
        from structgen.vocabulary.tiktoken_ranks import read_tiktoken

        return read_tiktoken(
            source,
            special_tokens=special_tokens or {},
            eos_token_ids=tuple(eos_token_ids),
            size=size,
        )

    @classmethod
    def from_sentencepiece(
        cls, source: Any, *, size: int | None = None, eos_token_ids: Iterable[int] | None = None
    ) -> Vocabulary:
        """Read a SentencePiece model: a processor, or the path of a `.model` file.

        Args:
            source: The processor or path.
            size: Number of logits of the model, where wider.
            eos_token_ids: Ids that end a sequence; None: the model's own.

        Raises:
            VocabularyError: The model rewrites text (normalisation), or cannot be read.
            TypeError: An id is not an integer.
        """
        from structgen.vocabulary.sentencepiece_model import read_sentencepiece

        return read_sentencepiece(source, size=size, eos_token_ids=_optional(eos_token_ids))

    @classmethod
    def from_tekken(
        cls, source: Any, *, size: int | None = None, eos_token_ids: Iterable[int] | None = None
    ) -> Vocabulary:
        """Read Mistral's tekken: a `tekken.json`, or mistral-common's tokenizer of such a file.

        Args:
            source: The path, a `Tekkenizer` or a `MistralTokenizer`.
            size: Number of logits of the model, where wider.
            eos_token_ids: Ids that end a sequence; None: the tokenizer's own.

        Raises:
            VocabularyError: The source cannot be read.
            TypeError: An id is not an integer.
        """
        from structgen.vocabulary.tekken import read_tekken

        return read_tekken(source, size=size, eos_token_ids=_optional(eos_token_ids))

    @classmethod
    def from_gguf(
        cls,
        path: str | Path,
        *,
        size: int | None = None,
        eos_token_ids: Iterable[int] | None = None,
    ) -> Vocabulary:
        """Read the tokenizer inside a GGUF file.

        Args:
            path: The file.
            size: Number of logits of the model, where wider.
            eos_token_ids: Ids that end a sequence; None: the file's own.

        Raises:
            VocabularyError: The file or its tokenizer cannot be read byte-exactly.
            TypeError: An id is not an integer.
        """
        from structgen.vocabulary.gguf_file import read_gguf

        return read_gguf(Path(path), size=size, eos_token_ids=_optional(eos_token_ids))


def _optional(ids: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if ids is None else tuple(ids)


def _ids(name: str, ids: Iterable[int], size: int) -> list[int]:
    """The ids as plain integers.

    Raises:
        VocabularyError: An id is out of range.
        TypeError: An id is not an integer.
    """
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise TypeError(f"{name} must be a collection of integers, not {type(ids).__name__}")
    checked = []
    for token in ids:
        try:
            checked.append(operator.index(token))
        except TypeError:
            raise TypeError(f"{name} holds {token!r}, which is not an integer") from None
        if not 0 <= checked[-1] < size:
            raise VocabularyError(
                f"Special token {token} is out of range: the vocabulary has {size} tokens"
            )
    return checked
