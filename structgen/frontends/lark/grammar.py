"""The public source: a text in Lark's syntax."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Literal

from lark.exceptions import GrammarError as LarkGrammarError
from lark.exceptions import UnexpectedInput, VisitError
from lark.load_grammar import load_grammar

from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.lark.dialect import in_lark
from structgen.frontends.lark.embedded import take_embedded
from structgen.frontends.lark.intersections import take_intersections
from structgen.frontends.lark.rules import read_rules
from structgen.grammar import ContextFreeGrammar, SourceCall, build, build_lexed, error_at
from structgen.grammar.checks import check_text

__all__ = ["lark"]

MAX_CHARACTERS = 500_000
MAX_TERMINAL_PARTS = 20_000

_WORD = re.compile(
    r'"(?:\\.|[^"\\\n])*"|//[^\n]*|\#[^\n]*|/(?!/)(?:\\.|[^/\\\n])*/|\.[ \t]*-?\d+'
    r"|(?P<kept>\w+|:)"
)
_PLACE = re.compile(r",? at line (\d+),? column (\d+).*", re.DOTALL)
_UNDEFINED = re.compile(r"'?(\w+)'? used but not defined(?:: (\w+))?(?: \(in \w+ '?(\w+)'?)?")


def lark(
    text: str, *, start: str = "start", lexer: Literal["basic"] | None = None
) -> ContextFreeGrammar:
    r"""The texts of a grammar in Lark's syntax, read without a lexer or with one.

    Without, the language is what the rules say about characters: a text is accepted if it can be
    cut into terminals in *some* way, with what `%ignore` names between them. (lark's name for this
    is the Earley parser with `lexer="dynamic_complete"`; priorities choose between trees there, so
    they change nothing here.) With the basic lexer, a text is first cut into terminals: the
    longest match, and of several the one of highest priority, a literal before an expression.

    Args:
        text: The grammar. lark's own loader reads it, so templates, imports, `%ignore`,
            `%declare`, `%override` and `%extend` are what lark says they are; `%json { ... }` and
            `%regex { ... }` are read as in llguidance; `//% capture ...` lines give rules
            parameters (docs/grammars.md, 'Captured texts').
        start: The rule that is the whole language.
        lexer: None: no lexer; "basic": one for all terminals that the rules use.

    Raises:
        TypeError: The text is no string.
        GrammarError: The text is malformed, a name is not defined, no text matches a rule, or a
            terminal depends on what is around it; for a lexer, a terminal matches the empty text
            or is embedded; a captured text is read again where there is none.
        UnsupportedSchemaError: An embedded JSON Schema cannot be enforced exactly.
        UnsatisfiableError: Nothing satisfies an embedded JSON Schema.
        LimitExceededError: The text is too long, or templates or terminals grow without end,
            or the lexer has too many states.

    Source:
        Lark's documentation, 'Grammar Reference'; docs/grammars.md has what differs.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"1", b"+", b" ", b"+ 1"], eos_token_ids=[])
        >>> grammar = lark('''
        ...     start: start "+" start | NUMBER
        ...     NUMBER: /[0-9]+/
        ...     %ignore " "
        ... ''')
        >>> matcher = sg.compile(grammar, vocabulary).matcher()
        >>> matcher.accept_tokens([0, 2, 3, 1, 0]), matcher.is_accepting
        (5, True)
        >>> words = lark('start: "if" NAME\nNAME: /[a-z]+/\n%ignore " "', lexer="basic")
        >>> letters = sg.compile(words, sg.Vocabulary([b"if", b" ", b"x"], eos_token_ids=[]))
        >>> letters.matcher().accept_bytes(b"if x"), letters.matcher().accept_bytes(b"ifx")
        (True, False)
    """
    if lexer not in (None, "basic"):
        raise ValueError(f"lexer is None or 'basic', not {lexer!r}")
    check_text(text, MAX_CHARACTERS)
    plain, embedded = take_embedded(text)
    plain, intersections = take_intersections(plain)
    plain = in_lark(plain)
    _check_terminals(plain, intersections)
    try:
        grammar, _ = load_grammar(plain, "<string>", [], False)
        read = read_rules(grammar, start, text, embedded, intersections, lexer is not None)
    except LarkGrammarError as error:
        raise _located(str(error), text) from None
    except VisitError as error:  # what lark does with a literal has failed
        raise GrammarError(f"A literal cannot be read: {error.orig_exc}") from None
    except UnexpectedInput as error:
        raise _at_line("this cannot come here", text, error.line, error.column) from None
    except FileNotFoundError as error:
        raise GrammarError(f"The grammar imports {error.filename}, which is not there") from None
    except RecursionError:
        raise LimitExceededError(
            "The grammar is nested too deeply", limit="grammar_nesting"
        ) from None
    if lexer is None:
        made = build(read.rules, read.start, text, read.apart)
    else:
        made = build_lexed(read.rules, read.start, text, read.terminals, read.ignored)
    made.source = SourceCall("lark", {"text": text, "start": start, "lexer": lexer})
    return made


def _check_terminals(text: str, intersections: Collection[str]) -> None:
    """Refuse terminals that grow large where lark writes out what they refer to.

    Or wrong: an intersection is nothing that lark knows.
    """
    statements = re.sub(r"(?m)^[ \t]*%\w+[^\n]*", lambda line: " " * len(line[0]), text)
    words = [word for word in _WORD.finditer(statements) if word["kept"]]
    parts: dict[str, list[str]] = {}
    name = ""
    for word, following in pairwise([*words, None]):
        assert word is not None
        if following is not None and following[0] == ":":
            name = word[0]
            parts[name] = []
        elif name:
            parts[name].append(word[0])
            if name.isupper() and name not in intersections and word[0] in intersections:
                raise error_at(
                    f"{word[0]} is an intersection, which can be no part of another terminal",
                    text,
                    word.span(),
                )
    sizes: dict[str, int] = {}

    def size(name: str) -> int:
        if name not in sizes:
            sizes[name] = 1  # a terminal in itself is lark's to refuse
            sizes[name] = 1 + sum(size(part) for part in parts.get(name, ()))
        return sizes[name]

    for name in parts:
        if name.isupper() and size(name) > MAX_TERMINAL_PARTS:
            raise LimitExceededError(
                f"The terminal {name!r} has more than {MAX_TERMINAL_PARTS:,} parts, what it "
                "refers to written out",
                limit="grammar_terminal",
            )


def _located(message: str, text: str) -> GrammarError:
    """lark's error with its place."""
    place = _PLACE.search(message)
    if place is not None:
        what = message[: place.start()]
        what = "this cannot come here" if what == "Unexpected input" else what
        return _at_line(what, text, int(place[1]), int(place[2]))
    missing = _UNDEFINED.search(message)
    if missing is not None:
        name = missing[2] or missing[1]
        used = re.compile(rf"(?<![\w%]){re.escape(name)}\b(?!\s*:)").search(text)
        if used is not None:
            return error_at(f"{name!r} is not defined", text, used.span())
    sentence = " ".join(message.split())
    literal = re.search(r"\(([\"/].*)\)", sentence)
    if literal is not None and literal[1] in text:
        start = text.index(literal[1])
        return error_at(sentence, text, (start, start + len(literal[1])))
    for name in re.findall(r"\w+", sentence):
        defined = re.compile(rf"^[ \t]*[?!]*({re.escape(name)})\b[^\n]*:", re.M).search(text)
        if defined is not None:
            return error_at(sentence, text, defined.span(1))
    return GrammarError(sentence)


def _at_line(message: str, text: str, line: int, column: int) -> GrammarError:
    if line < 1:  # the end of the text
        return error_at(f"{message}: the text ends too soon", text, (len(text), len(text)))
    start = sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + max(column, 1) - 1
    start = min(start, len(text))
    return error_at(message, text, (start, start + 1))
