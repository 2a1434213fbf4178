"""Joins what is regular in an expression into one terminal, read by one deterministic automaton.

`"a" [b-c]+ | "d"` becomes one language; so does a rule that only small, regular rules make up. A
larger rule stays a rule, so that its automaton (a string) is shared by all places that use it, and
long literals stay literals, whose states are shared by their text.
"""

from __future__ import annotations

from collections.abc import Mapping

from structgen import regular
from structgen.grammar.analysis import components
from structgen.grammar.apart import Apart
from structgen.grammar.tree import (
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
    nodes,
)
from structgen.regular import EMPTY, EPSILON, Language

__all__ = ["fold", "language_of"]

LONGEST_FOLDED_LITERAL = 32
LARGEST_INLINED = 12
"""Nodes of an expression that is written out where its rule is used."""


def fold(rules: Mapping[str, Rule], apart: Apart | None = None) -> dict[str, Rule]:
    """The same grammar with fewer, larger terminals.

    Args:
        rules: All rules, by name.
        apart: Which terminals may not touch; such are not joined.

    Example:
        >>> digit = Rule("digit", Terminal(regular.regex("[0-9]"), "[0-9]"))
        >>> number = Rule("number", Repetition(Reference("digit"), 1))
        >>> folded = fold({"digit": digit, "number": number})
        >>> folded["number"].body.language.matches("42")
        True
    """
    edges = {
        name: [reference.name for reference in rule.references] for name, rule in rules.items()
    }
    folding = _Folding(apart)
    folded = dict(rules)
    for component in components(edges):
        for name in component:
            rule = rules[name]
            body = folding.fold(rule.body)
            folded[name] = Rule(name, body, rule.span, rule.is_shared)
            is_small = not rule.is_shared and _size(rule.body) <= LARGEST_INLINED
            if is_small and isinstance(body, Literal | Terminal):
                folding.small[name] = body
    return folded


class _Folding:
    def __init__(self, apart: Apart | None) -> None:
        self._apart = apart
        self.small: dict[str, Literal | Terminal] = {}

    def fold(self, node: Expression) -> Expression:
        if isinstance(node, Reference):
            return self.small.get(node.name, node)
        if isinstance(node, Sequence):
            return self._sequence([self.fold(part) for part in node.parts])
        if isinstance(node, Alternatives):
            return self._alternatives([self.fold(option) for option in node.options])
        if isinstance(node, Repetition):
            body = self.fold(node.body)
            if _is_foldable(body) and self._may_touch(body, body):
                return Terminal(_language(body).repeat(node.least, node.most))
            return Repetition(body, node.least, node.most)
        return node

    def _may_touch(self, part: Expression, following: Expression) -> bool:
        return self._apart is None or self._apart.may_touch(_language(part), _language(following))

    def _sequence(self, parts: list[Expression]) -> Expression:
        joined: list[Expression] = []
        for part in reversed(parts):  # a language is built from its end
            if isinstance(part, Sequence):
                joined.extend(reversed(part.parts))
                continue
            following = joined[-1] if joined else None
            if (
                following is not None
                and _is_foldable(part)
                and _is_foldable(following)
                and self._may_touch(part, following)
            ):
                if isinstance(part, Literal) and isinstance(following, Literal):
                    joined[-1] = Literal(part.text + following.text)
                else:
                    joined[-1] = Terminal(_language(part) + _language(following))
            else:
                joined.append(part)
        return joined[0] if len(joined) == 1 else Sequence(tuple(reversed(joined)))

    @staticmethod
    def _alternatives(options: list[Expression]) -> Expression:
        foldable = [option for option in options if _is_foldable(option)]
        if len(foldable) < 2:
            return options[0] if len(options) == 1 else Alternatives(tuple(options))
        together = Terminal(regular.union(map(_language, foldable)))
        rest = [option for option in options if not _is_foldable(option)]
        return Alternatives((together, *rest)) if rest else together


def _is_foldable(node: Expression) -> bool:
    if isinstance(node, Sequence):
        return not node.parts
    if isinstance(node, Literal):
        return len(node.text) <= LONGEST_FOLDED_LITERAL
    return isinstance(node, Terminal)


def _language(node: Expression) -> Language:
    if isinstance(node, Terminal):
        return node.language
    return regular.text(node.text) if isinstance(node, Literal) else EPSILON


def _size(node: Expression) -> int:
    return sum(len(n.text) if isinstance(n, Literal) else 1 for n in nodes(node))


def language_of(node: Expression, rules: Mapping[str, Rule]) -> Language | None:
    """The language of an expression that is regular by its form; None where it is not.

    Args:
        node: The expression.
        rules: What its references stand for; a rule that leads to itself has no regular form.

    Example:
        >>> body = Sequence((Reference("digit"), Literal("!")))
        >>> rules = {"digit": Rule("digit", Terminal(regular.regex("[0-9]")))}
        >>> language_of(body, rules).matches("7!")
        True
    """
    return _language_of(node, rules, {}, set())


def _language_of(
    node: Expression,
    rules: Mapping[str, Rule],
    known: dict[str, Language | None],
    within: set[str],
) -> Language | None:
    if isinstance(node, Terminal):
        return node.language
    if isinstance(node, Literal):
        return regular.text(node.text)
    if isinstance(node, Reference):
        name = node.name
        if name in within or name not in rules:
            return None
        if name not in known:
            within.add(name)
            known[name] = _language_of(rules[name].body, rules, known, within)
            within.discard(name)
        return known[name]
    if isinstance(node, Repetition):
        body = _language_of(node.body, rules, known, within)
        return None if body is None else body.repeat(node.least, node.most)
    if isinstance(node, Embedded | Captured | Copy):
        return None
    language = EPSILON if isinstance(node, Sequence) else EMPTY
    parts = node.parts[::-1] if isinstance(node, Sequence) else node.options
    for part in parts:
        inner = _language_of(part, rules, known, within)
        if inner is None:
            return None
        language = inner + language if isinstance(node, Sequence) else language | inner
    return language
