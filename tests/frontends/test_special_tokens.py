"""Special tokens in grammars: read as tokens, never as text."""

import re
from pathlib import Path

import numpy as np
import pytest

import structgen as sg
from structgen.inspect_mask import inspect_mask
from structgen.vocabulary import special_spelling
from tests.vocabulary.test_readers import package_files

NAMES = {"<|tool|>": 256, "<|end|>": 257, "<think>": 258, "</think>": 259, "<|eos|>": 260}
VOCABULARY = sg.Vocabulary(
    [bytes([byte]) for byte in range(256)] + [b""] * 5 + [b"to", b"<|tool|>", b"a\xff"],
    eos_token_ids=[260],
    special_tokens=NAMES,
)
TOOL, END, THINK, THOUGHT = 256, 257, 258, 259


def allowed(matcher: sg.Matcher) -> set[int]:
    row = sg.allocate_bitmask(1, matcher.compiled.vocabulary.size)[0]
    matcher.fill_bitmask(row)
    found = set(sg.allowed_tokens(row).tolist())
    for token in range(matcher.compiled.vocabulary.size):
        assert matcher.fork().accept_token(token) == (token in found), token
    return found


def tokens_of(text: str) -> list[int]:
    """Bytes, and special tokens by their names."""
    names = "|".join(map(re.escape, NAMES))
    parts = re.split(f"({names})", text)
    return [t for part in parts for t in ([NAMES[part]] if part in NAMES else part.encode())]


CALL = r"""
    start: <|tool|> NAME (<|tool|> | <[257]>) tail?
    tail: <[256-257]> NAME
    NAME: /[a-z]+/
"""


def test_a_rule_reads_special_tokens_and_no_text_that_looks_like_them() -> None:
    matcher = sg.compile(sg.lark(CALL), VOCABULARY).matcher()
    assert allowed(matcher) == {TOOL}
    assert not matcher.accept_bytes(b"<|tool|>")
    assert matcher.forced_tokens() == [TOOL]
    assert matcher.accept_token(TOOL)
    assert allowed(matcher) == {*b"abcdefghijklmnopqrstuvwxyz", 261}
    assert matcher.accept_tokens([261, END]) == 2
    assert allowed(matcher) == {TOOL, END, 260}
    matcher.rollback(1)
    assert allowed(matcher) == {*b"abcdefghijklmnopqrstuvwxyz", 261, TOOL, END}
    assert matcher.shortest_completion() in (special_spelling(TOOL), special_spelling(END))
    assert matcher.accept_bytes(matcher.shortest_completion()) and matcher.is_accepting


@pytest.mark.parametrize(
    "source",
    [
        sg.json_schema({"type": "object"}),
        sg.regex(r"[\s\S]*"),
        sg.substring("a<|tool|>b"),
        sg.ebnf("root ::= [^a]*"),
        sg.lark('start: /[^"]+/'),
        sg.structural_tags([sg.Tag("<f>", sg.regex("[0-9]+"), "</f>")]),
    ],
    ids=["json", "regex", "substring", "ebnf", "lark", "tags"],
)
def test_no_other_grammar_allows_them(source: sg.Grammar) -> None:
    matcher = sg.compile(source, VOCABULARY).matcher()
    for data in (b"", b'{"a": "', b"a", "é".encode()[:1]):
        found = matcher.fork()
        if found.accept_bytes(data):
            assert not allowed(found) & {TOOL, END, THINK, THOUGHT, 0xFF, 263}


def test_tags_may_be_special_tokens() -> None:
    number = sg.regex("[0-9]+")
    tool, end = sg.special_token("<|tool|>"), sg.special_token(257)
    thinking = (sg.special_token("<think>"), sg.special_token("</think>"))
    grammar = sg.structural_tags([sg.Tag(tool, number, end)], thinking=thinking, most=1)
    compiled = sg.compile(grammar, VOCABULARY)

    def accepts(text: str) -> bool:
        matcher = compiled.matcher()
        tokens = tokens_of(text)
        return matcher.accept_tokens(tokens) == len(tokens) and matcher.is_accepting

    assert accepts("<think>so <b></think>Hello <|tool|>12<|end|> bye")
    assert accepts("<think></think>plain")
    assert not accepts("plain")
    assert not accepts("<think></think><|tool|>x")
    assert not accepts("<think></think><|tool|>1<|end|><|tool|>1<|end|>")
    assert not accepts("<think><|tool|>")
    mixed = sg.structural_tags([sg.Tag("<f>", number, end), sg.Tag(tool, number)], least=1)
    matcher = sg.compile(mixed, VOCABULARY).matcher()
    assert matcher.accept_tokens(tokens_of("a <f>7")) == 6 and END in allowed(matcher)


@pytest.mark.parametrize(
    "token, sentence",
    [
        ("<|none|>", "no special token named '<|none|>'"),
        ("<|eos|>", "ends a sequence"),
        (97, "Token 97 is no special token but the text b'a'"),
        (9999, "Token 9999 is out of range"),
        (-1, "Token -1 is out of range"),
    ],
)
def test_what_is_no_special_token_is_refused_when_it_is_compiled(
    token: str | int, sentence: str
) -> None:
    within = sg.structural_tags([sg.Tag("<f>", sg.special_token(token), "")])
    for source in (sg.special_token(token), within):
        with pytest.raises(sg.VocabularyError, match=re.escape(sentence)):
            sg.compile(source, VOCABULARY)


@pytest.mark.parametrize(
    "text", ["start: <[1-]>", "start: <[x]>", "start: <[9-1]>", "start: <[*]>"]
)
def test_ranges_that_are_none_are_shown(text: str) -> None:
    with pytest.raises(sg.GrammarError, match="special tokens|no id"):
        sg.lark(text)


def test_gbnf_names_them_too() -> None:
    grammar = sg.gbnf('root ::= <think> [^<]* </think> ("a" | <[256]>)*')
    matcher = sg.compile(grammar, VOCABULARY).matcher()
    assert allowed(matcher) == {THINK}
    assert matcher.accept_tokens([THINK, 261, THOUGHT, TOOL]) == 4
    assert allowed(matcher) == {97, TOOL, 260}
    for text in ("root ::= !<think>", "root ::= <think", "root ::= <[a]>"):
        with pytest.raises(sg.GrammarError, match="token"):
            sg.gbnf(text)


def test_a_lexer_reads_no_special_token() -> None:
    with pytest.raises(sg.GrammarError, match="lexer"):
        sg.lark(CALL, lexer="basic")


def test_trees_and_saved_grammars_know_them(tmp_path: Path) -> None:
    compiled = sg.compile(
        sg.structural_tags([sg.Tag(sg.special_token("<|tool|>"), sg.lark(CALL), "")]), VOCABULARY
    )
    rows = sg.allocate_bitmask(4, VOCABULARY.size)
    places = compiled.matcher().fill_tree([TOOL, END, 0xFF], [-1, -1, -1], rows)
    assert [place >= 0 for place in places] == [True, False, False]
    compiled.save(tmp_path / "saved")
    again = sg.load(tmp_path / "saved", VOCABULARY)
    for tokens in ([], [TOOL], [TOOL, TOOL], [TOOL, TOOL, 97, END]):
        one, other = compiled.matcher(), again.matcher()
        assert one.accept_tokens(tokens) == other.accept_tokens(tokens) == len(tokens)
        assert allowed(one) == allowed(other)
    renamed = sg.Vocabulary(
        VOCABULARY.tokens, eos_token_ids=[260], special_tokens={**NAMES, "<|tool|>": 257}
    )
    with pytest.raises(sg.VocabularyError, match="another vocabulary"):
        sg.load(tmp_path / "saved", renamed)


def test_reports_name_them() -> None:
    report = inspect_mask(sg.compile(sg.lark(CALL), VOCABULARY), b"")
    assert report.forced == b"<|tool|>"
    assert [(group.begins, group.examples) for group in report.groups] == [
        ("a special token", (b"<|tool|>",))
    ]
    assert report.groups[0].witness in (b"<|tool|>a<|tool|>", b"<|tool|>a<|end|>")


def test_llama_reads_its_own_header() -> None:
    """The names and ids of a real tokenizer, and the masks of the rest unchanged."""
    names = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    special = {name: 128_006 + number for number, name in zip((0, 1, 3), names, strict=True)}
    path = next(p for p in package_files("llama_models", "tokenizer.model") if "llama3" in str(p))
    vocabulary = sg.Vocabulary.from_tiktoken(path, special_tokens=special, eos_token_ids=[128_001])
    grammar = sg.lark(r"""
        start: <|start_header_id|> ("user" | "ipython") <|end_header_id|> "\n\n" TEXT <|eot_id|>
        TEXT: /[^\n]+/
    """)
    matcher = sg.compile(grammar, vocabulary).matcher()
    row = sg.allocate_bitmask(1, vocabulary.size)[0]

    def ids() -> list[int]:
        matcher.fill_bitmask(row)
        return sg.allowed_tokens(row).tolist()

    assert ids() == [128_006] and matcher.accept_token(128_006)
    assert {vocabulary.tokens[token] for token in ids()} >= {b"user", b"ip", b"i"}
    assert matcher.accept_bytes(b"user")
    assert matcher.forced_tokens()[0] == 128_007
    assert matcher.accept_token(128_007) and matcher.accept_bytes(b"\n\nHi")
    text = [token for token in ids() if token != 128_009]
    plain = sg.compile(sg.lark(r'start: /[^\n]*/ "\n"'), vocabulary).matcher()
    assert plain.accept_bytes(b"Hi")
    other = sg.allocate_bitmask(1, vocabulary.size)[0]
    plain.fill_bitmask(other)
    plain_ids = sg.allowed_tokens(other)
    ends = [token for token in plain_ids.tolist() if vocabulary.tokens[token].endswith(b"\n")]
    assert text == np.setdiff1d(plain_ids, ends).tolist()
    assert 128_009 in ids()
