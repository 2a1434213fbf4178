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
    from structgen.compiler import CompiledGrammar, Grammar, compile, load
    from structgen.decoding.generator import Generator, Stream, generate
    from structgen.decoding.result import Result, Stats
    from structgen.decoding.speculation.options import Speculation
    from structgen.frontends.bnf import ebnf, gbnf
    from structgen.frontends.json_schema import json_schema
    from structgen.frontends.lark import lark
    from structgen.frontends.regex import choice, regex
    from structgen.frontends.special_token import special_token
    from structgen.frontends.structural_tags import Tag, structural_tags
    from structgen.frontends.substring import substring
    from structgen.integrations.transformers import LogitsProcessor
    from structgen.matcher import Matcher, fill_bitmasks
    from structgen.random_texts import sample
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
    "Tag",
    "UnsatisfiableError",
    "UnsupportedSchemaError",
    "Vocabulary",
    "VocabularyError",
    "allocate_bitmask",
    "allowed_tokens",
    "apply_bitmask",
    "choice",
    "compile",
    "ebnf",
    "fill_bitmasks",
    "gbnf",
    "generate",
    "json_schema",
    "lark",
    "load",
    "regex",
    "sample",
    "special_token",
    "structural_tags",
    "substring",
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
    "Tag": "frontends.structural_tags",
    "Vocabulary": "vocabulary",
    "allocate_bitmask": "bitmask",
    "allowed_tokens": "bitmask",
    "apply_bitmask": "bitmask",
    "choice": "frontends.regex",
    "compile": "compiler",
    "ebnf": "frontends.bnf",
    "fill_bitmasks": "matcher",
    "gbnf": "frontends.bnf",
    "generate": "decoding.generator",
    "json_schema": "frontends.json_schema",
    "lark": "frontends.lark",
    "load": "compiler",
    "regex": "frontends.regex",
    "sample": "random_texts",
    "special_token": "frontends.special_token",
    "structural_tags": "frontends.structural_tags",
    "substring": "frontends.substring",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'structgen' has no attribute {name!r}")
    value = getattr(import_module(f"structgen.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
