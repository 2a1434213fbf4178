"""One request's handle."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch

import structgen as sg

PIECES = [bytes([b]) for b in range(256)]
PIECES += [b'{"', b'": ', b'", "', b'"}', b"name", b"true", b"ull", b"[1", b"12", b', "', b"", b""]
VOCABULARY = sg.Vocabulary(PIECES, eos_token_ids=[len(PIECES) - 1], special_token_ids=[266])
EOS = len(PIECES) - 1
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 4},
        "ok": {"type": "boolean"},
        "n": {"type": "array", "items": {"type": "integer", "maximum": 40}, "maxItems": 3},
    },
    "required": ["name", "ok"],
    "additionalProperties": {"enum": [None, "x"]},
}


def mask_of(matcher: sg.Matcher) -> list[int]:
    row = np.full(9, -1, np.int32)
    matcher.fill_bitmask(row)
    return sg.allowed_tokens(row).tolist()


@pytest.mark.parametrize(
    ("pattern", "length"), [("[a-zA-Z0-9_-]{162}", 162), ("(a|b)*a(a|b){30}", 31), ("(ab)+|b", 1)]
)
def test_a_shortest_completion_is_found_without_looking_at_all_texts(
    pattern: str, length: int
) -> None:
    plain = sg.compile(sg.regex(pattern), VOCABULARY).matcher()
    assert len(plain.shortest_completion()) == length
    schema = {"type": "string", "pattern": f"^({pattern})$"}
    matcher = sg.compile(sg.json_schema(schema), VOCABULARY).matcher()
    assert len(matcher.shortest_completion()) == length + 2


@pytest.mark.parametrize("seed", range(20))
def test_walks_by_the_mask_end_in_valid_instances(seed: int) -> None:
    rng = random.Random(seed)
    matcher = sg.compile(SCHEMA, VOCABULARY).matcher()
    text = b""
    for _ in range(300):
        allowed = mask_of(matcher)
        refused = rng.choice([t for t in range(VOCABULARY.size) if t not in allowed])
        assert not matcher.accept_token(refused)
        if EOS in allowed:
            break
        if len(text) > 60:
            text += matcher.shortest_completion()
            assert matcher.accept_bytes(matcher.shortest_completion())
            break
        token = rng.choice([t for t in allowed if t >= 256] or allowed)
        assert matcher.accept_token(token)
        text += PIECES[token]
    assert matcher.is_accepting
    assert matcher.accept_token(EOS) and matcher.is_terminated
    jsonschema.validate(json.loads(text), SCHEMA)


def test_rollback_fork_and_reset() -> None:
    matcher = sg.compile(SCHEMA, VOCABULARY).matcher()
    masks = [mask_of(matcher)]
    for byte in b'{"name": "a", "ok": tru':
        assert matcher.accept_token(byte)
        masks.append(mask_of(matcher))
    other = matcher.fork()
    assert other.accept_bytes(b"e}") and other.accept_tokens([EOS, 1]) == 1
    assert mask_of(other) == [EOS] and not other.accept_token(1) and other.forced_bytes() == b""
    other.rollback(2)
    assert mask_of(other) == masks[-1]
    for mask in reversed(masks[:-1]):
        matcher.rollback(1)
        assert mask_of(matcher) == mask
    other.reset()
    assert mask_of(other) == masks[0]
    with pytest.raises(ValueError, match="Cannot undo"):
        other.rollback(1)


def test_forced_text() -> None:
    matcher = sg.compile(SCHEMA, VOCABULARY).matcher()
    assert matcher.forced_bytes() == b"{"
    assert matcher.accept_bytes(b'{"n')
    assert matcher.forced_bytes() == b'ame":'
    assert [PIECES[t] for t in matcher.forced_tokens()] == [b"a", b"m", b"e"]
    for token in matcher.forced_tokens():
        assert token in mask_of(matcher) and matcher.accept_token(token)


def test_batches_equal_single_rows() -> None:
    compiled = sg.compile(SCHEMA, VOCABULARY)
    text = b'{"name": "a", "ok": true, "n": [1, 2], "zz": null}'
    matchers = [compiled.matcher() for _ in range(40)]
    for length, matcher in enumerate(matchers):
        assert matcher.accept_bytes(text[:length])
    bitmask = sg.allocate_bitmask(40, VOCABULARY.size)
    sg.fill_bitmasks(matchers, bitmask)
    for matcher, row in zip(matchers, bitmask, strict=True):
        assert sg.allowed_tokens(row).tolist() == mask_of(matcher)
    sg.fill_bitmasks([], sg.allocate_bitmask(0, VOCABULARY.size))


def test_a_completion_may_be_nested_deeply() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(1000):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    matcher = sg.compile(schema, VOCABULARY).matcher()
    assert matcher.shortest_completion() == b'{"a":' * 1000 + b'""' + b"}" * 1000


def test_emptied_tables_change_nothing() -> None:
    compiled = sg.compile(SCHEMA, VOCABULARY)
    matcher = compiled.matcher()
    assert matcher.accept_bytes(b'{"name": "a", "o') and matcher.accept_token(ord("k"))
    before = mask_of(matcher)
    compiled.engine.reset(compiled.engine.generation)
    assert mask_of(matcher) == before
    compiled.engine.reset(compiled.engine.generation)
    assert matcher.accept_bytes(b'":') and compiled.matcher().accept_bytes(b"{")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (np.zeros(8, np.int32), "too narrow"),
        (np.zeros(9, np.int64), "int32"),
        (np.zeros((1, 9), np.int32), "dimension"),
        (np.zeros(18, np.int32)[::2], "contiguous int32 .* with strides"),
        (np.zeros(9, np.int32)[::-1], "contiguous"),
        (np.zeros(9, ">i4"), "int32"),
        (np.zeros(9, np.uint32), "int32"),
        (np.broadcast_to(np.int32(0), (9,)), "contiguous"),
        (np.frombuffer(bytes(36), np.int32), "read-only"),
        ([0] * 9, "numpy array or a torch tensor on the CPU, not list"),
        (None, "not NoneType"),
        (torch.zeros(9, dtype=torch.int64), "int64"),
        (torch.zeros(9, dtype=torch.bfloat16), "not torch.bfloat16 on cpu"),
        (torch.zeros(9, dtype=torch.int32, device="meta"), "not torch.int32 on meta"),
        (torch.zeros(18, dtype=torch.int32)[::2], "contiguous"),
    ],
)
def test_bad_mask_buffers(row: Any, message: str) -> None:
    matcher = sg.compile(True, VOCABULARY).matcher()
    with pytest.raises(ValueError, match=message):
        matcher.fill_bitmask(row)
    if getattr(row, "ndim", 0) == 1 and row.shape[0] == 9:
        with pytest.raises(ValueError, match=message):
            sg.fill_bitmasks([matcher], row[None])


@pytest.mark.parametrize(
    "row",
    [
        torch.zeros(9, dtype=torch.int32),
        np.zeros(12, np.int32),
        np.zeros(37, np.uint8)[1:].view(np.int32),  # not aligned
        np.ma.zeros(9, dtype=np.int32),
    ],
)
def test_other_mask_buffers(row: Any) -> None:
    row[:] = -1
    matcher = sg.compile({"const": 1}, VOCABULARY).matcher()
    matcher.fill_bitmask(row)
    assert sg.allowed_tokens(np.asarray(row)).tolist() == mask_of(matcher)


@pytest.mark.parametrize("make", [int, np.int64, np.uint16, np.array, torch.tensor])
def test_integers_of_every_kind(make: Any) -> None:
    matcher = sg.compile(sg.regex("abc"), VOCABULARY).matcher()
    assert matcher.accept_token(make(97)) and matcher.accept_tokens([make(98), make(99)]) == 2
    matcher.rollback(make(2))
    matcher.compiled.engine.reset(matcher.compiled.engine.generation)
    assert mask_of(matcher) == [98]


@pytest.mark.parametrize("value", [1.0, "1", None, [1], np.float32(1)])
def test_what_is_no_integer(value: Any) -> None:
    matcher = sg.compile({"const": [1]}, VOCABULARY).matcher()
    assert matcher.accept_tokens(b"[1]") == 3 and matcher.accept_token(EOS)
    for action in (matcher.accept_token, matcher.rollback):
        with pytest.raises(TypeError):
            action(value)
    assert matcher.is_terminated


@pytest.mark.parametrize("data", [b"ab", bytearray(b"ab"), memoryview(b"ab")])
def test_text_of_every_kind(data: Any) -> None:
    matcher = sg.compile(sg.regex("abc"), VOCABULARY).matcher()
    assert matcher.accept_bytes(data)
    if isinstance(data, bytearray):
        data[:] = b"xx"  # the caller's, to do with what they like
    matcher.compiled.engine.reset(matcher.compiled.engine.generation)
    for wrong in ("c", 1, None):
        with pytest.raises(TypeError):
            matcher.accept_bytes(wrong)
    assert mask_of(matcher) == [99]


@pytest.mark.parametrize("source", [None, 1, 1.5, [True], ("a",), "{}", b"{}"])
def test_what_is_no_grammar(source: Any) -> None:
    with pytest.raises(TypeError, match="grammar"):
        sg.compile(source, VOCABULARY)


def test_matchers_in_threads() -> None:
    """Requests of one compiled grammar, each in its thread, while tables are emptied."""
    compiled = sg.compile(SCHEMA, VOCABULARY)
    text = b'{"name": "a", "ok": true, "n": [1, 2], "zz": null}'
    alone = compiled.matcher()
    expected = []
    for byte in text:
        expected.append(mask_of(alone))
        assert alone.accept_token(byte)

    def request(number: int) -> list[list[int]]:
        matcher = compiled.matcher()
        masks = []
        for place, byte in enumerate(text):
            if place == number:
                compiled.engine.reset(compiled.engine.generation)
            masks.append(mask_of(matcher))
            assert matcher.accept_token(byte)
        return masks

    with ThreadPoolExecutor(8) as threads:
        for masks in threads.map(request, range(24)):
            assert masks == expected


def test_bad_tokens_and_batches() -> None:
    matcher = sg.compile(True, VOCABULARY).matcher()
    for token in (-1, VOCABULARY.size):
        with pytest.raises(sg.VocabularyError, match="out of range"):
            matcher.accept_token(token)
    assert not matcher.accept_token(266), "a special token is never text"
    assert not matcher.accept_token(EOS)
    other = sg.compile(True, sg.Vocabulary([b"1"], eos_token_ids=[])).matcher()
    with pytest.raises(ValueError, match="different vocabularies"):
        sg.fill_bitmasks([matcher, other], sg.allocate_bitmask(2, VOCABULARY.size))
    with pytest.raises(ValueError, match="rows"):
        sg.fill_bitmasks([matcher], sg.allocate_bitmask(2, VOCABULARY.size))
    with pytest.raises(TypeError, match="Vocabulary"):
        sg.compile(True, [b"a"])  # type: ignore[arg-type]


def test_apply_bitmask() -> None:
    mask = np.array([[0b101, 1], [0, 0]], np.int32)
    for logits in (np.zeros((2, 70), np.float32), torch.zeros(2, 70, dtype=torch.bfloat16)):
        sg.apply_bitmask(logits, mask if isinstance(logits, np.ndarray) else torch.from_numpy(mask))
        finite = np.isfinite(np.asarray(logits.tolist()))
        assert np.flatnonzero(finite[0]).tolist() == [0, 2, 32] and not finite[1].any()
    with pytest.raises(ValueError, match="rows"):
        sg.apply_bitmask(np.zeros((3, 64), np.float32), mask)


def test_public_names() -> None:
    assert sg.__all__ == sorted(sg.__all__, key=lambda name: (not name[0].isupper(), name))
    assert all(getattr(sg, name) is not None for name in sg.__all__)


@pytest.mark.parametrize("seed", range(10))
def test_a_tree_equals_forks(seed: int) -> None:
    rng = random.Random(seed)
    matcher = sg.compile(SCHEMA, VOCABULARY).matcher()
    assert matcher.accept_bytes(rng.choice([b"", b'{"name": "a', b'{"name": "a", "ok": true']))
    tokens: list[int] = []
    parents: list[int] = []
    forks = [matcher]  # of the legal nodes, after the matcher itself
    numbers = [-1]
    for node in range(40):
        chosen = rng.randrange(len(forks))
        allowed = mask_of(forks[chosen])
        token = rng.choice(allowed) if rng.random() < 0.8 else rng.randrange(VOCABULARY.size)
        tokens.append(token)
        parents.append(numbers[chosen])
        fork = forks[chosen].fork()
        if fork.accept_token(token):
            forks.append(fork)
            numbers.append(node)
    rows = np.full((41, 9), -1, np.int32)
    places = matcher.fill_tree(tokens, parents, rows)
    assert np.flatnonzero(places != -1).tolist() == numbers[1:]
    for row, fork in zip(rows, forks, strict=False):
        assert sg.allowed_tokens(row).tolist() == mask_of(fork)


def test_nothing_follows_an_illegal_node_or_the_end() -> None:
    matcher = sg.compile(True, VOCABULARY).matcher()
    assert matcher.accept_bytes(b"1")
    rows = np.zeros((5, 9), np.int32)
    places = matcher.fill_tree([ord("x"), ord("2"), EOS, ord("2")], [-1, 0, -1, 2], rows)
    assert (places != -1).tolist() == [False, False, True, False]
    assert sg.allowed_tokens(rows[1]).tolist() == [EOS]


@pytest.mark.parametrize(
    ("tokens", "parents", "rows", "expected"),
    [
        ([1, 2], [-1, 1], 3, "parent must come before"),
        ([1, 2], [-1, -2], 3, "parent must come before"),
        ([1, 2], [-1], 3, "one row more"),
        ([1, 2], [-1, 0], 2, "one row more"),
        ([1, 999], [-1, 0], 3, "out of range"),
    ],
)
def test_bad_trees(tokens: list[int], parents: list[int], rows: int, expected: str) -> None:
    matcher = sg.compile(True, VOCABULARY).matcher()
    with pytest.raises((ValueError, sg.VocabularyError), match=expected):
        matcher.fill_tree(tokens, parents, np.zeros((rows, 9), np.int32))


def test_nothing_after_the_end_is_a_step_too() -> None:
    vocabulary = sg.Vocabulary([b"a", b""], eos_token_ids=[1])
    matcher = sg.compile(sg.regex("a"), vocabulary).matcher()
    assert matcher.accept_tokens([0, 1]) == 2
    assert matcher.accept_bytes(b"") and not matcher.accept_bytes(b"a")
    matcher.rollback(1)
    assert matcher.is_terminated
    matcher.rollback(1)
    assert not matcher.is_terminated and matcher.accept_token(1)
