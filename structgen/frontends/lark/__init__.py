"""Lark grammars."""

from structgen.frontends.lark.grammar import lark

__all__ = ["lark"]
