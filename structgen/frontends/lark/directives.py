"""Lines of a grammar that lark reads as comments: `//% capture OPEN as CLOSE [extending]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from structgen.grammar import error_at

__all__ = ["Directive", "read_directives"]

_LINE = re.compile(r"^[ \t]*//%[ \t]*([^\n]*)", re.MULTILINE)
_CAPTURE = re.compile(r"capture[ \t]+(\w+)[ \t]+as[ \t]+(\w+)([ \t]+extending)?[ \t]*")


class Directive(NamedTuple):
    """What one line says.

    Attributes:
        captured: The terminal whose texts are captured.
        copy: The declared terminal that reads them again.
        extends: Whether a text must extend the one before.
    """

    captured: str
    copy: str
    extends: bool


def read_directives(text: str, terminals: Mapping[str, Any]) -> list[Directive]:
    """The directives of a grammar text.

    Args:
        text: The grammar.
        terminals: Their definitions, by name; None: declared only.

    Raises:
        GrammarError: One is malformed, or names a terminal that is not there.

    Example:
        >>> read_directives("//% capture A as B", {"A": "a tree", "B": None})
        [Directive(captured='A', copy='B', extends=False)]
    """
    found: list[Directive] = []
    for line in _LINE.finditer(text):
        match = _CAPTURE.fullmatch(line[1])
        if match is None:
            raise error_at(
                "expected 'capture TERMINAL as DECLARED', and 'extending' or nothing",
                text,
                line.span(1),
            )
        captured, copy = match[1], match[2]
        if terminals.get(captured) is None:
            raise error_at(f"{captured!r} is no terminal with a definition", text, line.span(1))
        if copy not in terminals or terminals[copy] is not None:
            raise error_at(f"{copy!r} is no terminal that %declare names", text, line.span(1))
        found.append(Directive(captured, copy, match[3] is not None))
    return found
