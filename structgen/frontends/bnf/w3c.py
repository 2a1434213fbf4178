"""EBNF as W3C specifications write it, with the extensions that XGrammar reads."""

from __future__ import annotations

import re

from structgen import regular
from structgen.frontends.bnf.scanner import Scanner
from structgen.grammar import (
    Alternatives,
    ContextFreeGrammar,
    Expression,
    Literal,
    Reference,
    Rule,
    Sequence,
    SourceCall,
    Terminal,
    build,
    error_at,
    language_of,
)

__all__ = ["ebnf"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RULE = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)\s*::=")
_NUMBER = re.compile(r"\[\d+\](?=\s*[A-Za-z_][A-Za-z0-9_.-]*\s*::=)")
_CODE = re.compile(r"#x[0-9A-Fa-f]+\b")
_BLANK = r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/|#(?!x[0-9A-Fa-f]+\b)[^\n]*|//[^\n]*)*"
_MACRO = re.compile(r"(TagDispatch|Token|ExcludeToken|TokenTagDispatch)\s*\(")


def ebnf(text: str, *, start: str = "root") -> ContextFreeGrammar:
    r"""The texts of a grammar in EBNF.

    Args:
        text: The grammar: rules `name ::= expression`. A rule ends where the next one begins.
        start: The rule that is the whole language.

    Raises:
        GrammarError: The text is malformed, a rule is not defined or matches nothing, or it uses
            what is no text (tokens) or cannot be taken exactly (look-ahead).
        LimitExceededError: It is too long or nested too deeply.

    Source:
        W3C, 'Extensible Markup Language (XML) 1.0', section 6 (notation); XGrammar's documentation,
        'EBNF grammar'. docs/grammars.md has the differences.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"12", b"-", b"a"], eos_token_ids=[])
        >>> matcher = sg.compile(ebnf("root ::= '-'? [0-9]+"), vocabulary).matcher()
        >>> matcher.accept_tokens([1, 0, 0]), matcher.is_accepting
        (3, True)
    """
    grammar = _Reader(text).read(start)
    grammar.source = SourceCall("ebnf", {"text": text, "start": start})
    return grammar


class _Reader:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text, _BLANK)
        self._rules: dict[str, Rule] = {}
        self._differences: list[tuple[Rule, Expression]] = []  # (rule of the first, second)

    def read(self, start: str) -> ContextFreeGrammar:
        scanner = self._scanner
        scanner.skip()
        while scanner.at < len(scanner.text):
            self._rule()
            scanner.skip()
        self._resolve_differences()
        return build(self._rules, start, scanner.text)

    def _rule(self) -> None:
        scanner = self._scanner
        number = scanner.match(_NUMBER)  # W3C specifications number their rules
        if number is not None:
            scanner.at = number.end()
            scanner.skip()
        match = scanner.match(_RULE)
        if match is None:
            raise scanner.error(
                f"expected a rule, 'name ::= expression', or more of the one before; "
                f"found {scanner.found()}"
            )
        name, span = match[1], match.span(1)
        if name in self._rules:
            raise error_at(f"{name!r} is defined more than once", scanner.text, span)
        scanner.at = match.end()
        scanner.skip()
        self._rules[name] = Rule(name, self._alternatives(), span)
        scanner.take(";")

    def _alternatives(self) -> Expression:
        options = [self._sequence()]
        while self._scanner.take("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def _sequence(self) -> Expression:
        scanner = self._scanner
        parts = []
        while (part := self._part()) is not None:
            part = scanner.repeated(part)
            scanner.skip()
            parts.append(self._without(part) if scanner.looking_at("-") else part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _part(self) -> Expression | None:
        scanner = self._scanner
        match = scanner.match(_NAME)
        if match is not None:
            return self._named(match)
        if scanner.looking_at('"'):
            return scanner.quoted(escapes=True)
        if scanner.looking_at("'"):
            return scanner.quoted(escapes=False)
        if scanner.match(_CODE):
            return Literal(chr(scanner.code()))
        if scanner.looking_at("[") and scanner.match(_NUMBER) is None:
            return scanner.character_class(codes=True)
        if scanner.looking_at("("):
            opened = scanner.at
            scanner.take("(")
            if scanner.looking_at("="):
                raise scanner.error("look-ahead '(= ...)' is not supported")
            return scanner.nested(self._alternatives, opened)
        if scanner.looking_at("."):
            scanner.at += 1
            return Terminal(regular.length(1, 1), ".")
        return None

    def _named(self, name: re.Match[str]) -> Reference | None:
        """The rule of this name; None where the name begins the next rule."""
        scanner = self._scanner
        if scanner.match(_RULE) is not None:
            return None
        macro = scanner.match(_MACRO)
        if macro is not None:
            raise scanner.error(
                f"{macro[1]}(...) is about tokens or tags, which a grammar's text is not made of; "
                "see structural_tags",
                len(macro[1]),
            )
        scanner.at = name.end()
        return Reference(name[0], name.span())

    def _without(self, part: Expression) -> Expression:
        """`part - other`: the texts of the first that are no texts of the second."""
        scanner = self._scanner
        place = scanner.at
        scanner.take("-")
        other = self._part()
        if other is None:
            raise scanner.error(f"expected what is taken away, found {scanner.found()}")
        other = scanner.repeated(other)
        scanner.skip()
        name = f"difference {len(self._differences) + 1}"
        span = (place, place + 1)
        self._differences.append((Rule(name, part, span), other))
        return Reference(name, span)

    def _resolve_differences(self) -> None:
        text = self._scanner.text
        for rule, other in self._differences:
            span = rule.span or (0, 0)
            minuend = language_of(rule.body, self._rules)
            taken = language_of(other, self._rules)
            if minuend is None or taken is None:
                raise error_at(
                    "'-' needs rules that are defined and not recursive on both sides", text, span
                )
            rest = minuend - taken
            if rest.is_empty():
                raise error_at("'-' takes every text away", text, span)
            self._rules[rule.name] = Rule(rule.name, Terminal(rest), span)
