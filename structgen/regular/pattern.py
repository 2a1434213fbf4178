r"""Regular expressions to languages: one tree, two syntaxes.

A tree is a tuple headed by its kind: ("chars", ranges), ("cat", *trees), ("or", *trees),
("repeat", tree, least, most), ("start",), ("end", language of what may still follow),
("boundary", word ranges, is_negated), ("ahead" or "behind", tree, is_negated).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from structgen.errors import LimitExceededError
from structgen.regular import ecma, python_syntax
from structgen.regular.assertions import (
    START,
    Pattern,
    ahead,
    at_end,
    behind,
    choice,
    join,
    repeat,
)
from structgen.regular.language import ANY, EPSILON, Language, characters
from structgen.regular.runs import language

__all__ = ["regex"]


def regex(
    pattern: str, syntax: Literal["python", "ecma"] = "python", search: bool = False
) -> Language:
    r"""The language of a regular expression.

    Args:
        pattern: The expression.
        syntax: "python" (as `re` reads it) or "ecma" (ECMA-262 with the `u` flag; as JSON Schema
            patterns in use need it, escapes of characters that need none are taken too).
        search: Texts that contain a match, instead of texts that match as a whole.

    Raises:
        GrammarError: The expression is malformed, or uses what no regular language can express
            (back-references) or what is not supported exactly here; `span` has the place.
        LimitExceededError: It is nested too deeply, or asserts too much at once.

    Example:
        >>> regex(r"\d{2,3}", "ecma").matches("123")
        True
        >>> regex("b$", search=True).matches("ab"), regex("^b", search=True).matches("ab")
        (True, False)
        >>> regex(r"(?:(?<!a)b|a)*").matches("bba"), regex(r"(?:(?<!a)b|a)*").matches("ab")
        (True, False)
    """
    if syntax not in ("python", "ecma"):
        raise ValueError(f"syntax must be 'python' or 'ecma', not {syntax!r}")
    return _regex(pattern, syntax, search)


@lru_cache(maxsize=4096)
def _regex(pattern: str, syntax: str, search: bool) -> Language:
    try:
        tree = ecma.parse(pattern) if syntax == "ecma" else python_syntax.parse(pattern)
        found = _pattern(tree)
        return language(join(ANY, join(found, ANY)) if search else found)
    except RecursionError:
        raise LimitExceededError(
            f"The pattern {pattern[:40]!r}... is nested too deeply", limit="regex_nesting"
        ) from None


def _pattern(tree: Any) -> Pattern:
    kind, *parts = tree
    if kind == "chars":
        return characters(parts[0])
    if kind == "cat":
        pattern: Pattern = EPSILON
        for part in reversed(parts):
            pattern = join(_pattern(part), pattern)
        return pattern
    if kind == "or":
        return choice(map(_pattern, parts))
    if kind == "repeat":
        return repeat(_pattern(parts[0]), parts[1], parts[2])
    if kind == "start":
        return START
    if kind == "end":
        return at_end(parts[0])
    if kind == "boundary":
        return _boundary(*parts)
    looks = ahead if kind == "ahead" else behind
    return looks(_pattern(parts[0]), is_negated=parts[1])


def _boundary(word: Any, is_negated: bool) -> Pattern:
    r"""`\b`: one side is a character of a word, the other is not; `\B`: both or neither are."""
    one = characters(word)
    return choice(
        join(behind(one, is_negated=not is_word), ahead(one, is_negated=is_word != is_negated))
        for is_word in (True, False)
    )
