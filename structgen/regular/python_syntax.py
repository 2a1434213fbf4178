"""Python's regular expressions, read by Python's own parser."""

from __future__ import annotations

import re
import warnings
from re import _constants as sre
from re import _parser as parser
from typing import Any

from structgen.errors import GrammarError
from structgen.regular.charset import (
    SCALARS,
    Ranges,
    case_variants,
    complement,
    general_category,
    matching,
    normalise,
)
from structgen.regular.language import ANY, EPSILON, characters

__all__ = ["one_character", "parse", "sre_tree"]

_NEWLINE: Ranges = ((10, 10),)
# Before Python 3.14, `\B` does not match the empty text.
_EMPTY_TEXT_PASSES = re.search(r"\B", "") is not None

_REFUSED_FLAGS = ((re.LOCALE, "L"),)


def parse(pattern: str) -> Any:
    """The tree of a Python regular expression (see `structgen.regular.pattern`).

    Raises:
        GrammarError: The expression is malformed or not regular.
    """
    parsed = sre_tree(pattern)
    return _sequence(parsed, parsed.state.flags)


def sre_tree(pattern: str) -> Any:
    """What Python's own parser makes of a regular expression.

    Raises:
        GrammarError: The expression is malformed, or depends on the locale.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            parsed = parser.parse(pattern)
    except re.error as error:
        at = error.pos or 0
        raise GrammarError(
            f"Malformed regular expression: {error.msg}", span=(at, at + 1)
        ) from None
    except FutureWarning as warning:
        raise GrammarError(f"Ambiguous regular expression: {warning}") from None
    for flag, letter in _REFUSED_FLAGS:
        if parsed.state.flags & flag:
            raise GrammarError(
                f"The flag (?{letter}) is not supported: write the pattern without it"
            )
    return parsed


def _sequence(items: Any, flags: int) -> Any:
    return ("cat", *(_item(operator, argument, flags) for operator, argument in items))


def _item(operator: Any, argument: Any, flags: int) -> Any:
    ranges = one_character(operator, argument, flags)
    if ranges is not None:
        return ("chars", ranges)
    if operator is sre.BRANCH:
        return ("or", *(_sequence(branch, flags) for branch in argument[1]))
    if operator is sre.SUBPATTERN:
        _, added, removed, inner = argument
        for flag, letter in _REFUSED_FLAGS:
            if added & flag:
                raise GrammarError(f"The flag (?{letter}:...) is not supported")
        return _sequence(inner, (flags | added) & ~removed)
    if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = argument
        return (
            "repeat",
            _sequence(inner, flags),
            int(least),
            None if most is sre.MAXREPEAT else int(most),
        )
    if operator is sre.AT:
        return _place(argument, flags)
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        direction, inner = argument
        kind = "ahead" if direction > 0 else "behind"
        return (kind, _sequence(inner, flags), operator is sre.ASSERT_NOT)
    name = str(operator).lower().replace("_", " ")
    raise GrammarError(f"A regular expression uses '{name}', which is not supported exactly")


def _place(place: Any, flags: int) -> Any:
    r"""An assertion of a single place: `^`, `$`, `\\A`, `\\Z`, `\\b` or `\\B`."""
    if place in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
        start = ("start",)
        if place is sre.AT_BEGINNING and flags & re.MULTILINE:
            return ("or", start, ("behind", ("chars", _NEWLINE), False))
        return start
    if place is sre.AT_END_STRING:
        return ("end", EPSILON)
    if place is sre.AT_END:
        rest = ANY if flags & re.MULTILINE else EPSILON
        return ("end", EPSILON | characters(_NEWLINE) + rest)
    boundary = ("boundary", _word(flags), place is sre.AT_NON_BOUNDARY)
    if place is sre.AT_NON_BOUNDARY and not _EMPTY_TEXT_PASSES:
        some = ("chars", SCALARS)
        return ("cat", boundary, ("or", ("behind", some, False), ("ahead", some, False)))
    return boundary


def one_character(operator: Any, argument: Any, flags: int) -> Ranges | None:
    """What an item of Python's parse tree matches if that is always one character; else None."""
    if operator is sre.LITERAL or operator is sre.NOT_LITERAL:
        ranges = _cases(((argument, argument),), flags)
        return ranges if operator is sre.LITERAL else complement(ranges)
    if operator is sre.ANY:
        return SCALARS if flags & re.DOTALL else complement(((10, 10),))
    return _set(argument, flags) if operator is sre.IN else None


def _cases(ranges: Ranges, flags: int) -> Ranges:
    if not flags & re.IGNORECASE:
        return ranges
    return case_variants(normalise(ranges), ascii_only=bool(flags & re.ASCII))


def _set(items: Any, flags: int) -> Ranges:
    negated = items[0][0] is sre.NEGATE
    ranges: list[tuple[int, int]] = []
    for operator, argument in items[1:] if negated else items:
        if operator is sre.LITERAL:
            ranges.append((argument, argument))
        elif operator is sre.RANGE:
            ranges.append(argument)
        else:
            ranges.extend(_category(str(argument), ascii_only=bool(flags & re.ASCII)))
    found = _cases(normalise(ranges), flags)
    return complement(found) if negated else found


def _word(flags: int) -> Ranges:
    if flags & re.ASCII:
        return ((48, 57), (65, 90), (95, 95), (97, 122))
    return normalise((*matching(str.isalnum), (95, 95)))


def _category(name: str, *, ascii_only: bool) -> Ranges:
    ranges: Ranges
    if name.endswith("DIGIT"):
        ranges = ((48, 57),) if ascii_only else general_category("Nd")
    elif name.endswith("SPACE"):
        ranges = ((9, 13), (32, 32)) if ascii_only else matching(str.isspace)
    else:
        ranges = _word(re.ASCII if ascii_only else 0)
    return complement(ranges) if "NOT" in name else ranges
