"""What llguidance's dialect of Lark writes otherwise, in lark's own words.

Every change keeps the length, so that places in the text stay right.
"""

from __future__ import annotations

import re

from structgen.errors import GrammarError
from structgen.grammar import error_at

__all__ = ["in_lark"]

_WORDS = re.compile(
    r'(?P<empty>(?<!\.)""(?![\w.]))|"(?:\\.|[^"\\\n])*"|//[^\n]*|\#[^\n]*|/(?!/)(?:\\.|[^/\\\n])*/'
    r"|(?P<count>\{ ?(?P<least>\d*) ?(?P<comma>,?) ?(?P<most>\d*) ?\})"
    r'|(?P<attributes>\[(?:"(?:\\.|[^"\\\n])*"|[^][\n"])*\](?=[ \t]*:))'
    r"|(?P<operator>&|~(?![ \t]*[-+\d])|@\w+)"
)
_ATTRIBUTE = re.compile(r"""[ \t]*(\w+)[ \t]*(?:=[ \t]*(?:"(?:\\.|[^"\\])*"|/[^/]*/|[^,"/]*))?""")
_HARMLESS = ("capture", "temperature")  # they say nothing about the language
_LAZY = "write what ends the text into the expression, such as /.*?end/"
_REFUSED = {
    "lazy": _LAZY,
    "stop": _LAZY,
    "suffix": _LAZY,
    "max_tokens": "a language does not count tokens; limit the whole text where it is generated",
}


def in_lark(text: str) -> str:
    """A text in lark's syntax, of the same length.

    Counts `{2,3}` become `~2..3`, the empty text `""` is left out, and so are the attributes
    `[capture]` and `[temperature=...]` of rules.

    Args:
        text: A grammar text, without what is embedded.

    Raises:
        GrammarError: It uses what has no place in a language, or no counterpart.

    Example:
        >>> in_lark('start[capture]: "a"{2,3} | ""')
        'start         : "a"~2..3 |   '
    """
    kept: list[str] = []
    at = 0
    for word in _WORDS.finditer(text):
        shown = word[0]
        if word["empty"]:
            shown = "  "
        elif word["count"]:
            shown = _count(word, text)
        elif word["attributes"]:
            _check_attributes(word, text)
            shown = " " * len(shown)
        elif word["operator"]:
            raise _operator(word, text)
        kept += [text[at : word.start()], shown]
        at = word.end()
    return "".join([*kept, text[at:]])


def _count(word: re.Match[str], text: str) -> str:
    least, most = word["least"], word["most"]
    if not word["comma"] and least:
        shown = f"~{least}"
    elif least and most:
        shown = f"~{least}..{most}"
    elif least or most:
        instead = f"x{{{least}}} x*" if least else f"x{{0,{most}}}"
        raise error_at(f"a count has two ends here: write {instead}", text, word.span())
    else:
        return word[0]
    return shown.ljust(len(word[0]))


def _check_attributes(word: re.Match[str], text: str) -> None:
    start, end = word.span()
    start += 1
    while start < end - 1:
        attribute = _ATTRIBUTE.match(text, start, end - 1)
        if attribute is None or attribute[1] not in (*_HARMLESS, *_REFUSED):
            raise error_at("expected an attribute, such as capture", text, (start, start + 1))
        if attribute[1] in _REFUSED:
            message = f"{attribute[1]!r} is not supported: {_REFUSED[attribute[1]]}"
            raise error_at(message, text, attribute.span(1))
        start = attribute.end() + 1  # the comma


def _operator(word: re.Match[str], text: str) -> GrammarError:
    if word[0].startswith("@"):
        what = "a grammar by its name is not known here: write its rules, or embed %json { ... }"
    else:
        what = (
            f"{word[0]!r} stands only between names, literals and expressions that are all of a "
            "terminal: NAME: WORD & ~KEYWORD"
        )
    return error_at(what, text, word.span())
