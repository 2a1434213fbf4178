"""Which captured texts a part of a grammar reads again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from structgen.errors import GrammarError, LimitExceededError
from structgen.grammar.places import error_at
from structgen.grammar.tree import (
    Alternatives,
    Captured,
    Copy,
    Expression,
    Reference,
    Repetition,
    Rule,
    Sequence,
    nodes,
)
from structgen.regular import EMPTY, Language

__all__ = ["Parameters", "Use", "check_captures"]

MAX_STEPS = 1_000


class Use(NamedTuple):
    """What a part of a rule has to do with captured texts.

    Attributes:
        reads: The labels whose text from before it depends on.
        needs: Those of them that must have been captured.
        captures: The labels that it captures on every way through it.
    """

    reads: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    captures: frozenset[str] = frozenset()

    def then(self, rest: Use) -> Use:
        """Both, one after the other."""
        return Use(
            self.reads | rest.reads - self.captures,
            self.needs | rest.needs - self.captures,
            self.captures | rest.captures,
        )


class Parameters:
    """The uses of a grammar's expressions; a least fixpoint over its rules.

    Args:
        rules: All rules, by name.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._of_rule = dict.fromkeys(rules, Use())
        if not any(isinstance(n, Captured | Copy) for r in rules.values() for n in nodes(r.body)):
            return
        changed = True
        while changed:
            changed = False
            for name, rule in rules.items():
                use = self.of(rule.body)._replace(captures=frozenset())  # known in the rule only
                changed |= use != self._of_rule[name]
                self._of_rule[name] = use

    def of(self, node: Expression) -> Use:
        """The use of an expression."""
        if isinstance(node, Copy):
            label = frozenset((node.label,))
            return Use(label, label)
        if isinstance(node, Captured):
            label = frozenset((node.label,))
            return Use(label if node.extends else frozenset(), captures=label)
        if isinstance(node, Reference):
            return self._of_rule[node.name]
        if isinstance(node, Sequence):
            use = Use()
            for part in node.parts:
                use = use.then(self.of(part))
            return use
        if isinstance(node, Alternatives):
            uses = [self.of(option) for option in node.options]
            return Use(
                frozenset().union(*(use.reads for use in uses)),
                frozenset().union(*(use.needs for use in uses)),
                uses[0].captures.intersection(*(use.captures for use in uses)),
            )
        if isinstance(node, Repetition):
            use = self.of(node.body)
            return use if node.least else use._replace(captures=frozenset())
        return Use()


def check_captures(rules: Mapping[str, Rule], start: str, text: str) -> None:
    """Every copy has something to copy, and every text that must be longer can be.

    Raises:
        GrammarError: Otherwise.
        LimitExceededError: Whether a captured language has longer texts takes too long to decide.
    """
    missing = Parameters(rules).of(Reference(start)).needs
    for rule in rules.values():
        for node in nodes(rule.body):
            if isinstance(node, Copy) and node.label in missing:
                raise error_at(
                    f"{node.label} can come where nothing has been captured for it",
                    text,
                    node.span or rule.span or (0, 0),
                )
            if isinstance(node, Captured) and node.extends and not _has_longer(node.language):
                raise GrammarError(
                    f"A text captured as {node.label} must be longer than the one before, but some "
                    "texts of its terminal are the beginning of no other one"
                )


def _has_longer(language: Language) -> bool:
    """Whether each text of a language is the beginning of a longer one."""
    seen = {language}
    queue = [language]
    for term in queue:
        following = [t for t in term.derivatives if t is not EMPTY and t.is_live]
        if term.nullable and not following:
            return False
        queue.extend(t for t in following if t not in seen)
        seen.update(following)
        if len(seen) > MAX_STEPS:
            raise LimitExceededError(
                "Whether a captured text can be longer could not be decided in time",
                limit="regex_states",
            )
    return True
