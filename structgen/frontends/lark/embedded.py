"""What llguidance's dialect of Lark adds to rules: `%json { ... }`, `%regex { ... }`, `<token>`.

Each is taken out of the text before lark reads it; a declared terminal, padded to the same length,
stands in its place, so that lark's own places in the text stay right.
"""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

from structgen.frontends.json_schema import json_schema
from structgen.frontends.special_token import BRACKETED, tokens_between_brackets
from structgen.frontends.substring import substring
from structgen.grammar import Expression, error_at, expression_of

__all__ = ["take_embedded"]

_WORDS = re.compile(
    r'"(?:\\.|[^"\\\n])*"|//[^\n]*|\#[^\n]*|/(?!/)(?:\\.|[^/\\\n])*/'
    rf"|(?P<embedded>%(?:json|regex|llguidance)\b)|(?P<token>{BRACKETED})"
)


def take_embedded(text: str) -> tuple[str, dict[str, Expression]]:
    """A text for lark, and what the terminals that it declares for this stand for.

    Args:
        text: A grammar text in Lark's syntax, or llguidance's dialect of it.

    Raises:
        GrammarError: What is embedded is malformed or not supported.
    """
    kept: list[str] = []
    found: dict[str, Expression] = {}
    names = (f"E{number}_" for number in count())
    at = 0
    while (match := _WORDS.search(text, at)) is not None:
        if match["embedded"] is None and match["token"] is None:
            kept.append(text[at : match.end()])
            at = match.end()
            continue
        kept.append(text[at : match.start()])
        shown = next(name for name in names if name not in text)
        if match["token"] is not None:
            end = match.end()
            found[shown] = tokens_between_brackets(text, match.span())
        else:
            value, end = _json_after(text, match.span())
            if match["embedded"] == "%llguidance":
                shown = ""
            else:
                found[shown] = _expression(match["embedded"], value, text, match.span())
        lines = text.count("\n", match.start(), end)
        kept.append(shown.ljust(end - match.start() - lines))
        kept.append("\\\n" * lines if shown else "\n" * lines)
        at = end
    kept.append(text[at:])
    if found:
        kept.append(f"\n%declare {' '.join(found)}")
    return "".join(kept), found


def _json_after(text: str, span: tuple[int, int]) -> tuple[Any, int]:
    begin = re.compile(r"\s*").match(text, span[1]).end()  # type: ignore[union-attr]
    try:
        value, end = json.JSONDecoder().raw_decode(text, begin)
    except json.JSONDecodeError as error:
        raise error_at(f"malformed JSON: {error.msg}", text, (error.pos, error.pos + 1)) from None
    except RecursionError:
        raise error_at("the JSON is nested too deeply", text, span) from None
    if not isinstance(value, dict):
        raise error_at("expected a JSON object after this", text, span)
    return value, end


def _expression(kind: str, value: Any, text: str, span: tuple[int, int]) -> Expression:
    if kind == "%json":
        return expression_of(json_schema(value))
    passage = value.get("substring_chars")
    if list(value) != ["substring_chars"] or not isinstance(passage, str):
        raise error_at('expected {"substring_chars": "..."}; nothing else is supported', text, span)
    return expression_of(substring(passage))
