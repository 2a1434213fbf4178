"""A source and a vocabulary make a compiled grammar."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from structgen.automaton import Engine, Grammar, SavedGrammar, TablesFull, engine_of
from structgen.errors import LimitExceededError, UnsatisfiableError, VocabularyError
from structgen.frontends.json_schema import json_schema, schema_of
from structgen.frontends.regex import RegularGrammar
from structgen.matcher import Matcher
from structgen.saving import make, read_saved, source_of, write_saved
from structgen.vocabulary import Vocabulary

__all__ = ["CompiledGrammar", "Grammar", "compile", "grammar_of", "load"]


class CompiledGrammar:
    """A grammar over a vocabulary: immutable, shared by threads and requests.

    Made by `compile`. Nothing beyond the first state is computed before it is reached; what is
    computed is shared by all grammars over the same vocabulary.

    Attributes:
        grammar: The language.
        vocabulary: The vocabulary.
    """

    __slots__ = ("_engine", "_initial", "grammar", "vocabulary")

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary) -> None:
        self.grammar = grammar
        self.vocabulary = vocabulary
        for token in getattr(grammar, "special_tokens", ()):
            vocabulary.special_token_id(token)
        self._engine = engine_of(vocabulary)
        self._initial = (-1, -1)
        self.initial()

    @property
    def engine(self) -> Engine:
        """The tables that all grammars over the vocabulary share."""
        return self._engine

    def initial(self) -> tuple[int, int]:
        """(generation of the engine, configuration before the first byte)."""
        engine = self._engine
        if self._initial[0] == engine.generation:
            return self._initial
        for _ in range(2):
            generation = engine.generation
            try:
                with engine.lock:
                    self._initial = (engine.generation, engine.initial(self.grammar))
                return self._initial
            except TablesFull:
                engine.reset(generation)
        raise LimitExceededError(
            "The grammar does not fit in the engine's tables", limit="engine_tables"
        )

    def save(self, path: str | Path) -> None:
        """Write the grammar to a file, with all masks and states that have been needed so far.

        `load` reads it. What texts of any request have reached is in the file, nothing else; so
        save after some typical ones. The file is for this vocabulary, and for the version of
        structgen that wrote it.

        Args:
            path: The file; an old one is replaced.

        Raises:
            GrammarError: The grammar was not made by a function of structgen, or from what JSON
                does not hold.
            LimitExceededError: It does not fit in the engine's tables.
            OSError: The file cannot be written.

        Example:
            >>> import structgen as sg, tempfile
            >>> vocabulary = sg.Vocabulary([b"yes", b"no", b""], eos_token_ids=[2])
            >>> compiled = sg.compile(sg.choice(["yes", "no"]), vocabulary)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     compiled.save(f"{folder}/answer")
            ...     again = sg.load(f"{folder}/answer", vocabulary)
            >>> again.matcher().accept_tokens([1, 2])
            2
        """
        grammar = self.grammar
        source = source_of(grammar.grammar if isinstance(grammar, SavedGrammar) else grammar)
        for _ in range(2):
            generation, _ = self.initial()
            try:
                tables = self._engine.saved(grammar)
            except TablesFull:
                self._engine.reset(generation)
            else:
                write_saved(Path(path), source, tables, self.vocabulary)
                return
        raise LimitExceededError(
            "The grammar does not fit in the engine's tables", limit="engine_tables"
        )

    def matcher(self) -> Matcher:
        """A new request at the beginning of the text."""
        return Matcher(self)


def grammar_of(source: Any) -> Grammar:
    """The grammar that a source means.

    Args:
        source: A `Grammar`, a JSON Schema (dict or bool), a pydantic model, a dataclass or a
            TypedDict.

    Raises:
        TypeError: Anything else; a bare string is refused, never guessed.
        GrammarError: The schema is malformed.
        UnsatisfiableError: Nothing satisfies it.
    """
    if isinstance(source, str | bytes):
        raise TypeError(
            "A bare string is no grammar: say sg.regex(...), sg.choice([...]) or "
            "sg.json_schema(json.loads(...))"
        )
    if source is None or isinstance(source, float | list | tuple) or type(source) is int:
        raise TypeError(
            "A grammar is a Grammar, a JSON Schema (dict or bool) or a Python type, not "
            f"{type(source).__name__}"
        )
    if isinstance(source, dict | bool):
        return json_schema(source)
    if isinstance(source, type) or not hasattr(source, "start"):
        return json_schema(schema_of(source))
    return cast(Grammar, source)


def compile(source: Any, vocabulary: Vocabulary) -> CompiledGrammar:
    """Compile a grammar for a vocabulary.

    Args:
        source: A `Grammar` (`json_schema`, `lark`, `regex`, ...), a JSON Schema (dict or bool), a
            pydantic model, a dataclass or a TypedDict.
        vocabulary: The tokens.

    Raises:
        TypeError: The source is something else, or `vocabulary` is no `Vocabulary`.
        GrammarError: The source is malformed (`UnsupportedSchemaError`: it cannot be enforced
            exactly).
        UnsatisfiableError: Nothing satisfies it.
        VocabularyError: It is a regular expression or a choice, and no text of it can be written in
            the vocabulary's tokens.
        LimitExceededError: A stated limit was reached.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"yes", b"no", b"y", b""], eos_token_ids=[3])
        >>> matcher = sg.compile(sg.choice(["yes", "no"]), vocabulary).matcher()
        >>> matcher.accept_token(2), matcher.accept_token(1)
        (True, False)
    """
    _check(vocabulary)
    return CompiledGrammar(_spelled(grammar_of(source), vocabulary), vocabulary)


def load(path: str | Path, vocabulary: Vocabulary) -> CompiledGrammar:
    """Read a compiled grammar that `CompiledGrammar.save` wrote.

    It answers at once what had been known when it was saved. The first text that goes further makes
    the grammar from its source, which is in the file.

    Args:
        path: The file.
        vocabulary: The same tokens as when it was saved.

    Raises:
        TypeError: `vocabulary` is no `Vocabulary`.
        GrammarError: The file is no saved grammar, is damaged, or comes from another version.
        VocabularyError: It is for other tokens.
        LimitExceededError: It does not fit in the engine's tables.
        OSError: It cannot be read.
    """
    _check(vocabulary)
    source, tables = read_saved(Path(path), vocabulary)
    return CompiledGrammar(
        SavedGrammar(tables, lambda: _spelled(make(source), vocabulary)), vocabulary
    )


def _check(vocabulary: object) -> None:
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(
            f"vocabulary must be a structgen.Vocabulary, not {type(vocabulary).__name__}; "
            "see Vocabulary.from_tokenizer"
        )


def _spelled(grammar: Grammar, vocabulary: Vocabulary) -> Grammar:
    """A regular grammar without what the tokens cannot spell; any other one as it is.

    JSON needs no such care: what is not a token can be escaped in a string.
    """
    if not isinstance(grammar, RegularGrammar) or not vocabulary.unspelled_bytes:
        return grammar
    characters = vocabulary.spelled_characters
    if characters is None:
        return grammar
    try:
        return grammar.within(characters)
    except UnsatisfiableError:
        raise VocabularyError(
            "No text of the grammar can be written in the vocabulary's tokens: they lack the bytes "
            + ", ".join(f"0x{byte:02X}" for byte in sorted(vocabulary.unspelled_bytes))
        ) from None
