"""One-by-one decoding with other engines' masks, to be measured beside speculation.

The loop, the model with its sparse head, the draws and their seeds are those of
`decoding.loop`; only the masks are another engine's. Compiling a schema is not counted, as it is
not for structgen. Both engines are in the extra `bench`.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from structgen.bitmask import allocate_bitmask, apply_bitmask
from structgen.decoding.generator import Generator
from structgen.decoding.prompt import encode_prompt
from structgen.decoding.sampling import Sampling, choose
from structgen.errors import GenerationError
from structgen.models.protocol import PromptSession, SparseSession

__all__ = ["PEERS", "PeerMasks", "answer", "check_peers"]


class PeerMasks(Protocol):
    """Another engine's state of one answer."""

    def fill(self, row: NDArray[np.int32]) -> None:
        """Write what may come next: int32[W]."""
        ...

    def accept(self, token: int) -> bool:
        """Take a token that may come; whether that was so."""
        ...

    def ended(self) -> bool:
        """Whether the answer has ended."""
        ...


Compile = Callable[[Any], PeerMasks]  # of a JSON Schema


class _LLGuidance:
    """llguidance with its default JSON options."""

    def __init__(self, tokenizer: Any, schema: Any) -> None:
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema))
        self._matcher = LLMatcher(tokenizer, grammar, log_level=0)
        if self._matcher.get_error():
            raise GenerationError(f"llguidance: {self._matcher.get_error()}")

    def fill(self, row: NDArray[np.int32]) -> None:
        import llguidance.numpy

        llguidance.numpy.fill_next_token_bitmask(self._matcher, row[None], 0)

    def accept(self, token: int) -> bool:
        return bool(self._matcher.consume_token(token))

    def ended(self) -> bool:
        return bool(self._matcher.is_stopped())


class _XGrammar:
    """XGrammar with any white space and without strict mode."""

    def __init__(self, compiler: Any, schema: Any) -> None:
        import xgrammar

        try:
            compiled = compiler.compile_json_schema(
                json.dumps(schema), any_whitespace=True, strict_mode=False
            )
        except RuntimeError as error:
            raise GenerationError(f"XGrammar: {error}") from error
        self._matcher = xgrammar.GrammarMatcher(compiled)

    def fill(self, row: NDArray[np.int32]) -> None:
        import torch

        self._matcher.fill_next_token_bitmask(torch.from_numpy(row[None]))

    def accept(self, token: int) -> bool:
        return bool(self._matcher.accept_token(token))

    def ended(self) -> bool:
        return bool(self._matcher.is_terminated())


def _llguidance(generator: Generator) -> Compile:
    import llguidance.hf

    tokenizer = llguidance.hf.from_tokenizer(
        generator.tokenizer,
        n_vocab=generator.vocabulary.size,
        eos_token=list(generator.vocabulary.eos_token_ids),
    )
    return lambda schema: _LLGuidance(tokenizer, schema)


def _xgrammar(generator: Generator) -> Compile:
    import xgrammar

    described = xgrammar.TokenizerInfo.from_huggingface(
        generator.tokenizer,
        vocab_size=generator.vocabulary.size,
        stop_token_ids=list(generator.vocabulary.eos_token_ids),
    )
    compiler = xgrammar.GrammarCompiler(described, max_threads=1)
    return lambda schema: _XGrammar(compiler, schema)


PEERS: dict[str, Callable[[Generator], Compile]] = {
    "llguidance": _llguidance,
    "xgrammar": _xgrammar,
}


def check_peers(names: Sequence[str]) -> None:
    """Check that other engines are known and installed.

    Raises:
        ValueError: One is not.
    """
    for name in names:
        if name not in PEERS:
            raise ValueError(f"there is no engine {name!r}: the engines are {', '.join(PEERS)}")
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"{name} is not installed: pip install 'structgen[bench]'")


def answer(
    generator: Generator,
    masks: PeerMasks,
    prompt: str,
    sampling: Sampling,
    seed: int,
    max_new_tokens: int,
) -> dict[str, Any]:
    """Answer a prompt with another engine's masks.

    Args:
        generator: The model.
        masks: At the beginning of the answer.
        prompt: The question.
        sampling: How tokens are chosen.
        seed: Of the draws.
        max_new_tokens: How many tokens the answer may have.

    Returns:
        The tokens, forward passes and seconds, as `benchmark.measure` records them.

    Raises:
        GenerationError: The engine refuses a token that its mask allows.
    """
    import torch

    ends = set(generator.vocabulary.eos_token_ids)
    window = generator.backend.window
    fed = encode_prompt(generator.tokenizer, prompt, raw=False, window=window)
    room = max_new_tokens if window is None else min(max_new_tokens, window - len(fed))
    start, started = time.perf_counter(), time.process_time()
    session = generator.backend.start()
    if isinstance(session, PromptSession):
        (fed,) = session.read([fed])
    bitmask = allocate_bitmask(1, generator.vocabulary.size)
    tokens: list[int] = []
    model_seconds = mask_seconds = 0.0
    passes = 0
    while len(tokens) < room and not masks.ended():
        began = time.perf_counter()
        masks.fill(bitmask[0])
        if isinstance(session, SparseSession):
            session.allow(bitmask)
        filled = time.perf_counter()
        logits = session.forward([fed])
        seen = time.perf_counter()
        apply_bitmask(logits, torch.from_numpy(bitmask))
        masked = time.perf_counter()
        (token,) = choose(logits, sampling, [(seed, len(tokens))])
        taken = time.perf_counter()
        if not masks.accept(token):
            raise GenerationError(f"A token that the mask allows was refused: {token}")
        passes += 1
        model_seconds += seen - filled
        mask_seconds += filled - began + masked - seen + time.perf_counter() - taken
        if token in ends:
            break
        tokens.append(token)
        fed = [token]
    return {
        "tokens": tokens,
        "forced": 0,
        "passes": passes,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - started,
        "model_seconds": model_seconds,
        "mask_seconds": mask_seconds,
        "draft_seconds": 0.0,
        "drafted": 0,
        "accepted": 0,
    }
