"""The engines: each compiles a schema for one vocabulary and answers token by token."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

__all__ = ["ENGINES", "END_OF_SEQUENCE", "Engine", "VOCABULARY_SIZE", "read_encoding"]

VOCABULARY_SIZE = 128_256
END_OF_SEQUENCE = 128_001

# How Llama 3 cuts a text before merging, from the model's published tokenizer.
_LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def read_encoding(ranks: Path) -> Any:
    """The Llama-3 tokenizer from its file of ranks."""
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    return tiktoken.Encoding(
        "llama3",
        pat_str=_LLAMA3_PATTERN,
        mergeable_ranks=load_tiktoken_bpe(str(ranks)),
        special_tokens={f"<|special_{i}|>": 128_000 + i for i in range(256)},
    )


class Engine(Protocol):
    """One engine over the vocabulary."""

    def compile(self, schema: Any) -> None:
        """Compile a schema and begin a text; raises what the engine raises."""
        ...

    def restart(self) -> None:
        """Begin a new text of the compiled schema."""
        ...

    def fill(self) -> None:
        """Compute the mask."""
        ...

    def accept(self, token: int) -> bool:
        """Take a token, if the mask allows it."""
        ...

    def may_end(self) -> bool:
        """Whether the text is complete."""
        ...


class Structgen:
    """structgen with its defaults."""

    def __init__(self, ranks: Path) -> None:
        import structgen

        self._structgen = structgen
        self._vocabulary = structgen.Vocabulary.from_tiktoken(
            ranks, eos_token_ids=[END_OF_SEQUENCE], size=VOCABULARY_SIZE
        )
        self._row = structgen.allocate_bitmask(1, VOCABULARY_SIZE)[0]

    def compile(self, schema: Any) -> None:
        self._compiled = self._structgen.compile(schema, self._vocabulary)
        self.restart()

    def restart(self) -> None:
        self._matcher = self._compiled.matcher()

    def fill(self) -> None:
        self._matcher.fill_bitmask(self._row)

    def accept(self, token: int) -> bool:
        return self._matcher.accept_token(token)

    def may_end(self) -> bool:
        return self._matcher.is_accepting


class LLGuidance:
    """llguidance with its defaults, one thread."""

    def __init__(self, ranks: Path) -> None:
        import llguidance
        import llguidance.numpy
        import llguidance.tiktoken

        self._llguidance = llguidance
        self._fill = llguidance.numpy.fill_next_token_bitmask
        self._tokenizer = llguidance.tiktoken.lltokenizer_from_encoding(
            read_encoding(ranks), n_vocab=VOCABULARY_SIZE, eos_token=END_OF_SEQUENCE
        )
        self._row = llguidance.numpy.allocate_token_bitmask(1, VOCABULARY_SIZE)

    def compile(self, schema: Any) -> None:
        text = json.dumps(schema)
        self._grammar = self._llguidance.LLMatcher.grammar_from_json_schema(text)
        self.restart()

    def restart(self) -> None:
        self._matcher = self._llguidance.LLMatcher(self._tokenizer, self._grammar)
        error = self._matcher.get_error()
        if error:
            raise ValueError(error)

    def fill(self) -> None:
        self._fill(self._matcher, self._row, 0)

    def accept(self, token: int) -> bool:
        if not self._row[0, token >> 5] >> np.int32(token & 31) & 1:
            return False
        return bool(self._matcher.consume_token(token))

    def may_end(self) -> bool:
        return bool(self._matcher.is_accepting())


ENGINES: dict[str, Callable[[Path], Engine]] = {"structgen": Structgen, "llguidance": LLGuidance}
