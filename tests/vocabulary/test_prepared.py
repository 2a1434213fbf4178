"""Vocabularies on disk: the same as read, never damaged, never in the way."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from structgen.vocabulary import Vocabulary, prepared
from structgen.vocabulary.huggingface import _identity
from tests.vocabulary.test_refusals import byte_level

RANKS = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"abc": 258}


def read(**options: int) -> Vocabulary:
    return Vocabulary.from_tiktoken(RANKS, eos_token_ids=[257], **options)  # type: ignore[arg-type]


def check(found: Vocabulary, expected: Vocabulary) -> None:
    assert found.fingerprint == expected.fingerprint
    assert found.tokens == expected.tokens
    assert found.eos_token_ids == expected.eos_token_ids
    assert found.special_token_ids == expected.special_token_ids
    assert np.array_equal(found.trie.nodes, expected.trie.nodes)
    assert np.array_equal(found.trie.chain, expected.trie.chain)


def files(cache: Path) -> list[Path]:
    return sorted((cache / "vocabularies").iterdir())


def test_second_reading_comes_from_disk(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read()
    assert len(files(cache)) == 1
    monkeypatch.setattr(Vocabulary, "__init__", None)  # what is on disk needs no constructor
    check(read(), first)


def test_other_options_are_another_file(cache: Path) -> None:
    assert (read().size, read(size=300).size, read().size) == (259, 300, 259)
    assert len(files(cache)) == 2


def test_another_tokenizer_is_another_file(cache: Path) -> None:
    """Whatever may change a token's bytes or whether it is read; merges do not."""

    def change(**parts: object) -> Tokenizer:
        tokenizer = byte_level()
        for name, part in parts.items():
            setattr(tokenizer, name, part)
        return tokenizer

    def added(special: bool) -> Tokenizer:
        tokenizer = byte_level()
        tokenizer.add_tokens([AddedToken("<x>", special=special)])
        return tokenizer

    letters = byte_level().get_vocab()
    swapped = letters | {"a": letters["b"], "b": letters["a"]}
    left_out = {text: token + (token > 5) for text, token in letters.items()}
    spaced = {" a" if text == "a" else text: token for text, token in letters.items()}
    byte_fallback = decoders.Sequence([decoders.ByteFallback(), decoders.ByteLevel()])
    tokenizers = [
        byte_level(),
        change(model=models.BPE(swapped, [])),
        change(model=models.BPE(left_out, [])),
        change(model=models.BPE(spaced, [])),
        change(model=models.BPE(letters, [], unk_token="a")),
        change(model=models.BPE(letters, [], continuing_subword_prefix="a")),
        change(model=models.BPE(letters, [], end_of_word_suffix="a")),
        change(model=models.Unigram([(text, 0.0) for text in letters])),
        change(normalizer=normalizers.NFC()),
        change(pre_tokenizer=pre_tokenizers.Whitespace()),
        change(decoder=byte_fallback),
        added(True),
        added(False),
    ]
    keys = [b"|".join(_identity(tokenizer)) for tokenizer in tokenizers]
    assert len(set(keys)) == len(tokenizers)
    assert keys[0] == b"|".join(_identity(byte_level()))
    longer = letters | {text: len(letters) + i for i, text in enumerate(("ab", "bc", "abc"))}
    one = change(model=models.BPE(longer, [("a", "b"), ("ab", "c")]))
    two = change(model=models.BPE(longer, [("b", "c"), ("a", "bc")]))
    assert _identity(one) == _identity(two)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ranks"
    path.write_bytes(b"YQ== 0\n")
    assert Vocabulary.from_tiktoken(path, eos_token_ids=[]).tokens == (b"a",)
    path.write_bytes(b"Yg== 0\n")
    os.utime(path, ns=(0, 1))
    assert Vocabulary.from_tiktoken(path, eos_token_ids=[]).tokens == (b"b",)


def test_damage_is_noticed_and_repaired(cache: Path) -> None:
    expected = read()
    (path,) = files(cache)
    whole = path.read_bytes()
    rng = random.Random(0)
    damaged = [whole[:cut] for cut in (0, 1, 16, 47, 48, 49, len(whole) - 1)]
    damaged += [whole + b"\0", b"x" * len(whole)]
    for _ in range(200):
        at = rng.randrange(len(whole))
        damaged.append(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
    for content in damaged:
        path.write_bytes(content)
        assert prepared.load(path) is None
    check(read(), expected)
    assert path.read_bytes() == whole


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    vocabulary = Vocabulary([b"a"], eos_token_ids=[])
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="disk full"):
        prepared.save(vocabulary, folder / "v")
    assert list(folder.iterdir()) == []
    check(read(), read())  # a reader goes on without the file


def test_no_place_for_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path / "file"))
    assert read().size == 259
