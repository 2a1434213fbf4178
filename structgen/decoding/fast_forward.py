"""Text that is the only way on, as the tokens that the tokenizer itself would cut.

The cut is healed at the right edge: tokens at the end of the forced text that a longer allowed
token could replace are left to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from structgen.bitmask import allocate_bitmask, allowed_tokens
from structgen.errors import VocabularyError
from structgen.vocabulary import MARK, id_of_spelling

if TYPE_CHECKING:
    from structgen.matcher import Matcher
    from structgen.vocabulary import Vocabulary

__all__ = ["CONTEXT_TOKENS", "FastForward"]

CONTEXT_TOKENS = 8  # enough for the words on both sides of the edge
_PROBES = ('{"name": "a b", "n": [1, 2]}', "été → 日本\n  x")


class FastForward:
    """Cut forced text into tokens.

    Args:
        tokenizer: A Hugging Face fast tokenizer.
        vocabulary: Its vocabulary.

    Raises:
        VocabularyError: What the tokenizer encodes are not the bytes that it was given.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary) -> None:
        self._tokenizer = getattr(tokenizer, "backend_tokenizer", tokenizer)
        self._vocabulary = vocabulary
        self._lengths = np.array([len(token) for token in vocabulary.tokens], np.int32)
        self._row = allocate_bitmask(1, vocabulary.size)[0]
        for probe in _PROBES:
            if self._cut(probe[:1].encode(), probe[1:].encode()) is None:
                raise VocabularyError(
                    "The tokenizer's own cut of a text does not give its bytes back, so forced "
                    "text cannot be taken in it: use fast_forward=False"
                )

    def tokens(self, matcher: Matcher, taken: Sequence[int]) -> list[int]:
        """The tokens that the next text must be cut into; [] where the model has a choice.

        Does not change the matcher; every token is allowed at its place.

        Args:
            matcher: A request.
            taken: The tokens before.

        Raises:
            LimitExceededError: The engine's tables are too small.
        """
        forced = matcher.forced_bytes()
        if forced and forced[0] == MARK:
            return [id_of_spelling(forced)]
        forced = forced.partition(bytes([MARK]))[0]
        if not forced:
            return []
        edge = self._edge(matcher, forced)
        if edge == 0:
            return []
        whole = len(forced.decode(errors="ignore").encode())  # not the start of a character
        context = b"".join(self._vocabulary.tokens[token] for token in taken[-CONTEXT_TOKENS:])
        kept = []
        end = 0
        for token in self._cut(context, forced[:whole]) or []:
            end += int(self._lengths[token])
            if end > edge:
                break
            kept.append(token)
        return kept

    def _edge(self, matcher: Matcher, forced: bytes) -> int:
        """The first place from which an allowed token reaches beyond the forced text.

        An allowed token is either a part of the forced text or goes beyond it, so its length tells.
        """
        start = max(0, len(forced) - self._vocabulary.max_token_bytes + 1)
        if start:
            matcher = matcher.fork()
            matcher.accept_bytes(forced[:start])
        for place in range(start, len(forced)):
            matcher.fill_bitmask(self._row)
            allowed = allowed_tokens(self._row)
            if allowed.size and self._lengths[allowed].max() > len(forced) - place:
                return place
            matcher = matcher.fork()
            matcher.accept_bytes(forced[place : place + 1])
        return len(forced)

    def _cut(self, context: bytes, text: bytes) -> list[int] | None:
        """The tokens of `text` after `context`; None if the tokenizer cannot cut it exactly.

        Tried in this order: after the context, with a token's end between the two; after a new
        line (which keeps a tokenizer from adding a space); alone.
        """
        for before in (context, b"\n", b""):
            try:
                together = (before + text).decode()
            except UnicodeDecodeError:  # the context begins within a character
                continue
            ids = self._tokenizer.encode(together, add_special_tokens=False).ids
            pieces: list[int] = []
            left = len(text)
            while left > 0 and ids:
                token = ids.pop()
                pieces.append(token)
                left -= int(self._lengths[token])
            pieces.reverse()
            if b"".join(self._vocabulary.tokens[token] for token in pieces) == text:
                return pieces
        return None
