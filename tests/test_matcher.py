"""One request's handle."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import numpy as np
import pytest

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
        (np.zeros(18, np.int32)[::2], "contiguous"),
        ([0] * 9, "numpy array or a torch tensor"),
    ],
)
def test_bad_mask_buffers(row: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sg.compile(True, VOCABULARY).matcher().fill_bitmask(row)


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
    import torch

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
