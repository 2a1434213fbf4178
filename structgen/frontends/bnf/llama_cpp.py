"""GBNF, the grammar notation of llama.cpp."""

from __future__ import annotations

import re

from structgen import regular
from structgen.frontends.bnf.scanner import Scanner
from structgen.frontends.special_token import BRACKETED, tokens_between_brackets
from structgen.grammar import (
    Alternatives,
    ContextFreeGrammar,
    Expression,
    Reference,
    Rule,
    Sequence,
    SourceCall,
    Terminal,
    build,
    error_at,
)

__all__ = ["gbnf"]

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ON_THE_LINE = re.compile(r"(?:[ \t\r]|#[^\n]*)*")
_ANYWHERE = r"(?:\s|#[^\n]*)*"
_TOKEN = re.compile(BRACKETED)
_LINE_END = re.compile(r"\n|\Z")


def gbnf(text: str, *, start: str = "root") -> ContextFreeGrammar:
    r"""The texts of a grammar in GBNF.

    Args:
        text: The grammar: rules `name ::= expression`, one a line; in parentheses and after `|` an
            expression goes on over lines.
        start: The rule that is the whole language.

    Raises:
        GrammarError: The text is malformed, or a rule is not defined or matches nothing.
        LimitExceededError: It is too long or nested too deeply.

    Source:
        llama.cpp, grammars/README.md.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"yes", b"no", b"!"], eos_token_ids=[])
        >>> grammar = gbnf('root ::= ("yes" | "no") "!"{1,3}')
        >>> matcher = sg.compile(grammar, vocabulary).matcher()
        >>> matcher.accept_tokens([0, 2, 2]), matcher.is_accepting
        (3, True)
    """
    grammar = _Reader(text).read(start)
    grammar.source = SourceCall("gbnf", {"text": text, "start": start})
    return grammar


class _Reader:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text, _ANYWHERE)
        self._rules: dict[str, Rule] = {}

    def read(self, start: str) -> ContextFreeGrammar:
        scanner = self._scanner
        scanner.skip()
        while scanner.at < len(scanner.text):
            self._rule()
            scanner.skip()
        return build(self._rules, start, scanner.text)

    def _rule(self) -> None:
        scanner = self._scanner
        match = scanner.match(_NAME)
        if match is None:
            raise scanner.error(f"expected the name of a rule, found {scanner.found()}")
        name, span = match[0], match.span()
        if name in self._rules:
            raise error_at(f"{name!r} is defined more than once", scanner.text, span)
        scanner.at = match.end()
        self._skip_on_line()
        if not scanner.take("::="):
            raise scanner.error(f"expected '::=' after a rule's name, found {scanner.found()}")
        self._rules[name] = Rule(name, self._alternatives(nested=False), span)
        if scanner.match(_LINE_END) is None:
            raise scanner.error(f"expected an expression, '|' or a new line, {self._unexpected()}")

    def _unexpected(self) -> str:
        return f"found {self._scanner.found()}"

    def _skip_on_line(self) -> None:
        match = self._scanner.match(_ON_THE_LINE)
        if match is not None:
            self._scanner.at = match.end()

    def _skip(self, *, nested: bool) -> None:
        if nested:
            self._scanner.skip()
        else:
            self._skip_on_line()

    def _alternatives(self, *, nested: bool) -> Expression:
        options = [self._sequence(nested=nested)]
        while self._scanner.take("|"):
            options.append(self._sequence(nested=nested))
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def _sequence(self, *, nested: bool) -> Expression:
        parts = []
        while (part := self._part()) is not None:
            parts.append(self._scanner.repeated(part))
            self._skip(nested=nested)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _part(self) -> Expression | None:
        scanner = self._scanner
        if scanner.looking_at('"'):
            return scanner.quoted(escapes=True)
        if scanner.looking_at("["):
            return scanner.character_class(codes=False)
        if scanner.looking_at("("):
            opened = scanner.at
            scanner.take("(")
            return scanner.nested(lambda: self._alternatives(nested=True), opened)
        if scanner.looking_at("."):
            scanner.at += 1
            return Terminal(regular.length(1, 1), ".")
        if scanner.looking_at("!<"):
            raise scanner.error("any token but one is not supported: name those that may come")
        if scanner.looking_at("<"):
            return self._special_tokens()
        match = scanner.match(_NAME)
        if match is None:
            return None
        scanner.at = match.end()
        return Reference(match[0], match.span())

    def _special_tokens(self) -> Expression:
        scanner = self._scanner
        match = scanner.match(_TOKEN)
        if match is None:
            raise scanner.error("expected a special token, as in <[5]> or <|name|>")
        scanner.at = match.end()
        return tokens_between_brackets(scanner.text, match.span())
