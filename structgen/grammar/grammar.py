"""A checked grammar, ready for any vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from structgen.errors import GrammarError, LimitExceededError
from structgen.grammar.analysis import Facts
from structgen.grammar.apart import Apart
from structgen.grammar.checks import check_apart, check_defined, check_productive, reachable_rules
from structgen.grammar.folding import fold
from structgen.grammar.lower import Lowering
from structgen.grammar.parameters import check_captures
from structgen.grammar.printing import print_rules
from structgen.grammar.source import SourceCall
from structgen.grammar.tree import (
    EMPTY_TEXT,
    Alternatives,
    Embedded,
    Expression,
    Reference,
    Rule,
    nodes,
)
from structgen.network import RETURN, Network
from structgen.regular import EPSILON, Language

__all__ = ["ContextFreeGrammar", "build"]


class RuleStates(Protocol):
    """What makes network states of rules."""

    @property
    def facts(self) -> Facts:
        """What the rules can match."""
        ...

    def has_text(self, name: str) -> bool:
        """Whether a rule has a text that is not empty."""
        ...

    def rule(self, network: Network, name: str) -> int:
        """The piece that reads a text of a rule that is not empty."""
        ...


class ContextFreeGrammar:
    """The texts of a context-free grammar; made by `build`, for the front ends.

    Attributes:
        rules: The rules that matter, by name.
        start_rule: The name of the rule that is the whole language.
        source: How a front end made it; None: not by one.
    """

    __slots__ = ("_lowering", "rules", "source", "start_rule")

    def __init__(self, rules: Mapping[str, Rule], start_rule: str, lowering: RuleStates) -> None:
        self.rules = rules
        self.start_rule = start_rule
        self.source: SourceCall | None = None
        self._lowering = lowering

    def start(self, network: Network) -> int:
        """The piece that reads a text of the start rule."""
        if not self._lowering.has_text(self.start_rule):
            return network.automaton(EPSILON.automaton())
        piece = self._lowering.rule(network, self.start_rule)
        return network.choice([piece, RETURN]) if self._is_nullable else piece

    @property
    def expression(self) -> Expression:
        """A text of this grammar inside another one."""
        if not self._lowering.has_text(self.start_rule):
            return EMPTY_TEXT
        source = _NotEmptyTexts(self._lowering, self.start_rule, self.special_tokens)
        text = Embedded(source)
        return Alternatives((text, EMPTY_TEXT)) if self._is_nullable else text

    @property
    def special_tokens(self) -> frozenset[str | int]:
        """The special tokens that can be read, by name or id."""
        named: set[str | int] = set()
        for rule in self.rules.values():
            for node in nodes(rule.body):
                if isinstance(node, Embedded):
                    named.update(getattr(node.source, "special_tokens", ()))
        return frozenset(named)

    @property
    def _is_nullable(self) -> bool:
        return self._lowering.facts.is_nullable(Reference(self.start_rule))

    def __str__(self) -> str:
        return print_rules(self.rules.values())


class _NotEmptyTexts(NamedTuple):
    """The texts of a rule that are not empty."""

    lowering: RuleStates
    rule: str
    special_tokens: frozenset[str | int]

    def start(self, network: Network) -> int:
        return self.lowering.rule(network, self.rule)


def build(
    rules: Mapping[str, Rule], start: str, text: str = "", apart: Language | None = None
) -> ContextFreeGrammar:
    """Check rules and make a grammar of them.

    Args:
        rules: All rules, by name.
        start: The name of the rule that is the whole language.
        text: The source that the rules' spans are places in.
        apart: Characters, as texts of one each: a terminal that begins with one of them does not
            come right after one that ends with one. None: any terminals may touch.

    Raises:
        GrammarError: A rule is not defined, no text matches one that the start rule leads to,
            one needs a captured text that is not there, or one that begins with itself captures.
            Where terminals are apart: something is embedded, or a captured text begins or ends
            with one of the characters.
        LimitExceededError: Expressions are nested too deeply.

    Example:
        >>> from structgen.grammar import Alternatives, Literal, Reference, Rule, Sequence
        >>> s = Reference("s")
        >>> body = Alternatives((Sequence((s, s)), Literal("a")))
        >>> print(build({"s": Rule("s", body)}, "s"))
        s ::= s s | "a"
    """
    try:
        check_defined(rules, start, text)
        rules = reachable_rules(rules, start)
        check_productive(rules, text)
        check_captures(rules, start, text)
        kept_apart = None if apart is None else Apart(apart)
        if kept_apart is not None:
            check_apart(rules, kept_apart)
        lowering = Lowering(fold(rules, kept_apart), kept_apart)
        if not lowering.has_text(start) and not lowering.facts.is_nullable(Reference(start)):
            raise GrammarError(f"No text matches {start!r}: words that must be apart always touch")
        return ContextFreeGrammar(rules, start, lowering)
    except RecursionError:
        raise LimitExceededError(
            "The grammar's expressions are nested too deeply", limit="grammar_nesting"
        ) from None
