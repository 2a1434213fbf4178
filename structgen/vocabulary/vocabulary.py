"""A vocabulary: the exact bytes of every token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structgen.errors import VocabularyError
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

    Raises:
        VocabularyError: No token has bytes, or an id is out of range.
        TypeError: A token is not bytes.

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
    ) -> None:
        size = len(tokens)
        self.eos_token_ids = tuple(dict.fromkeys(int(token) for token in eos_token_ids))
        self.special_token_ids = frozenset(int(token) for token in special_token_ids)
        for token in (*self.eos_token_ids, *self.special_token_ids):
            if not 0 <= token < size:
                raise VocabularyError(
                    f"Special token {token} is out of range: the vocabulary has {size} tokens"
                )
        texts = list(tokens)
        for token_id, token in enumerate(texts):
            if not isinstance(token, bytes):
                raise TypeError(f"Token {token_id} must be bytes, not {type(token).__name__}")
        for token_id in (*self.eos_token_ids, *self.special_token_ids):
            texts[token_id] = b""
        if not any(texts):
            raise VocabularyError("A vocabulary needs at least one token with text")
        self.tokens: tuple[bytes, ...] = tuple(texts)

    @property
    def size(self) -> int:
        """V, the number of ids."""
        return len(self.tokens)

    def token_bytes(self, token_id: int) -> bytes:
        """The text of a token; b"" for one that has none."""
        return self.tokens[token_id]

    @cached_property
    def max_token_bytes(self) -> int:
        """The length of the longest token in bytes."""
        return max(map(len, self.tokens))

    @cached_property
    def token_blob(self) -> NDArray[np.uint8]:
        """uint8[total]: the bytes of all tokens."""
        return np.frombuffer(b"".join(self.tokens), np.uint8)

    @cached_property
    def token_offsets(self) -> NDArray[np.int64]:
        """int64[V+1]: token i is token_blob[token_offsets[i]:token_offsets[i+1]]."""
        offsets = np.zeros(self.size + 1, np.int64)
        np.cumsum(np.fromiter(map(len, self.tokens), np.int64, self.size), out=offsets[1:])
        return offsets

    @cached_property
    def trie(self) -> TokenTrie:
        """The trie of all tokens that have text."""
        return TokenTrie.from_tokens(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({self.size} tokens, eos_token_ids={list(self.eos_token_ids)})"

    # --- Readers --------------------------------------------------------------------------------

    @classmethod
    def from_tokenizer(cls, tokenizer: Any, *, size: int | None = None) -> Vocabulary:
        """Read a Hugging Face fast tokenizer (transformers or `tokenizers.Tokenizer`).

        Args:
            tokenizer: The tokenizer: byte-level BPE, or SentencePiece-like with byte fallback.
            size: Number of logits of the model, where wider than the tokenizer.

        Raises:
            VocabularyError: It cannot be read byte-exactly.
        """
        from structgen.vocabulary.huggingface import read_tokenizer

        return read_tokenizer(tokenizer, size=size)

    @classmethod
    def from_tiktoken(
        cls,
        source: Any,
        *,
        special_tokens: dict[str, int] | None = None,
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
        """
        from structgen.vocabulary.tiktoken_ranks import read_tiktoken

        return read_tiktoken(
            source, special_tokens=special_tokens or {}, eos_token_ids=eos_token_ids, size=size
        )

    @classmethod
    def from_sentencepiece(cls, source: Any, *, size: int | None = None) -> Vocabulary:
        """Read a SentencePiece model: a processor, or the path of a `.model` file.

        Raises:
            VocabularyError: The model rewrites text (normalisation), or cannot be read.
        """
        from structgen.vocabulary.sentencepiece_model import read_sentencepiece

        return read_sentencepiece(source, size=size)

    @classmethod
    def from_gguf(cls, path: str | Path, *, size: int | None = None) -> Vocabulary:
        """Read the tokenizer inside a GGUF file.

        Raises:
            VocabularyError: The file or its tokenizer cannot be read byte-exactly.
        """
        from structgen.vocabulary.gguf_file import read_gguf

        return read_gguf(path, size=size)
