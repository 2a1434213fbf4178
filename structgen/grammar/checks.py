"""Checks of a grammar before it is used; each error shows its place in the source."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from structgen.errors import GrammarError, LimitExceededError
from structgen.grammar.analysis import productive_rules
from structgen.grammar.apart import Apart
from structgen.grammar.places import error_at
from structgen.grammar.tree import Captured, Embedded, Rule, nodes

__all__ = [
    "check_apart",
    "check_defined",
    "check_productive",
    "check_text",
    "reachable_rules",
    "undefined",
]


def check_text(text: object, most: int) -> None:
    """A grammar's source is text, and not too much of it.

    Raises:
        TypeError: It is no string.
        GrammarError: It holds a lone surrogate.
        LimitExceededError: It has more than `most` characters.
    """
    if not isinstance(text, str):
        hint = ": decode it first" if isinstance(text, bytes) else ""
        raise TypeError(f"A grammar text is a str, not {type(text).__name__}{hint}")
    if len(text) > most:
        raise LimitExceededError(
            f"A grammar text may have {most:,} characters, not {len(text):,}", limit="grammar_text"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise error_at(
            "a lone surrogate is no text", text, (error.start, error.start + 1)
        ) from None


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


def check_apart(rules: Mapping[str, Rule], apart: Apart) -> None:
    """Whether terminals touch can be told of all of them.

    Raises:
        GrammarError: Something is embedded, or a captured text begins or ends with a character that
            holds words together.
    """
    for rule in rules.values():
        for node in nodes(rule.body):
            if isinstance(node, Embedded):
                raise GrammarError("Words are apart only in a grammar that embeds nothing")
            if isinstance(node, Captured) and not apart.is_outside(node.language):
                raise GrammarError(
                    f"A text captured as {node.label} begins or ends with a character that keeps "
                    "words apart, which is not supported"
                )
