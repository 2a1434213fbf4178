r"""The format `regex`: texts that are patterns of ECMA-262 with the `u` flag (section 22.2.1).

Groups nest, the names of groups must differ and a back-reference needs its group, which no regular
language follows. So this is the part of the format that one does: every text in it is a pattern,
and the patterns left out are those with

- groups nested more than `MAX_NESTING` deep, or a named group inside another group or after one;
- back-references, and `\0`;
- class ranges whose order shows only late: `[é-ê]`, `[!-/]`, `[\x41-\x42]`, `[\u1234-\u1235]`;
- counts such as `{123,125}`, whose order shows after the first of three or more digits;
- names of Unicode properties other than those listed here.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

from structgen.regular import EPSILON, Language, characters, regex, text, union

__all__ = ["pattern"]

MAX_NESTING = 4
_SYNTAX = r"\^$.*+?()\[\]{}|"  # `SyntaxCharacter` but the backslash, as members of a class
_HEX = "[0-9A-Fa-f]"
_DIGITS = "0123456789abcdef"
# Between these code points all ranges in order are known, but inside `0-9`, `A-Z` and `a-z`.
_BOUNDARIES = (
    0,
    *b"0:A[a{",
    0x80,
    0xC0,
    0x100,
    0x400,
    0x420,
    0x440,
    0x460,
    0x3040,
    0x4E00,
    0x10000,
)

# `CharacterEscape`: ControlEscape, `c` with a letter, `x`, `u`, IdentityEscape.
_ESCAPES = (
    rf"[fnrtv]|c[A-Za-z]|x{_HEX}{{2}}|u{_HEX}{{4}}|u\{{0*(?:{_HEX}{{1,5}}|10{_HEX}{{4}})\}}"
    rf"|[{_SYNTAX}/\\]"
)
# `CharacterClassEscape`: tables 66 to 68 have the properties.
_CATEGORY = "(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfosn]?)"
_SCRIPT = "(?:Latin|Greek|Cyrillic|Arabic|Hebrew|Han|Hiragana|Katakana|Hangul|Thai|Devanagari)"
_PROPERTY = (
    f"(?:(?:(?:General_Category|gc)=)?{_CATEGORY}|(?:Script|sc|Script_Extensions|scx)={_SCRIPT}"
    "|Any|ASCII|Alphabetic|Lowercase|Uppercase|White_Space)"
)
_SETS = rf"[dDsSwW]|[pP]\{{{_PROPERTY}\}}"


def pattern() -> Language:
    """Patterns, as far as the module's text says.

    >>> pattern().matches("^(?:a|[b-z]{2,})$"), pattern().matches("(a"), pattern().matches("[z-a]")
    (True, False, False)
    """
    quantified = EPSILON | _quantifier()
    single = _ecma(rf"[^\\{_SYNTAX}]|\.|\\(?:{_ESCAPES}|{_SETS})") | _character_class()
    plain = _ecma(r"[\^$|]|\\[bB]") | (single + quantified)
    items = plain.repeat()
    for _ in range(MAX_NESTING):
        group = _ecma(r"\((?:\?:)?") + items + text(")") + quantified
        look = _ecma(r"\(\?<?[=!]") + items + text(")")  # an assertion: never repeated
        inner, items = items, (plain | group | look).repeat()
    named = _ecma(r"\(\?<[A-Za-z$_][A-Za-z0-9$_]*>") + inner + text(")") + quantified
    return items | (items + named + items)


def _ecma(source: str) -> Language:
    return regex(source, syntax="ecma")


def _quantifier() -> Language:
    """`Quantifier`: in `{m,n}`, m must not be more than n."""
    counts = ["[0-9]+,?", "0,[0-9]+"]
    for digits in range(1, 5):
        counts.append(f"[1-9][0-9]{{{digits - 1}}},[1-9][0-9]{{{digits},}}")  # n is longer
        for first in range(1, 9):
            rest = f"[0-9]{{{digits - 1}}}"
            counts.append(f"{first}{rest},[{first + 1}-9]{rest}")
    for tens in ["", *"123456789"]:
        counts += [f"{tens}{ones},{tens}[{ones}-9]" for ones in range(10)]
    return _ecma(rf"(?:[*+?]|\{{(?:{'|'.join(counts)})\}})\??")


def _character_class() -> Language:
    """`CharacterClass`: members, with a hyphen for itself at either end."""
    member = _ecma(rf"[^\\\]\-]|\\(?:{_ESCAPES}|{_SETS}|[b\-])") | union(_ranges())
    return _ecma(r"\[\^?-?") + member.repeat() + _ecma(r"-?\]")


def _ranges() -> Iterator[Language]:
    """`a-z` in a class: every language yielded is of ranges whose ends are in order."""
    for alphabet in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        for letter in alphabet:
            yield _ecma(f"{letter}-[{letter}-{alphabet[-1]}]")
    for before, after in itertools.pairwise(_BOUNDARIES):
        first = _ecma(rf"[^\\\]\-\^\u{{{after:x}}}-\u{{10ffff}}]")
        last = _ecma(rf"[^\\\]\-\x00-\u{{{after - 1:x}}}]")
        yield (first & characters([(before, after - 1)])) + text("-") + last
    yield text(r"\x") + union(_pairs("x", "", 2))
    prefixes = ["", "0", *(f"0{digit}" for digit in "0123456"), "1", "2", "20", "30", "ff"]
    yield text(r"\u") + union(pair for prefix in prefixes for pair in _pairs("u", prefix, 4))


def _pairs(letter: str, prefix: str, length: int) -> Iterator[Language]:
    """Pairs of escapes such as `\\u4e00-\\u9fff` that are alike up to a prefix and then in order.

    The first backslash and letter are left out.
    """
    same = "".join(f"[{digit}{digit.upper()}]" for digit in prefix)
    rest = f"{_HEX}{{{length - len(prefix) - 1}}}"
    for at, digit in enumerate(_DIGITS[:-1]):
        more = _DIGITS[at + 1 :]
        yield _ecma(
            rf"{same}[{digit}{digit.upper()}]{rest}"
            rf"-\\{letter}{same}[{more}{more.upper()}]{rest}"
        )
