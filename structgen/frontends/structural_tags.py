"""Free text in which some words open a tag, whose content is constrained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from structgen import regular
from structgen.errors import GrammarError
from structgen.frontends.special_token import SpecialToken
from structgen.grammar import (
    Alternatives,
    ContextFreeGrammar,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    SourceCall,
    Terminal,
    build,
    expression_of,
)
from structgen.grammar import Sequence as InRow
from structgen.regular import ANY, Language

__all__ = ["Tag", "structural_tags"]


@dataclass(frozen=True)
class Tag:
    """A region of constrained text, such as a call of a tool.

    Attributes:
        begin: The text that opens it, or a special token.
        content: What is in it: any structgen grammar (`json_schema(...)`, `lark(...)`, ...).
        end: The text that closes it, or a special token; "" where the content says itself where it
            ends.
    """

    begin: str | SpecialToken
    content: Any
    end: str | SpecialToken = ""


def structural_tags(
    tags: Iterable[Tag],
    *,
    triggers: Sequence[str | SpecialToken] | None = None,
    least: int = 0,
    most: int | None = None,
    free_text: bool = True,
    thinking: tuple[str | SpecialToken, str | SpecialToken] | None = None,
) -> ContextFreeGrammar:
    """Free text, in which a trigger opens a tag.

    Once a trigger has been written, one of the tags that begin with it must follow, from its first
    character to its end; then the text is free again. A trigger never stands in the free text
    otherwise; nor does any special token.

    Args:
        tags: The tags that may occur.
        triggers: The beginnings of tags that must not occur otherwise; by default, each tag's
            whole `begin`.
        least: How many tags there must be.
        most: How many tags there may be; None: any number. After the last one no trigger may come.
        free_text: Whether there may be text before, between and after the tags. Without it, the
            text is made of tags only; with `least=1, most=1` too, it is exactly one tag.
        thinking: (opening, closing): the text begins with `opening` and anything up to the first
            `closing`; only after that do the tags matter.

    Raises:
        GrammarError: There is no tag, a text is empty, a tag begins with no trigger, or a trigger
            with no tag.
        TypeError: A tag's content is no grammar.
        ValueError: `most` is less than `least`, or `least` is negative.

    Example:
        >>> import structgen as sg
        >>> tool = Tag("<sum>", sg.regex("[0-9]+,[0-9]+"), "</sum>")
        >>> vocabulary = sg.Vocabulary([bytes([b]) for b in range(128)], eos_token_ids=[])
        >>> matcher = sg.compile(structural_tags([tool]), vocabulary).matcher()
        >>> matcher.accept_bytes(b"I add: <sum>1,"), matcher.accept_bytes(b"x")
        (True, False)
        >>> matcher.accept_bytes(b"2</sum> Done."), matcher.is_accepting
        (True, True)
    """
    tags = list(tags)
    begins = list(dict.fromkeys(tag.begin for tag in tags))
    openings = begins if triggers is None else list(dict.fromkeys(triggers))
    _check(tags, openings, thinking)
    if least < 0 or (most is not None and most < least):
        raise ValueError(f"least and most must be 0 <= least <= most, not {least} and {most}")
    rules = {
        f"tag {number}": Rule(f"tag {number}", _after_begin(tag))
        for number, tag in enumerate(tags, 1)
    }
    calls: list[Expression] = []
    words = regular.union(regular.text(each) for each in openings if isinstance(each, str))
    without_words = Terminal(~(ANY + words + ANY), "...")
    for opening in openings:
        options = [
            InRow((_after(opening, tag.begin), Reference(name)))
            for tag, name in zip(tags, rules, strict=True)
            if _begins_with(tag.begin, opening)
        ]
        before: Expression = _read(opening)
        if free_text and isinstance(opening, str):
            language = _first(words, regular.text(opening))
            if language.is_empty():  # a shorter trigger always comes first, and has its tags
                continue
            before = Terminal(language, f"...{opening}")
        elif free_text:
            before = InRow((without_words, before))
        calls.append(InRow((before, Alternatives(tuple(options)))))
    body: list[Expression] = []
    if thinking is not None:
        body.append(_read(thinking[0]))
        if isinstance(thinking[1], str):
            closing = regular.text(thinking[1])
            body.append(Terminal(_first(closing, closing), f"...{thinking[1]}"))
        else:
            body += [Terminal(ANY, "..."), _read(thinking[1])]
    body.append(Repetition(Alternatives(tuple(calls)), least, most))
    if free_text:
        body.append(without_words)
    rules["text"] = Rule("text", InRow(tuple(body)))
    grammar = build(rules, "text")
    grammar.source = SourceCall(
        "structural_tags",
        {
            "tags": tags,
            "triggers": None if triggers is None else list(triggers),
            "least": least,
            "most": most,
            "free_text": free_text,
            "thinking": None if thinking is None else list(thinking),
        },
    )
    return grammar


def _check(
    tags: list[Tag],
    openings: list[str | SpecialToken],
    thinking: tuple[str | SpecialToken, str | SpecialToken] | None,
) -> None:
    if not tags:
        raise GrammarError("structural_tags needs at least one tag")
    if not all(openings) or not all(tag.begin for tag in tags):
        raise GrammarError("A trigger and the beginning of a tag must not be empty")
    if thinking is not None and not all(thinking):
        raise GrammarError("The texts around thinking must not be empty")
    for tag in tags:
        if not any(_begins_with(tag.begin, opening) for opening in openings):
            raise GrammarError(f"The tag {tag.begin!r} begins with no trigger: add one for it")
    for opening in openings:
        if not any(_begins_with(tag.begin, opening) for tag in tags):
            raise GrammarError(f"No tag begins with the trigger {opening!r}")


def _after_begin(tag: Tag) -> Expression:
    content = expression_of(tag.content)
    return InRow((content, _read(tag.end)))


def _read(part: str | SpecialToken) -> Expression:
    return Literal(part) if isinstance(part, str) else part.expression


def _begins_with(begin: str | SpecialToken, opening: str | SpecialToken) -> bool:
    if isinstance(begin, str) and isinstance(opening, str):
        return begin.startswith(opening)
    return begin == opening


def _after(opening: str | SpecialToken, begin: str | SpecialToken) -> Literal:
    """What is left of the beginning of a tag once its trigger has been read."""
    if isinstance(begin, str) and isinstance(opening, str):
        return Literal(begin.removeprefix(opening))
    return Literal("")


def _first(words: Language, word: Language) -> Language:
    """Texts that end in `word` and hold no other of `words` that ends before."""
    return (ANY + word) - (ANY + words + regular.length(1))
