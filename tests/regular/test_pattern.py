"""Patterns against Python's `re`, and the algebra against sets of texts."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.errors import GrammarError, LimitExceededError, UnsatisfiableError
from structgen.regular import ANY, EMPTY, Automaton, Language, length, regex, text

TEXTS = ["".join(t) for n in range(5) for t in itertools.product("ab1\n", repeat=n)]


def accepts(language: Language, value: str) -> bool:
    """By the byte automaton, unlike `Language.matches`."""
    if language.is_empty():
        return False
    automaton = language.automaton()
    state = automaton.start
    for byte in value.encode():
        for low, high, target in automaton.edges(state):
            if low <= byte <= high:
                state = target
                break
        else:
            return False
    return automaton.is_accepting(state)


@pytest.mark.parametrize(
    "pattern",
    [
        "a*b",
        "(a|b)*1",
        "a{2,3}",
        "a{2,}b?",
        "[^a]*",
        "(?:ab|a)(?:b|bb)?",
        "a+?b",
        ".",
        ".*1",
        "(a*)*b",
        "(?P<x>a)b",
        "a(?=b)b",
        "a(?!b).",
        "(?=.*1)a.*",
        "^a$",
        "a$",
        r"a\Z",
        "(^a|b)1",
        r"\w+\s?",
        r"\d\D",
        "[a-b1]{1,2}",
        "a(b(1)?)?",
        "(?:a|b$)",
        "(a?){3}",
        "(?s:.)b",
    ],
)
def test_python_patterns_match_as_re_does(pattern: str) -> None:
    whole, contains = regex(pattern), regex(pattern, search=True)
    for value in TEXTS:
        assert accepts(whole, value) == bool(re.fullmatch(pattern, value)), value
        assert accepts(contains, value) == bool(re.search(pattern, value)), value


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        (r"^\d+$", ["0", "12"], ["", "٣", "1\n"]),
        (r"\bcat\b", ["a cat.", "cat"], ["concat", "cats"]),
        (r"\Bat", ["cat"], ["at", " at"]),
        (r"^[^]$", ["a", "\n"], ["", "ab"]),
        (r"^\u{1F600}\uD83D\uDE00$", ["😀😀"], ["😀"]),
        (r"^\p{Lu}\P{Lu}$", ["Éé"], ["éÉ", "ÉÉ"]),
        (r"^\p{Script=Greek}\p{sc=Cyrl}$", ["αж"], ["жα", "ab"]),
        (r"^\p{scx=Deva}\P{Script_Extensions=Devanagari}$", ["\u0964a"], ["aa", "\u0964\u0964"]),
        (r"^\p{Alphabetic}[\p{Emoji_Presentation}\p{Dash}]$", ["é-", "b😀"], ["--", "bb"]),
        (r"^\p{gc=Nd}\p{Decimal_Number}\p{ASCII}\P{Assigned}$", ["1٣a\u0378"], ["1xa\u0378"]),
        (r"^\x41\cJ\0$", ["A\n\0"], ["A"]),
        (r"^(?<year>\d{4})-\d\d$", ["2026-11"], ["26-11"]),
        (r"^(?!.*--)[a-z-]+$", ["a-b"], ["a--b"]),
        (r"^.{2}$", ["éé", "😀a"], ["é", "a\n"]),
        (r"^a\-b\_\/$", ["a-b_/"], ["a-b_"]),
        (r"^[\w.-]+@[\w-]+\.[a-z]{2,}$", ["x.y@z.org"], ["x@y", "@z.org"]),
        (r"a{,2}", ["a{,2}"], ["aa"]),
        (r"^a{٣}$", ["a{٣}"], ["aaa"]),
        (r"^[^\uD800]\P{Surrogate}$", ["ab"], ["a"]),
        (r"^\s$", ["\ufeff", "\u00a0", "\t"], ["\x1c", "a"]),
    ],
)
def test_ecma_patterns(pattern: str, inside: list[str], outside: list[str]) -> None:
    language = regex(pattern, "ecma", search=True)
    for value in inside:
        assert accepts(language, value) and language.matches(value), value
    for value in outside:
        assert not accepts(language, value) and not language.matches(value), value


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "a**",
        "[a",
        "\\",
        r"(a)\1",
        "(?<=a",
        "a{3,2}",
        r"\p{Nope}",
        r"\p{script=greek}",
        r"\p{alphabetic}",
        r"\p{Alphabetic=Yes}",
        r"\q",
        "*",
        "a{1}{2}",
        "{2}",
        r"\u{1_0}",
        r"\u{}",
        r"\x+1",
        r"\00",
        "(?<=a)*",
    ],
)
def test_malformed_or_unsupported_patterns_say_where(pattern: str) -> None:
    with pytest.raises(GrammarError) as caught:
        regex(pattern, "ecma")
    assert caught.value.span is not None


def test_impossible_and_exploding_patterns() -> None:
    with pytest.raises(UnsatisfiableError):
        regex("a^b").automaton()
    deep = regex("(" * 50 + "a" + ")*" * 50)
    assert deep.matches("aaa")
    counted = regex("(x{1,1000}){1,1000}y").automaton()
    assert len(counted.edges(counted.start)) == 1
    with pytest.raises(LimitExceededError):
        regex("(?:" * 20_000 + "a" + ")" * 20_000, "ecma")


terms = st.recursive(
    st.sampled_from([text("a"), text("b"), text("ab"), length(1, 1), text("")]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        inner.map(lambda term: ~term),
        inner.map(lambda term: term.repeat(0, 2)),
        inner.map(lambda term: term.repeat(1)),
    ),
    max_leaves=6,
)
SHORT = ["".join(t) for n in range(4) for t in itertools.product("ab", repeat=n)]


@settings(max_examples=60, deadline=None)
@given(terms, terms)
def test_the_algebra_is_that_of_sets(first: Language, second: Language) -> None:
    for value in SHORT:
        a, b = accepts(first, value), accepts(second, value)
        assert accepts(first | second, value) == (a or b)
        assert accepts(first & second, value) == (a and b)
        assert accepts(first - second, value) == (a and not b)
        assert accepts(~first, value) == (not a)
        assert first.matches(value) == a
    assert (first & ~first).is_empty()
    assert not (first | ~first).is_empty()


@settings(max_examples=40, deadline=None)
@given(terms)
def test_every_edge_leads_on(term: Language) -> None:
    if term.is_empty():
        return
    automaton = term.automaton()
    reached = [automaton.start]
    for state in reached[:50]:
        edges = automaton.edges(state)
        assert edges or automaton.is_accepting(state)
        assert all(low <= high for low, high, _ in edges)
        assert all(a[1] < b[0] for a, b in itertools.pairwise(edges))
        reached += [target for _, _, target in edges if target not in reached]


def test_equal_terms_are_one_object() -> None:
    assert text("a") | text("b") is not None
    assert (text("a") | text("b")) is (text("b") | text("a"))
    assert ~~text("a") is text("a")
    assert (ANY & text("a")) is text("a")
    assert (text("a") & text("b")) is EMPTY


def test_looking_ahead_for_safe_characters_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (~regex("a{3}b|c{2}", "ecma", search=True)).automaton().live(0) is not None

    def too_far(self: Automaton, language: Language) -> None:
        raise LimitExceededError("too many states", limit="regex_states")

    monkeypatch.setattr(Automaton, "_explored", too_far)
    automaton = (~regex("d{3}e|f{2}", "ecma", search=True)).automaton()
    assert automaton.live(0) is None
    assert automaton.edges(0)
