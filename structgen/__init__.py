"""Constrained and structured generation: schemas and grammars as exact token masks."""

from structgen.bitmask import allocate_bitmask, allowed_tokens, apply_bitmask
from structgen.compiler import CompiledGrammar, Grammar, compile
from structgen.decoding.generator import Generator, Stream, generate
from structgen.decoding.result import Result, Stats
from structgen.errors import (
    GenerationError,
    GrammarError,
    LimitExceededError,
    StructgenError,
    UnsatisfiableError,
    UnsupportedSchemaError,
    VocabularyError,
)
from structgen.frontends.json_schema import json_schema
from structgen.frontends.regex import choice, regex
from structgen.integrations.transformers import LogitsProcessor
from structgen.matcher import Matcher, fill_bitmasks
from structgen.vocabulary import Vocabulary

__all__ = [
    "CompiledGrammar",
    "GenerationError",
    "Generator",
    "Grammar",
    "GrammarError",
    "LimitExceededError",
    "LogitsProcessor",
    "Matcher",
    "Result",
    "Stats",
    "Stream",
    "StructgenError",
    "UnsatisfiableError",
    "UnsupportedSchemaError",
    "Vocabulary",
    "VocabularyError",
    "allocate_bitmask",
    "allowed_tokens",
    "apply_bitmask",
    "choice",
    "compile",
    "fill_bitmasks",
    "generate",
    "json_schema",
    "regex",
]
