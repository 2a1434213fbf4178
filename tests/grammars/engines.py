"""The engines that grammars' benchmarks compare, each behind the same few methods.

The tokens are Llama 3's, read from its `tokenizer.model`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import tiktoken

import structgen as sg

SIZE, END = 128_256, 128_001
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class Sources(NamedTuple):
    """One grammar, as each engine reads it.

    Attributes:
        structgen: Reads it, whole.
        lark: llguidance's text; None: it cannot say it.
        ebnf: XGrammar's text; None: it cannot say it.
    """

    structgen: Callable[[], sg.Grammar]
    lark: str | None = None
    ebnf: str | None = None


class Engine(Protocol):
    """One engine: `compile` reads a grammar; then `start` begins a text anew."""

    def compile(self, sources: Sources) -> None: ...
    def start(self) -> None: ...
    def mask(self) -> None: ...
    def accept(self, token: int) -> bool: ...
    def is_complete(self) -> bool: ...


class CannotRead(Exception):
    """The engine does not read this grammar."""


class Structgen:
    def __init__(self, ranks: Path, _: tiktoken.Encoding) -> None:
        self.vocabulary = sg.Vocabulary.from_tiktoken(str(ranks), eos_token_ids=[END], size=SIZE)
        self.row = sg.allocate_bitmask(1, SIZE)[0]

    def compile(self, sources: Sources) -> None:
        self.compiled = sg.compile(sources.structgen(), self.vocabulary)

    def start(self) -> None:
        self.matcher = self.compiled.matcher()

    def mask(self) -> None:
        self.matcher.fill_bitmask(self.row)

    def accept(self, token: int) -> bool:
        return self.matcher.accept_token(token)

    def is_complete(self) -> bool:
        return self.matcher.is_accepting


class LLGuidance:
    def __init__(self, _: Path, encoding: tiktoken.Encoding) -> None:
        import llguidance.numpy  # the peers are needed for the benchmarks alone
        import llguidance.tiktoken

        self.tokenizer = llguidance.tiktoken.lltokenizer_from_encoding(
            encoding, n_vocab=SIZE, eos_token=END
        )
        self.module = llguidance.LLMatcher
        self.row = llguidance.numpy.allocate_token_bitmask(1, SIZE)
        self.fill = llguidance.numpy.fill_next_token_bitmask

    def compile(self, sources: Sources) -> None:
        if sources.lark is None:
            raise CannotRead("it has no Lark text for llguidance")
        self.first = self.module(self.tokenizer, self.module.grammar_from_lark(sources.lark))
        if self.first.is_error():
            raise CannotRead(self.first.get_error())

    def start(self) -> None:
        self.matcher = self.first.deep_copy()

    def mask(self) -> None:
        self.fill(self.matcher, self.row, 0)

    def accept(self, token: int) -> bool:
        return bool(self.row[0, token >> 5] >> (token & 31) & 1) and self.matcher.consume_token(
            token
        )

    def is_complete(self) -> bool:
        return self.matcher.is_accepting()


class XGrammar:
    def __init__(self, _: Path, encoding: tiktoken.Encoding) -> None:
        import xgrammar

        tokens = [encoding.decode_single_token_bytes(token) for token in range(SIZE)]
        info = xgrammar.TokenizerInfo(tokens, vocab_size=SIZE, stop_token_ids=[END])
        self.compiler = xgrammar.GrammarCompiler(info, cache_enabled=False)
        self.make = xgrammar.GrammarMatcher
        self.row = xgrammar.allocate_token_bitmask(1, SIZE)

    def compile(self, sources: Sources) -> None:
        if sources.ebnf is None:
            raise CannotRead("it has no EBNF text for XGrammar")
        self.matcher = self.make(self.compiler.compile_grammar(sources.ebnf))

    def start(self) -> None:
        self.matcher.reset()

    def mask(self) -> None:
        self.matcher.fill_next_token_bitmask(self.row)

    def accept(self, token: int) -> bool:
        return self.matcher.accept_token(token)

    def is_complete(self) -> bool:
        return self.matcher.is_completed()


ENGINES: dict[str, Callable[..., Any]] = {
    "structgen": Structgen,
    "llguidance": LLGuidance,
    "XGrammar": XGrammar,
}


def encoding_of(ranks: Path) -> tiktoken.Encoding:
    """Llama 3's tokenizer from its file of ranks."""
    lines = (line.split() for line in ranks.read_bytes().splitlines())
    return tiktoken.Encoding(
        "llama3",
        pat_str=SPLIT,
        mergeable_ranks={base64.b64decode(token): int(rank) for token, rank in lines},
        special_tokens={f"<|special{number}|>": 128_000 + number for number in range(256)},
    )


def load_kernels() -> None:
    """Load compiled kernels, so that nothing that is timed does."""
    matcher = sg.compile(True, sg.Vocabulary([b"1", b""], eos_token_ids=[1])).matcher()
    matcher.fill_bitmask(np.zeros(1, np.int32))
