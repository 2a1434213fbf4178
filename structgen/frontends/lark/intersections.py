"""Intersections and complements of terminals, `NAME: WORD & ~KEYWORD`, as llguidance writes them.

lark's syntax has no such operators. In place of an intersection its first operand is left, so that
lark's own places in the text stay right; operands that have no name get one, at the end of the
text. What the terminal is, is found from its operands, and not by lark.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Operand", "take_intersections"]

_GAP = r"(?:[ \t]|\\[ \t]*\n)*"
_TERMINAL = r"""(?:\w+|"(?:\\.|[^"\\\n])*"i?|/(?!/)(?:\\.|[^/\\\n])*/[imslux]*)"""
_OPERAND = rf"~?{_GAP}{_TERMINAL}"
_REST = r"[ \t]*(?:(?://|\#)[^\n]*)?"
_DEFINITION = re.compile(
    rf"^(?P<head>[ \t]*(?P<name>_?[A-Z][A-Z0-9_]*)(?:\.-?\d+)?[ \t]*:{_GAP})"
    rf"(?P<body>{_OPERAND}(?:{_GAP}&{_GAP}{_OPERAND})*)"
    rf"(?={_REST}(?:\Z|\n(?!(?:{_REST}\n)*[ \t]*\|)))",
    re.MULTILINE,
)
_PARTS = re.compile(rf"{_GAP}&?{_GAP}(?P<not>~?){_GAP}(?P<shown>{_TERMINAL})")


class Operand(NamedTuple):
    """A part of an intersection.

    Attributes:
        name: The terminal that it is.
        is_negated: Whether its texts are those that are not in the intersection.
    """

    name: str
    is_negated: bool


def take_intersections(text: str) -> tuple[str, dict[str, tuple[Operand, ...]]]:
    """A text without them, and the terminals that they are, by name.

    Args:
        text: A grammar text in Lark's syntax, or llguidance's dialect of it, without what is
            embedded.

    Example:
        >>> text, found = take_intersections('A: B & ~"if"')
        >>> text
        'A: B        \\nINTERSECTED_0_: "if"'
        >>> found["A"]
        (Operand(name='B', is_negated=False), Operand(name='INTERSECTED_0_', is_negated=True))
    """
    found: dict[str, tuple[Operand, ...]] = {}
    hidden: list[str] = []

    def operand(is_negated: bool, shown: str) -> Operand:
        if not shown[0].isalnum() and shown[0] != "_":
            hidden.append(shown)
            shown = f"INTERSECTED_{len(hidden) - 1}_"
        return Operand(shown, is_negated)

    def without(definition: re.Match[str]) -> str:
        parts = list(_PARTS.finditer(definition["body"]))
        if len(parts) == 1 and not parts[0]["not"]:
            return definition[0]
        found[definition["name"]] = tuple(operand(bool(p["not"]), p["shown"]) for p in parts)
        first = parts[0]
        body = definition["body"]
        blanks = (
            re.sub(r"[^\\\n]|\\(?![ \t]*\n)", " ", part)
            for part in (body[: first.start("shown")], body[first.end() :])
        )
        return definition["head"] + next(blanks) + first["shown"] + next(blanks)

    text = _DEFINITION.sub(without, text)
    return "".join([text, *(f"\nINTERSECTED_{i}_: {each}" for i, each in enumerate(hidden))]), found
