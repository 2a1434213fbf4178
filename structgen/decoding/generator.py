"""A model, its tokenizer and its compiled grammars: prompts in, results out."""

from __future__ import annotations

import codecs
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from operator import index
from typing import Any, Literal, cast

from structgen.compiler import CompiledGrammar, compile
from structgen.decoding.fast_forward import FastForward
from structgen.decoding.loop import Request, decode
from structgen.decoding.prompt import Prompt, encode_prompt, is_batch
from structgen.decoding.result import Result
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.controller import Controller
from structgen.decoding.speculation.costs import load_costs
from structgen.decoding.speculation.drafters.heads import Hydra, has_heads
from structgen.decoding.speculation.loop import speculate
from structgen.decoding.speculation.options import TRAINED, USUAL, Speculation
from structgen.decoding.speculation.speculator import Speculator
from structgen.errors import GenerationError, VocabularyError
from structgen.matcher import Matcher
from structgen.models.causal import CausalBackend
from structgen.models.embedded import default_model
from structgen.models.families import backend_of
from structgen.models.protocol import Backend, TreeBackend
from structgen.vocabulary import Vocabulary, without_special_tokens

__all__ = ["Generator", "Stream", "generate"]

MAX_COMPILED_GRAMMARS = 128  # kept per generator; the one used longest ago goes first
MAX_SPECULATORS = 8  # the same of ways to speculate, each with all that it has learnt

AtLimit = Literal["error", "complete"]


class Generator:
    """Generate text of a grammar with a model of transformers.

    Args:
        model: A language model of transformers, on any device: causal, encoder-decoder or Mamba-2.
        tokenizer: Its fast tokenizer.

    Raises:
        GenerationError: The model remembers its text in a way that is not known.
        VocabularyError: The tokenizer cannot be read byte-exactly, does not fit the model, or
            neither it nor the model names an end-of-sequence token.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        backend = backend_of(model)
        vocabulary = _vocabulary(model, tokenizer, backend.vocabulary_size)
        self._set_up(backend, tokenizer, vocabulary)

    @classmethod
    def from_backend(cls, backend: Backend, tokenizer: Any, vocabulary: Vocabulary) -> Generator:
        """A generator over a model that is not one of transformers.

        Args:
            backend: The model.
            tokenizer: Called with a text, it gives a mapping with `input_ids`; `encode` is that of
                `tokenizers.Tokenizer`.
            vocabulary: Its tokens, with at least one end-of-sequence token.
        """
        made = object.__new__(cls)
        made._set_up(backend, tokenizer, vocabulary)
        return made

    def _set_up(self, backend: Backend, tokenizer: Any, vocabulary: Vocabulary) -> None:
        self.backend = backend
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self._fast_forward: FastForward | None = None
        self._compiled: OrderedDict[Hashable, tuple[Any, CompiledGrammar]] = OrderedDict()
        self._speculators: OrderedDict[tuple[Speculation, bool], Speculator] = OrderedDict()
        self._controller: Controller | None = None
        self._usual: Speculation | None = None

    def generate(
        self,
        prompt: Prompt | Sequence[Prompt],
        *,
        schema: Any = None,
        grammar: Any = None,
        stream: bool = False,
        seed: int | Sequence[int] | None = None,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        max_new_tokens: int = 512,
        at_limit: AtLimit = "error",
        fast_forward: bool = True,
        speculation: Speculation | Literal["auto"] | None = None,
        raw: bool = False,
    ) -> Any:
        """Generate text of a schema or a grammar.

        Args:
            prompt: A string (a user's message where the tokenizer has a chat template), a list of
                chat messages, or a list of several prompts, which are generated together.
            schema: A JSON Schema (dict or bool), a pydantic model, a dataclass or a TypedDict.
            grammar: Instead of `schema`: a `Grammar`, or a `CompiledGrammar` over `vocabulary`.
            stream: Return a `Stream` of text pieces (one prompt only).
            seed: Makes draws repeatable. Each request draws from its own numbers, so the other
                prompts of a batch do not matter; a list gives one seed for each prompt.
            temperature: 0 takes the most probable token.
            top_k: Only the k most probable tokens.
            top_p: Only the most probable tokens that together have this probability.
            max_new_tokens: How many tokens the answer may have; the model's window may end it
                sooner.
            at_limit: "error", or "complete": a shortest text that completes the answer is added.
            fast_forward: Take text that is the only way on as the tokenizer itself cuts it, without
                asking the model. This is a choice of distribution; with False every token is the
                model's choice. See docs/generation.md.
            speculation: Look at several drafted tokens in one forward pass. The text is the same as
                without. "auto" does it for a single prompt where the model can and it pays; with a
                `Speculation`, several prompts are answered one after the other. See
                docs/speculation.md.
            raw: A string is the text itself, without the chat template.

        Returns:
            A `Result`; for a list of prompts a list of them; with `stream` a `Stream`.

        Raises:
            GenerationError: The limit was reached and the text is not complete (`partial_text` has
                it), or a prompt is empty or too long, or the model's logits are not numbers, or
                a `Speculation` is given and the model cannot look at trees, or a drafter fails.
            GrammarError: The schema is malformed.
            UnsatisfiableError: Nothing satisfies the schema.
            LimitExceededError: A limit of the engine was reached.
            VocabularyError: The grammar needs text that the tokens cannot spell; or `fast_forward`,
                and the tokenizer does not give bytes back.
            ValueError: An option is out of its range.
            TypeError: The prompt, the schema or a number is something else.
        """
        if (schema is None) == (grammar is None):
            raise ValueError("say either schema=... or grammar=...")
        if at_limit not in ("error", "complete"):
            raise ValueError(f'at_limit must be "error" or "complete", not {at_limit!r}')
        max_new_tokens = index(max_new_tokens)
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens must be at least 1, not {max_new_tokens}")
        sampling = Sampling(temperature, top_k, top_p)
        several = is_batch(prompt)
        if several and stream:
            raise ValueError("a stream is of one prompt: call generate for each")
        prompts = cast("list[Prompt]", list(prompt) if several else [prompt])
        compiled = self.compile(grammar if schema is None else schema)
        window = self.backend.window
        requests = []
        for one, number in zip(prompts, _seeds(seed, len(prompts)), strict=True):
            tokens = encode_prompt(self.tokenizer, one, raw=raw, window=window)
            room = max_new_tokens if window is None else min(max_new_tokens, window - len(tokens))
            requests.append(Request(tokens, compiled.matcher(), room, number))
        forward = self.fast_forward() if fast_forward else None
        if speculation == "auto" and several:
            speculation = None
        speculator = self._speculator(speculation, fast_forward)
        if speculator is None:
            pieces = decode(requests, self.backend.start(), sampling, forward)
        else:
            pieces = self._speculate(requests, sampling, forward, speculator)
        if stream:
            return Stream(requests[0], (piece for _, piece in pieces), at_limit)
        texts = {id(request): bytearray() for request in requests}
        for request, piece in pieces:
            texts[id(request)] += piece
        results = [_result(request, bytes(texts[id(request)]), at_limit) for request in requests]
        return results if several else results[0]

    def compile(self, source: Any) -> CompiledGrammar:
        """The compiled grammar of a source (see `structgen.compile`), kept for the next time.

        Raises:
            ValueError: A compiled grammar is over another vocabulary.
        """
        if isinstance(source, CompiledGrammar):
            if source.vocabulary is not self.vocabulary:
                raise ValueError(
                    "The compiled grammar is over another vocabulary: compile it with "
                    "generator.compile, or over generator.vocabulary"
                )
            return source
        key = _key(source)
        if key in self._compiled:
            self._compiled.move_to_end(key)
            return self._compiled[key][1]
        compiled = compile(source, self.vocabulary)
        self._compiled[key] = source, compiled  # the source is kept, so that its id stays its own
        if len(self._compiled) > MAX_COMPILED_GRAMMARS:
            self._compiled.popitem(last=False)
        return compiled

    def fast_forward(self) -> FastForward:
        """How forced text is cut into tokens.

        Raises:
            VocabularyError: The tokenizer does not give bytes back.
        """
        if self._fast_forward is None:
            self._fast_forward = FastForward(self.tokenizer, self.vocabulary)
        return self._fast_forward

    # --- Speculation ------------------------------------------------------------------------------

    def _speculator(
        self, speculation: Speculation | Literal["auto"] | None, fast_forward: bool
    ) -> Speculator | None:
        """What drafts, with all that it has learnt; None where each token has its own pass."""
        if speculation is None:
            return None
        if speculation != "auto" and not isinstance(speculation, Speculation):
            raise ValueError(
                f'speculation must be "auto", None or a structgen.Speculation, not {speculation!r}'
            )
        backend = self.backend
        obstacle: str | None = "its backend has no tree sessions"
        if isinstance(backend, TreeBackend):
            obstacle = backend.tree_obstacle()
        if obstacle is not None:
            if speculation == "auto":
                return None
            raise GenerationError(
                f"The model cannot look at trees of drafts: {obstacle}. Say "
                'speculation="auto" to speculate only where it can be done'
            )
        options = self._usual_speculation() if speculation == "auto" else speculation
        key = options, fast_forward
        if key not in self._speculators:
            if options.nodes == "auto" and self._controller is None:
                self._controller = Controller(load_costs(cast(TreeBackend, backend)))
            self._speculators[key] = Speculator(
                options,
                self._cut(),
                fast_forward,
                self.vocabulary.size,
                self._controller if options.nodes == "auto" else None,
            )
            if len(self._speculators) > MAX_SPECULATORS:
                self._speculators.popitem(last=False)
        self._speculators.move_to_end(key)
        return self._speculators[key]

    def _usual_speculation(self) -> Speculation:
        """That of "auto": with the drafters that were trained for the model, if any were."""
        if self._usual is None:
            backend = self.backend
            trained: tuple[str, ...] = ()
            if isinstance(backend, CausalBackend) and backend.inner_obstacle() is None:
                trained = TRAINED if has_heads(backend.model, Hydra.name) else ()
            self._usual = Speculation(drafters=(*USUAL, *trained))
        return self._usual

    def _cut(self) -> Callable[[Matcher, Sequence[int]], list[int]]:
        """How drafts cut forced text: as the tokenizer does, or where it cannot, greedily."""
        try:
            return self.fast_forward().tokens
        except VocabularyError:
            return lambda matcher, _: matcher.forced_tokens()

    def _speculate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        forward: FastForward | None,
        speculator: Speculator,
    ) -> Iterator[tuple[Request, bytes]]:
        """One request after the other."""
        backend = cast(TreeBackend, self.backend)
        for request in requests:
            yield from speculate(request, backend.start_tree(), sampling, forward, speculator)


class Stream:
    """Text pieces as they come; each is whole characters, and joined they are the result's text.

    Made by `Generator.generate(..., stream=True)`.
    """

    def __init__(self, request: Request, pieces: Iterator[bytes], at_limit: AtLimit) -> None:
        self._request = request
        self._pieces = pieces
        self._at_limit = at_limit
        self._result: Result | None = None

    def __iter__(self) -> Iterator[str]:
        """Generate.

        Raises:
            GenerationError: As `Generator.generate`.
            LimitExceededError: As `Generator.generate`.
        """
        decoder = codecs.getincrementaldecoder("utf-8")()
        data = bytearray()
        for piece in self._pieces:
            data += piece
            text = decoder.decode(piece)
            if text:
                yield text
        if self._result is None:
            self._result = _result(self._request, bytes(data), self._at_limit)
            rest = self._result.text.encode()[len(data) :]
            text = decoder.decode(rest, final=True)
            if text:
                yield text

    @property
    def result(self) -> Result:
        """The whole result.

        Raises:
            ValueError: Not all pieces have been taken.
        """
        if self._result is None:
            raise ValueError("The stream has not ended: take its pieces first")
        return self._result


def generate(prompt: Prompt | Sequence[Prompt], **options: Any) -> Any:
    """Generate with the default model, SmolLM2-135M-Instruct.

    It is loaded once per process, and converted once per machine (half a minute).

    Args:
        prompt: As for `Generator.generate`.
        **options: As for `Generator.generate`.

    Raises:
        GenerationError: The model's package is not installed; or as `Generator.generate`.
        OSError: The cache directory cannot be written.
    """
    return default_generator().generate(prompt, **options)


def default_generator() -> Generator:
    """The generator of `generate`.

    Raises:
        GenerationError: The model's package is not installed.
        OSError: The cache directory cannot be written.
    """
    if not _default:
        _default.append(Generator(*default_model()))
    return _default[0]


_default: list[Generator] = []


def _vocabulary(model: Any, tokenizer: Any, logits: int) -> Vocabulary:
    """The tokenizer's vocabulary, with the model's own end-of-sequence tokens."""
    vocabulary = Vocabulary.from_tokenizer(tokenizer, size=logits)
    if vocabulary.size > logits:
        raise VocabularyError(
            f"The tokenizer has {vocabulary.size} tokens, but the model only {logits} logits: "
            "they do not belong together"
        )
    config = getattr(model, "generation_config", None)
    named = getattr(config, "eos_token_id", None)
    ends = [] if named is None else [named] if isinstance(named, int) else list(named)
    ends = list(dict.fromkeys([*vocabulary.eos_token_ids, *ends]))
    if not ends:
        raise VocabularyError(
            "Neither the tokenizer nor the model names an end-of-sequence token: set "
            "tokenizer.eos_token"
        )
    if len(ends) == len(vocabulary.eos_token_ids):
        return vocabulary
    return Vocabulary(
        vocabulary.tokens,
        eos_token_ids=ends,
        special_token_ids=vocabulary.special_token_ids,
        special_tokens=vocabulary.special_tokens,
    )


def _key(source: Any) -> Hashable:
    """What tells sources apart: a schema by its text, anything else by identity."""
    if isinstance(source, dict | bool):
        try:
            return json.dumps(source)
        except (TypeError, ValueError, RecursionError):  # not JSON: compiling says what is wrong
            pass
    return id(source)


def _seeds(seed: int | Sequence[int] | None, count: int) -> list[int]:
    if seed is None:
        return [secrets.randbits(64) for _ in range(count)]
    if not isinstance(seed, Sequence):
        return [index(seed)] * count
    if len(seed) != count:
        raise ValueError(f"{len(seed)} seeds for {count} prompts")
    return [index(one) for one in seed]


def _result(request: Request, data: bytes, at_limit: AtLimit) -> Result:
    """The result of a request that has ended.

    Raises:
        GenerationError: Its text is not complete, and is not to be completed.
    """
    assert request.finish_reason is not None
    if request.finish_reason == "length" and not request.matcher.is_accepting:
        if at_limit == "error":
            raise GenerationError(
                f"The text was not complete after {len(request.tokens)} tokens: allow more with "
                'max_new_tokens, or say at_limit="complete"',
                partial_text=data.decode(errors="ignore"),
            )
        data += without_special_tokens(request.matcher.shortest_completion())
    return Result(data.decode(), request.tokens, request.finish_reason, request.stats)
