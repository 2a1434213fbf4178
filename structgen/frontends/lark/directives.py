"""Lines of a grammar that lark reads as comments.

`//% capture OPEN as CLOSE [extending]`, `//% apart /CHARACTERS/` and `//% reserve TERMINAL`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from structgen.errors import GrammarError
from structgen.frontends.lark.patterns import terminal_language
from structgen.grammar import error_at
from structgen.regular import Language, length, union

__all__ = ["Capture", "Directives", "read_directives"]

_LINE = re.compile(r"^[ \t]*//%[ \t]*([^\n]*)", re.MULTILINE)
_CAPTURE = re.compile(r"capture[ \t]+(\w+)[ \t]+as[ \t]+(\w+)([ \t]+extending)?[ \t]*")

_APART = re.compile(r"apart[ \t]+/((?:\\.|[^/\\])+)/[ \t]*")
_RESERVE = re.compile(r"reserve[ \t]+(\w+)[ \t]*")


class Capture(NamedTuple):
    """A terminal whose texts are read again.

    Attributes:
        captured: The terminal whose texts are captured.
        copy: The declared terminal that reads them again.
        extends: Whether a text must extend the one before.
    """

    captured: str
    copy: str
    extends: bool


class Directives(NamedTuple):
    """What the lines say.

    Attributes:
        captures: The captures.
        apart: The characters, as texts of one each, with which terminals do not touch; None: any.
        reserved: The terminals that a lexer looks for though no rule reads them.
    """

    captures: list[Capture]
    apart: Language | None
    reserved: list[str]


def read_directives(text: str, terminals: Mapping[str, Any]) -> Directives:
    """The directives of a grammar text.

    Args:
        text: The grammar.
        terminals: Their definitions, by name; None: declared only.

    Raises:
        GrammarError: One is malformed, or names a terminal that is not there.

    Example:
        >>> read_directives("//% capture A as B", {"A": "a tree", "B": None}).captures
        [Capture(captured='A', copy='B', extends=False)]
    """
    captures: list[Capture] = []
    apart: list[Language] = []
    reserved: list[str] = []
    for line in _LINE.finditer(text):
        if (match := _CAPTURE.fullmatch(line[1])) is not None:
            captures.append(_capture(match, text, line.span(1), terminals))
        elif (match := _APART.fullmatch(line[1])) is not None:
            apart.append(_characters(match[1], text, line.span(1)))
        elif (match := _RESERVE.fullmatch(line[1])) is not None:
            _check_defined(match[1], text, line.span(1), terminals)
            reserved.append(match[1])
        else:
            raise error_at(
                "expected 'capture TERMINAL as DECLARED', and 'extending' or nothing, or "
                "'apart /CHARACTERS/', or 'reserve TERMINAL'",
                text,
                line.span(1),
            )
    return Directives(captures, union(apart) if apart else None, reserved)


def _capture(
    match: re.Match[str], text: str, span: tuple[int, int], terminals: Mapping[str, Any]
) -> Capture:
    captured, copy = match[1], match[2]
    _check_defined(captured, text, span, terminals)
    if copy not in terminals or terminals[copy] is not None:
        raise error_at(f"{copy!r} is no terminal that %declare names", text, span)
    return Capture(captured, copy, match[3] is not None)


def _check_defined(
    name: str, text: str, span: tuple[int, int], terminals: Mapping[str, Any]
) -> None:
    if terminals.get(name) is None:
        raise error_at(f"{name!r} is no terminal with a definition", text, span)


def _characters(pattern: str, text: str, span: tuple[int, int]) -> Language:
    try:
        language = terminal_language(pattern)
    except GrammarError as error:
        raise error_at(str(error), text, span) from None
    if language.is_empty() or not (language - length(1, 1)).is_empty():
        raise error_at("expected one character, such as /[a-z]/", text, span)
    return language
