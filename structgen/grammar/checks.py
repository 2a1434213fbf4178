"""Checks of a grammar before it is used; each error shows its place in the source."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from structgen.errors import GrammarError
from structgen.grammar.analysis import productive_rules
from structgen.grammar.places import error_at
from structgen.grammar.tree import Rule

__all__ = ["check_defined", "check_productive", "reachable_rules", "undefined"]


def undefined(name: str, known: Iterable[str], text: str, span: tuple[int, int]) -> GrammarError:
    """The error for a name that nothing defines."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "define it, or correct the name"
    return error_at(f"{name!r} is not defined: {hint}", text, span)


def check_defined(rules: Mapping[str, Rule], start: str, text: str) -> None:
    """Every reference has its rule.

    Raises:
        GrammarError: One has none, or there is no start rule.
    """
    if start not in rules:
        names = ", ".join(map(repr, list(rules)[:8])) or "none"
        raise GrammarError(f"The grammar has no rule {start!r} to start with; its rules: {names}")
    for rule in rules.values():
        for reference in rule.references:
            if reference.name not in rules:
                raise undefined(reference.name, rules, text, reference.span or rule.span or (0, 0))


def reachable_rules(rules: Mapping[str, Rule], start: str) -> dict[str, Rule]:
    """The rules that the start rule leads to."""
    found = {start: rules[start]}
    queue = [start]
    for name in queue:
        for reference in rules[name].references:
            if reference.name not in found:
                found[reference.name] = rules[reference.name]
                queue.append(reference.name)
    return found


def check_productive(rules: Mapping[str, Rule], text: str) -> None:
    """Some text matches every rule.

    Raises:
        GrammarError: A rule has no way to end: each of its texts would hold another one of it.
    """
    productive = productive_rules(rules)
    for name, rule in rules.items():
        if name not in productive:
            raise error_at(
                f"no text matches {name!r}: every alternative leads to a rule that never ends; "
                "add an alternative without it",
                text,
                rule.span or (0, 0),
            )
