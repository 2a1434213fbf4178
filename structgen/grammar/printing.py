"""Grammars as text that people read: EBNF, with regular languages by their names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import UnionType

from structgen.grammar.tree import (
    Alternatives,
    Captured,
    Copy,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
)

__all__ = ["print_expression", "print_rules"]

_SHORT = {(0, None): "*", (1, None): "+", (0, 1): "?"}


def print_rules(rules: Iterable[Rule]) -> str:
    """One rule a line."""
    return "\n".join(f"{rule.name} ::= {print_expression(rule.body)}" for rule in rules)


def print_expression(node: Expression) -> str:
    """An expression on one line.

    Example:
        >>> print_expression(Repetition(Sequence((Literal("a"), Reference("b"))), 1))
        '("a" b)+'
    """
    if isinstance(node, Literal):
        return json.dumps(node.text, ensure_ascii=False)
    if isinstance(node, Terminal):
        return node.name or "<regular>"
    if isinstance(node, Reference):
        return node.name
    if isinstance(node, Sequence):
        return " ".join(_inside(part, Alternatives) for part in node.parts) or '""'
    if isinstance(node, Alternatives):
        return " | ".join(map(print_expression, node.options))
    if isinstance(node, Repetition):
        times = _SHORT.get((node.least, node.most))
        if times is None:
            most = "" if node.most is None else node.most
            times = f"{{{most}}}" if node.least == most else f"{{{node.least},{most}}}"
        return _inside(node.body, Alternatives | Sequence | Repetition) + times
    if isinstance(node, Captured | Copy):
        return f"<{'capture ' if isinstance(node, Captured) else ''}{node.label}>"
    return f"<{type(node.source).__name__}>"


def _inside(node: Expression, grouped: type | UnionType) -> str:
    return f"({print_expression(node)})" if isinstance(node, grouped) else print_expression(node)
