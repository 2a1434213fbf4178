"""Regular expressions to languages: one tree, two syntaxes.

A tree is a tuple headed by its kind: ("chars", ranges), ("cat", *trees), ("or", *trees),
("repeat", tree, least, most), ("start",), ("end",), ("end_or_newline",), ("boundary", is_inside),
("look", negated, tree).

Assertions look at what comes before or after their place, so a tree is read from its end, carrying
the language of everything that follows. That language depends on what has been read: nothing yet,
a word character, or another character; it is carried as a `_Rest` of three. Look-ahead is an
intersection with it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from structgen.errors import GrammarError, LimitExceededError
from structgen.regular import ecma, python_syntax
from structgen.regular.charset import complement
from structgen.regular.language import (
    ANY,
    EMPTY,
    EPSILON,
    Language,
    characters,
    union,
)

__all__ = ["regex"]

_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_NOT_WORD = complement(_WORD)


class _Rest(NamedTuple):
    """The language of what follows, by what was read before it."""

    nothing: Language
    word: Language
    other: Language

    def __and__(self, language: Any) -> _Rest:
        return _Rest(*(rest & language for rest in self))


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
        LimitExceededError: It is nested too deeply.

    Example:
        >>> regex(r"\d{2,3}", "ecma").matches("123")
        True
        >>> regex("b$", search=True).matches("ab"), regex("^b", search=True).matches("ab")
        (True, False)
    """
    if syntax not in ("python", "ecma"):
        raise ValueError(f"syntax must be 'python' or 'ecma', not {syntax!r}")
    return _regex(pattern, syntax, search)


@lru_cache(maxsize=4096)
def _regex(pattern: str, syntax: str, search: bool) -> Language:
    try:
        tree = ecma.parse(pattern) if syntax == "ecma" else python_syntax.parse(pattern)
        after = ANY if search else EPSILON
        rest = _read(tree, _Rest(after, after, after))
        if not search:
            return rest.nothing
        # A match may begin at the start, or after any text that ends in a word character or not.
        return union(
            (
                rest.nothing,
                ANY + characters(_WORD) + rest.word
                if rest.word is not rest.other
                else ANY + rest.word,
                ANY + characters(_NOT_WORD) + rest.other,
            )
        )
    except RecursionError:
        raise LimitExceededError(
            f"The pattern {pattern[:40]!r}... is nested too deeply", limit="regex_nesting"
        ) from None


def _is_plain(tree: Any) -> bool:
    kind = tree[0]
    if kind == "chars":
        return True
    if kind in ("cat", "or"):
        return all(_is_plain(part) for part in tree[1:])
    return kind == "repeat" and _is_plain(tree[1])


def _plain(tree: Any) -> Language:
    kind = tree[0]
    if kind == "chars":
        return characters(tree[1])
    if kind == "cat":
        language = EPSILON
        for part in reversed(tree[1:]):
            language = _plain(part) + language
        return language
    if kind == "or":
        return union(_plain(part) for part in tree[1:])
    return _plain(tree[1]).repeat(tree[2], tree[3])


def _read(tree: Any, rest: _Rest) -> _Rest:
    """What follows from the beginning of `tree`, given what follows after it."""
    kind = tree[0]
    if _is_plain(tree):
        return _after(_plain(tree), rest)
    if kind == "cat":
        parts = tree[1:]
        end = len(parts)
        while end > 0:  # runs without assertions are one language
            start = end - 1
            if _is_plain(parts[start]):
                while start > 0 and _is_plain(parts[start - 1]):
                    start -= 1
                rest = _after(_plain(("cat", *parts[start:end])), rest)
            else:
                rest = _read(parts[start], rest)
            end = start
        return rest
    if kind == "or":
        branches = [_read(part, rest) for part in tree[1:]]
        return _Rest(*(union(languages) for languages in zip(*branches, strict=True)))
    if kind == "start":
        return _Rest(rest.nothing, EMPTY, EMPTY)
    if kind == "end":
        return rest & EPSILON
    if kind == "end_or_newline":
        return rest & (EPSILON | characters([(10, 10)]))
    if kind == "boundary":
        word_next = characters(_WORD) + ANY
        other_next = EPSILON | (characters(_NOT_WORD) + ANY)
        if tree[1]:  # not a boundary
            word_next, other_next = other_next, word_next
        return _Rest(rest.nothing & word_next, rest.word & other_next, rest.other & word_next)
    if kind == "look":
        ahead = _read(tree[2], _Rest(ANY, ANY, ANY))
        return _Rest(*(a & (~b if tree[1] else b) for a, b in zip(rest, ahead, strict=True)))
    _, inner, least, most = tree
    if most is None or most > 16:
        raise GrammarError(
            "A pattern has an assertion (^, $, \\b or a look-ahead) inside a repetition, which is "
            "not supported"
        )
    result = rest
    for count in range(most, 0, -1):
        taken = _read(inner, result)
        result = (
            taken
            if count <= least
            else _Rest(*(union(pair) for pair in zip(taken, rest, strict=True)))
        )
    return result


def _after(language: Language, rest: _Rest) -> _Rest:
    """Read a plain language, then what follows by its last character."""
    if rest.nothing is rest.word is rest.other:
        whole = language + rest.nothing
        return _Rest(whole, whole, whole)
    if rest.word is rest.other:
        taken = (language & ~EPSILON if language.nullable else language) + rest.word
    else:
        ends_in_word = language & (ANY + characters(_WORD))
        ends_otherwise = language & (ANY + characters(_NOT_WORD))
        taken = (ends_in_word + rest.word) | (ends_otherwise + rest.other)
    if not language.nullable:
        return _Rest(taken, taken, taken)
    return _Rest(*(taken | following for following in rest))
