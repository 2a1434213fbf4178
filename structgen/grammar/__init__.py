"""Context-free grammars: the tree that front ends build, its checks, its way to the network."""

from structgen.grammar.folding import language_of
from structgen.grammar.grammar import ContextFreeGrammar, build
from structgen.grammar.lexed import build_lexed
from structgen.grammar.places import error_at
from structgen.grammar.source import SourceCall
from structgen.grammar.tree import (
    EMPTY_TEXT,
    Alternatives,
    Captured,
    Copy,
    Embedded,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    expression_of,
)

__all__ = [
    "EMPTY_TEXT",
    "Alternatives",
    "Captured",
    "ContextFreeGrammar",
    "Copy",
    "Embedded",
    "Expression",
    "Literal",
    "Reference",
    "Repetition",
    "Rule",
    "Sequence",
    "SourceCall",
    "Terminal",
    "build",
    "build_lexed",
    "error_at",
    "expression_of",
    "language_of",
]
