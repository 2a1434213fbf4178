"""A terminal's regular expression as a language.

Unlike a pattern that a whole text must match, a terminal is a part of a text, so what its
expression says about the text around it matters:

- A look-ahead may look only at what the terminal itself reads; a look-behind only at what it has
  read. Others depend on the context and are refused, as are `^`, `$` and `\\b`.
- A lazy repetition, what follows it and the character before it read a shortest text: `/\\*.*?\\*/`
  ends at the first `*/`. What follows must be lazy too or of one length, or it is refused, since
  then the shortest match is not what Python's `re` would find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from re import _constants as sre
from typing import Any, NamedTuple

from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.lark.properties import with_properties
from structgen.regular import ANY, EPSILON, Language, characters, length, union
from structgen.regular.python_syntax import one_character, sre_tree

__all__ = ["terminal_language"]

_MORE = length(1)


class _Part(NamedTuple):
    """A part of a sequence.

    Attributes:
        kind: "read", or an assertion: "ahead" or "behind".
        language: What is read, or asserted.
        least: The fewest characters of the language.
        most: The most; None: no limit.
        is_lazy: Whether it is a lazy repetition.
        is_negated: Whether the assertion is that the language is not there.
    """

    kind: str
    language: Language
    least: int
    most: int | None
    is_lazy: bool = False
    is_negated: bool = False


def terminal_language(pattern: str) -> Language:
    r"""The texts that a terminal with this regular expression (Python's syntax) matches.

    Raises:
        GrammarError: It is malformed, or depends on what is around the terminal.
        LimitExceededError: It is nested too deeply.

    Example:
        >>> comment = terminal_language(r"/\*(.|\n)*?\*/")
        >>> comment.matches("/* a */"), comment.matches("/* a */ b */")
        (True, False)
    """
    try:
        parsed = sre_tree(with_properties(pattern))
        return _sequence(_parts(parsed, parsed.state.flags))
    except RecursionError:
        raise LimitExceededError(
            f"The pattern {pattern[:40]!r}... is nested too deeply", limit="regex_nesting"
        ) from None


def _parts(items: Any, flags: int) -> list[_Part]:
    parts: list[_Part] = []
    for operator, argument in items:
        ranges = one_character(operator, argument, flags)
        if ranges is not None:
            parts.append(_Part("read", characters(ranges), 1, 1))
        elif operator is sre.SUBPATTERN:
            _, added, removed, inner = argument
            parts.extend(_parts(inner, (flags | added) & ~removed))
        elif operator is sre.BRANCH:
            branches = [_parts(branch, flags) for branch in argument[1]]
            language = union(map(_sequence, branches))
            parts.append(_Part("read", language, *_widths(branches)))
        elif operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            parts.append(_repeat(argument, flags, is_lazy=operator is sre.MIN_REPEAT))
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            direction, inner = argument
            looked_at = _parts(inner, flags)
            parts.append(
                _Part(
                    "ahead" if direction > 0 else "behind",
                    _sequence(looked_at),
                    *_widths([looked_at]),
                    is_negated=operator is sre.ASSERT_NOT,
                )
            )
        else:
            name = str(argument if operator is sre.AT else operator).lower().replace("_", " ")
            raise GrammarError(f"A terminal uses '{name}', which is not supported exactly")
    return parts


def _repeat(argument: Any, flags: int, *, is_lazy: bool) -> _Part:
    least, most, inner = argument
    limit = None if most is sre.MAXREPEAT else int(most)
    parts = _parts(inner, flags)
    shortest, longest = _widths([parts])
    return _Part(
        "read",
        _sequence(parts).repeat(int(least), limit),
        shortest * int(least),
        None if longest is None or limit is None else longest * limit,
        is_lazy=is_lazy and limit != int(least),
    )


def _widths(branches: Iterable[Sequence[_Part]]) -> tuple[int, int | None]:
    """The fewest and most characters of several sequences."""
    least: list[int] = []
    most: list[int | None] = []
    for parts in branches:
        read = [part for part in parts if part.kind == "read"]
        least.append(sum(part.least for part in read))
        limits = [part.most for part in read]
        most.append(None if None in limits else sum(filter(None, limits)))
    return min(least, default=0), None if None in most else max(filter(None, most), default=0)


def _sequence(parts: Sequence[_Part]) -> Language:
    """The language of parts in a row."""
    lazy = next((i for i, part in enumerate(parts) if part.is_lazy), None)
    if lazy is None:
        return _greedy(parts)
    if any(p.kind == "read" and not p.is_lazy and p.least != p.most for p in parts[lazy:]):
        raise GrammarError(
            "A terminal has a lazy repetition before one that is not lazy, whose shortest match "
            "is not what a lexer finds; write what may come between without '?'"
        )
    begin = lazy
    if (
        lazy > 0
        and parts[lazy - 1].kind == "read"
        and parts[lazy - 1].least == parts[lazy - 1].most
    ):
        begin = lazy - 1
    before = parts[:begin]
    if any(part.kind == "ahead" for part in before):
        _check_ahead(before)
    group = _greedy(parts[begin:])
    return _greedy(before) + (group - (group + _MORE))


def _check_ahead(parts: Sequence[_Part]) -> None:
    for index, part in enumerate(parts):
        if part.kind == "ahead":
            following = sum(p.least for p in parts[index:] if p.kind == "read")
            if part.most is None or part.most > following:
                raise GrammarError(
                    "A terminal looks ahead at more than the terminal itself must read, which is "
                    "not supported"
                )


def _greedy(parts: Sequence[_Part]) -> Language:
    """The language of parts in a row, lazy or not."""
    _check_ahead(parts)
    behind = next((i for i, part in enumerate(parts) if part.kind == "behind"), None)
    if behind is not None:
        assertion = parts[behind]
        read = [part for part in parts[:behind] if part.kind == "read"]
        least = sum(part.least for part in read)
        if assertion.most is None or assertion.most > least:
            raise GrammarError(
                "A terminal looks behind at more than it must have read, which is not supported"
            )
        _check_ahead(parts[:behind])
        before = _greedy(parts[:behind])
        there = ANY + assertion.language
        before = before - there if assertion.is_negated else before & there
        limits = [part.most for part in read]
        most = None if None in limits else sum(filter(None, limits))
        return _greedy([_Part("read", before, least, most), *parts[behind + 1 :]])
    rest = EPSILON
    for part in reversed(parts):
        if part.kind == "read":
            rest = part.language + rest
        else:
            there = part.language + ANY
            rest = rest - there if part.is_negated else rest & there
    return rest
