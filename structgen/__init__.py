"""Constrained and structured generation: schemas and grammars as exact token masks.

This module only exports. A name is imported when it is first used, so `import structgen` loads
neither the kernels nor torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from structgen.errors import (
    GenerationError,
    GrammarError,
    LimitExceededError,
    StructgenError,
    UnsatisfiableError,
    UnsupportedSchemaError,
    VocabularyError,
)

if TYPE_CHECKING:
    from structgen.bitmask import allocate_bitmask, allowed_tokens, apply_bitmask
    from structgen.compiler import CompiledGrammar, Grammar, compile
    from structgen.decoding.generator import Generator, Stream, generate
    from structgen.decoding.result import Result, Stats
    from structgen.decoding.speculation.options import Speculation
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
    "Speculation",
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

_MODULES = {
    "CompiledGrammar": "compiler",
    "Generator": "decoding.generator",
    "Grammar": "compiler",
    "LogitsProcessor": "integrations.transformers",
    "Matcher": "matcher",
    "Result": "decoding.result",
    "Speculation": "decoding.speculation.options",
    "Stats": "decoding.result",
    "Stream": "decoding.generator",
    "Vocabulary": "vocabulary",
    "allocate_bitmask": "bitmask",
    "allowed_tokens": "bitmask",
    "apply_bitmask": "bitmask",
    "choice": "frontends.regex",
    "compile": "compiler",
    "fill_bitmasks": "matcher",
    "generate": "decoding.generator",
    "json_schema": "frontends.json_schema",
    "regex": "frontends.regex",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'structgen' has no attribute {name!r}")
    value = getattr(import_module(f"structgen.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
