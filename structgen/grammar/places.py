"""Errors that show their place in a source text."""

from __future__ import annotations

from structgen.errors import GrammarError

__all__ = ["error_at", "line_and_column"]

_SHOWN = 76


def line_and_column(text: str, position: int) -> tuple[int, int]:
    r"""The line and column of a character, both from 1.

    Example:
        >>> line_and_column("a\nbc", 3)
        (2, 2)
    """
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def error_at(message: str, text: str, span: tuple[int, int]) -> GrammarError:
    r"""An error that says where it is and underlines the place.

    Args:
        message: What is wrong, and what was expected; without a full stop.
        text: The source.
        span: (start, end) character offsets in `text`.

    Example:
        >>> print(error_at("'b' is not a rule", "root ::= b", (9, 10)))
        Line 1, column 10: 'b' is not a rule
          root ::= b
                   ^
    """
    start, end = span
    line, column = line_and_column(text, start)
    begin = start - column + 1
    stop = text.find("\n", begin)
    shown = text[begin : len(text) if stop < 0 else stop]
    first = max(0, column - 1 - _SHOWN // 2)
    shown = "".join(c if c.isprintable() else " " for c in shown[first : first + _SHOWN])
    at = column - 1 - first
    marks = "^" * max(1, min(end - start, len(shown) - at))
    return GrammarError(
        f"Line {line}, column {column}: {message}\n  {shown}\n  {' ' * at}{marks}", span=span
    )
