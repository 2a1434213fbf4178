"""What came where the text was the same before: in the prompt, in this answer, in earlier ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from structgen.decoding.speculation.drafters.protocol import CONTEXT_TOKENS, Guess, Point, Row

__all__ = ["AnswerLookup", "PromptLookup", "SuffixIndex"]

MAX_TOKENS = 1 << 17  # of earlier answers; then the older half goes
_INDEXED = (4, 3, 2)  # lengths by which a context is looked up
_MOST_PLACES = 32  # the latest, for a context that occurs very often
_BREAK = -1  # between texts


class SuffixIndex:
    """Texts, and where in them a context occurs.

    Example:
        >>> index = SuffixIndex()
        >>> index.extend([1, 2, 3, 1, 2, 4])
        >>> index.after([9, 1, 2])
        (2, [3, 4])
        >>> index.after([3, 1, 2])
        (3, [4])
    """

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], list[int]] = {}

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self._tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """Add tokens to the last text."""
        for token in tokens:
            self._tokens.append(token)
            end = len(self._tokens)
            for length in _INDEXED:
                if end >= length:
                    self._places.setdefault(tuple(self._tokens[end - length :]), []).append(end)

    def end_text(self) -> None:
        """Begin another text; when there are too many tokens, forget the older half."""
        if len(self._tokens) > MAX_TOKENS:
            kept = self._tokens[-MAX_TOKENS // 2 :]
            self._tokens, self._places = [], {}
            self.extend(kept)
        self._tokens.append(_BREAK)

    def after(self, context: Sequence[int]) -> tuple[int, list[int]]:
        """How long the longest known suffix of a context is, and the tokens that came after it."""
        for length in _INDEXED:
            places = self._places.get(tuple(context[-length:]), ())
            reach = [(self._common(end, context), end) for end in places[-_MOST_PLACES:]]
            reach = [(common, end) for common, end in reach if end < len(self._tokens)]
            if reach:
                longest = max(reach)[0]
                return longest, [self._tokens[end] for common, end in reach if common == longest]
        return 0, []

    def _common(self, end: int, context: Sequence[int]) -> int:
        """How many tokens before a place are those of the context."""
        count = 0
        before = self._tokens[max(0, end - CONTEXT_TOKENS) : end]
        for here, there in zip(reversed(context), reversed(before), strict=False):
            if here != there or there == _BREAK:
                break
            count += 1
        return count


class PromptLookup:
    """Copies from the prompt and from the answer so far.

    Source:
        Saxena, 'Prompt Lookup Decoding', 2023.
    """

    name = "prompt"

    def __init__(self) -> None:
        self._index = SuffixIndex()

    def begin(self, prompt: Sequence[int]) -> None:
        """Only this prompt counts from now on."""
        self._index = SuffixIndex()
        self._index.extend(prompt)

    def propose(self, point: Point) -> Guess:
        """What came after the longest suffix of the context that was there before."""
        return _guess(self._index, point.context)

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """The answer can be copied from as well."""
        self._index.extend(added)


class AnswerLookup:
    """Copies from earlier answers, whatever their grammars were.

    Source:
        Oliaro et al., 'SuffixDecoding', 2024 (a global tree of outputs, expanded by counts); He et
        al., 'REST: Retrieval-Based Speculative Decoding', NAACL 2024.
    """

    name = "answers"

    def __init__(self) -> None:
        self._index = SuffixIndex()

    def begin(self, prompt: Sequence[int]) -> None:
        """The answer before this has ended."""
        self._index.end_text()

    def propose(self, point: Point) -> Guess:
        """What came after the longest suffix of the context that was there before."""
        return _guess(self._index, point.context)

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """The answer can be copied from as well."""
        self._index.extend(added)


def _guess(index: SuffixIndex, context: Sequence[int]) -> Guess:
    """Shares of what came after, trusted more the longer the common context is."""
    length, tokens = index.after(context)
    trust = length / (length + 1)
    return [
        (token, trust * count / len(tokens))
        for token, count in Counter(tokens).most_common()
        if token != _BREAK
    ]
