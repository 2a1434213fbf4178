"""What tokens can spell: no mask leads where no token can go on."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import structgen as sg


def vocabulary(missing: Iterable[int] = (), longer: Iterable[bytes] = ()) -> sg.Vocabulary:
    """Single bytes but for some, longer tokens, and an end of sequence."""
    kept = [bytes([byte]) for byte in range(256) if byte not in missing]
    return sg.Vocabulary([*kept, *longer, b""], eos_token_ids=[len(kept) + len([*longer])])


def reachable(grammar: sg.Grammar, tokens: sg.Vocabulary, most: int = 6) -> set[bytes]:
    """Every complete text of a few tokens; raises wherever a mask leads into a dead end."""
    row = sg.allocate_bitmask(1, tokens.size)[0]
    found = set()

    def go(matcher: sg.Matcher, text: bytes, left: int) -> None:
        matcher.fill_bitmask(row)
        allowed = sg.allowed_tokens(row).tolist()
        assert allowed
        for token in allowed:
            if token in tokens.eos_token_ids:
                found.add(text)
            elif left:
                other = matcher.fork()
                assert other.accept_token(token)
                go(other, text + tokens.tokens[token], left - 1)

    go(sg.compile(grammar, tokens).matcher(), b"", most)
    return found


@pytest.mark.parametrize(
    ("missing", "longer", "unspelled", "characters"),
    [
        ((), (), set(), [chr(c) for c in (0, 0xFF, 0xFFFF, 0x10FFFF)]),
        ({0x04, 0xF1}, [b"ab"], {0x04, 0xF1}, ["\x03", "\x05", "\U0003ffff", "\U00080000"]),
        (
            {0xC3, 0xE2, 0xF0},
            (),
            {0xC3, 0xE2, 0xF0},
            ["\xbf", "Ā", "\u1fff", "\u3000"],
        ),
        ({0xC0, 0xFF}, (), set(), ["\0"]),  # never in a text
        ({0x61}, [b"ab"], {0x61}, None),
        ({0xA9}, (), {0xA9}, None),
        ({0xC3}, ["é".encode()], {0xC3}, None),
    ],
)
def test_characters(
    missing: set[int], longer: list[bytes], unspelled: set[int], characters: list[str] | None
) -> None:
    found = vocabulary(missing, longer)
    assert found.unspelled_bytes == unspelled
    spans = found.spelled_characters
    if characters is None or spans is None:
        assert spans is characters
        return
    for character in characters:
        assert any(low <= ord(character) <= high for low, high in spans)
    for code in [*range(0x3000), *range(0xE000, 0x110000, 0x1FFF)]:
        if not 0xD800 <= code < 0xE000:
            spelled = not unspelled.intersection(chr(code).encode())
            assert any(low <= code <= high for low, high in spans) == spelled


@pytest.mark.parametrize(
    ("pattern", "missing", "texts"),
    [
        ("a\x04|b", {0x04}, {b"b"}),
        ("a(\x04|b)?c?|a\x04*", {0x04}, {b"a", b"ab", b"ac", b"abc"}),
        ("(a\x04)*b|(ab?\x04)?c", {0x04}, {b"b", b"c"}),
        ("[\x03-\x05]a", {0x04}, {b"\x03a", b"\x05a"}),
        ("a[\U00040000-\U000fffff]?", {0xF1, 0xF2, 0xF3}, {b"a"}),
        ("aé|aï|ab", {0xC3}, {b"ab"}),
        (r"(?!a)[ab]\x04?|(?!a)ac", {0x04}, {b"b"}),
    ],
)
def test_regular_grammars_leave_out_what_no_token_spells(
    pattern: str, missing: set[int], texts: set[bytes]
) -> None:
    assert reachable(sg.regex(pattern), vocabulary(missing, [b"ab", b"bc"])) == texts


def test_a_grammar_without_text_is_refused_at_compile() -> None:
    for grammar in (sg.choice(["\x04", "a\x04"]), sg.regex("[\U00040000-\U00040009]")):
        with pytest.raises(sg.VocabularyError, match="lack the bytes 0x04, 0xF1"):
            sg.compile(grammar, vocabulary({0x04, 0xF1}))


def test_json_strings_are_escaped() -> None:
    tokens = vocabulary({0x04, 0xF1})
    matcher = sg.compile({"const": {"\U00040000": "é\x7f\U00040001"}}, tokens).matcher()
    row = sg.allocate_bitmask(1, tokens.size)[0]
    text = b""
    while not matcher.is_accepting:
        matcher.fill_bitmask(row)
        token = int(sg.allowed_tokens(row)[-1])  # raw where it can be
        assert matcher.accept_token(token)
        text += tokens.tokens[token]
    assert text == rb'{"\ud8c0\udc00":"' + "é\x7f".encode() + rb'\ud8c0\udc01"}'


@pytest.mark.parametrize(
    ("source", "text", "message"),
    [
        (sg.choice(["yes", "no"]), b"ye", "0x73 next"),
        ({"const": 1}, b"", "0x31 next"),
    ],
)
def test_no_mask_is_empty(source: object, text: bytes, message: str) -> None:
    tokens = sg.Vocabulary([b"y", b"yes", b"e", b"no", b""], eos_token_ids=[4])
    matcher = sg.compile(source, tokens).matcher()
    assert matcher.accept_bytes(text)
    rows = sg.allocate_bitmask(2, tokens.size)
    with pytest.raises(sg.VocabularyError, match=message):
        matcher.fill_bitmask(rows[0])
    with pytest.raises(sg.VocabularyError, match=message):
        sg.fill_bitmasks([matcher, matcher], rows)


def test_the_end_of_a_text_without_an_end_of_sequence_is_no_error() -> None:
    tokens = sg.Vocabulary([b"a"], eos_token_ids=[])
    matcher = sg.compile(sg.regex("a"), tokens).matcher()
    assert matcher.accept_token(0)
    rows = sg.allocate_bitmask(1, 1)
    matcher.fill_bitmask(rows[0])
    sg.fill_bitmasks([matcher], rows)
    assert not rows.any()
