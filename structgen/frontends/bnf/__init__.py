"""Grammar texts of rules `name ::= expression`: W3C's EBNF and llama.cpp's GBNF."""

from structgen.frontends.bnf.llama_cpp import gbnf
from structgen.frontends.bnf.w3c import ebnf

__all__ = ["ebnf", "gbnf"]
