"""A slow, obvious recogniser of grammar trees: sets of end positions, to a fixpoint."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from structgen.grammar import (
    Alternatives,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
)
from structgen.regular import regex

PATTERNS = ["a*", "[ab]", "b?a", "ab|b", "(ab)+"]


def matches(rules: Mapping[str, Rule], start: str, text: str, apart: str = "") -> bool:
    """Whether a text is in the language: which rule matches which span, until nothing changes.

    No terminal begins or ends between two characters of `apart`.
    """
    known: set[tuple[str, int, int]] = set()

    def ends(node: Expression, begin: int) -> set[int]:
        if isinstance(node, Literal | Terminal):
            pattern = re.escape(node.text) if isinstance(node, Literal) else node.name
            touches = 0 < begin < len(text) and {text[begin - 1], text[begin]} <= set(apart)
            found = range(begin, begin + 1 if touches else len(text) + 1)
            return {end for end in found if re.fullmatch(pattern, text[begin:end])}
        if isinstance(node, Reference):
            return {end for name, at, end in known if (name, at) == (node.name, begin)}
        if isinstance(node, Sequence):
            reached = {begin}
            for part in node.parts:
                reached = {end for at in reached for end in ends(part, at)}
            return reached
        if isinstance(node, Alternatives):
            return {end for option in node.options for end in ends(option, begin)}
        assert isinstance(node, Repetition)
        reached = {begin}
        for _ in range(node.least):
            reached = {end for at in reached for end in ends(node.body, at)}
        result = set(reached)
        most = len(text) + 1 if node.most is None else node.most - node.least
        for _ in range(most):
            reached = {end for at in reached for end in ends(node.body, at)}
            result |= reached
        return result

    while True:
        found = {
            (name, begin, end)
            for name, rule in rules.items()
            for begin in range(len(text) + 1)
            for end in ends(rule.body, begin)
        }
        if found == known:
            return (start, 0, len(text)) in known
        known = found


def random_rules(rng: random.Random) -> dict[str, Rule]:
    """A few rules with every kind of recursion; not all are productive."""
    names = "stu"[: rng.randint(1, 3)]

    def expression(depth: int) -> Expression:
        choice = rng.random()
        if depth == 0 or choice < 0.5:
            kind = rng.random()
            if kind < 0.45:
                return Reference(rng.choice(names))
            if kind < 0.6:
                pattern = rng.choice(PATTERNS)
                return Terminal(regex(pattern), pattern)
            return Literal(rng.choice(["a", "b", "ab", ""]))
        if choice < 0.75:
            return Sequence(tuple(expression(depth - 1) for _ in range(rng.randint(0, 3))))
        if choice < 0.9:
            return Alternatives(tuple(expression(depth - 1) for _ in range(rng.randint(1, 3))))
        least = rng.randint(0, 2)
        return Repetition(expression(depth - 1), least, rng.choice([None, least, least + 2]))

    return {
        name: Rule(name, Alternatives(tuple(expression(2) for _ in range(rng.randint(1, 3)))))
        for name in names
    }
