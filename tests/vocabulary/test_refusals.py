"""What cannot be read byte-exactly is refused in one clear sentence."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from structgen.errors import VocabularyError
from structgen.vocabulary import Vocabulary
from structgen.vocabulary.sentencepiece_model import _check_normalizers
from tests.vocabulary.test_readers import llama_like, package_files


def byte_level() -> Tokenizer:
    letters = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(letters, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def changed(make: Callable[[], Tokenizer], **parts: Any) -> Tokenizer:
    tokenizer = make()
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    return tokenizer


def with_added(content: str) -> Tokenizer:
    tokenizer = byte_level()
    tokenizer.add_tokens([AddedToken(content, special=False)])
    return tokenizer


def metaspace() -> Tokenizer:
    return llama_like(marks_in_normalizer=False)


@pytest.mark.parametrize(
    "make, message",
    [
        (object, "object is no fast tokenizer"),
        (lambda: Tokenizer(models.BPE()), "neither works on bytes nor marks spaces"),
        (lambda: changed(byte_level, normalizer=normalizers.NFKC()), r"normalises text \(NFKC\)"),
        (lambda: changed(byte_level, normalizer=normalizers.Lowercase()), r"text \(Lowercase\)"),
        (lambda: changed(byte_level, normalizer=normalizers.Strip()), r"text \(Strip\)"),
        (lambda: changed(metaspace, normalizer=normalizers.Replace("a", "b")), r"text \(Replace\)"),
        (
            lambda: changed(metaspace, normalizer=normalizers.Replace(Regex(" +"), "▁")),
            r"text \(Replace\)",
        ),
        (lambda: changed(metaspace, normalizer=normalizers.Prepend("x")), r"text \(Prepend\)"),
        (
            lambda: changed(
                byte_level,
                normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.StripAccents()]),
            ),
            r"text \(StripAccents\)",
        ),
        (
            lambda: changed(byte_level, pre_tokenizer=pre_tokenizers.Whitespace()),
            "pre-tokenizer Whitespace may drop text",
        ),
        (
            lambda: changed(byte_level, pre_tokenizer=pre_tokenizers.Split(" ", "removed")),
            "pre-tokenizer Split may drop text",
        ),
        (lambda: Tokenizer(models.WordPiece({"[UNK]": 0})), "WordPiece drops white space"),
        (lambda: changed(byte_level, decoder=decoders.WordPiece()), "WordPiece drops white space"),
        (lambda: changed(byte_level, decoder=decoders.BPEDecoder()), r"rewrites text \(BPEDec"),
        (lambda: changed(metaspace, decoder=decoders.Metaspace("_")), "marks spaces as '_'"),
        (
            lambda: changed(metaspace, decoder=decoders.Strip(" ", 1, 1)),
            r"decoder rewrites text \(Strip\)",
        ),
        (lambda: changed(metaspace, decoder=decoders.ByteLevel()), "byte-level alphabet"),
        (lambda: with_added("é"), "added token 'é' decodes to '�'"),
        (
            lambda: Tokenizer(models.BPE({"a</w>": 0}, [], end_of_word_suffix="</w>")),
            "marks words inside its tokens",
        ),
    ],
)
def test_tokenizer(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(VocabularyError, match=message):
        Vocabulary.from_tokenizer(make())


def test_size_smaller_than_the_tokenizer() -> None:
    with pytest.raises(VocabularyError, match="has 256 ids, the model only 100 logits"):
        Vocabulary.from_tokenizer(byte_level(), size=100)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"YQ== 0\nYg==", "line 2: expected a base64 token and its rank"),
        (b"YQ== 0\n!! 1", "line 2: expected"),
        (b"YQ== 0\nYg== x", "line 2: expected"),
        (b"YQ== 0\nYQ== 1", "line 2: the token b'a' again"),
        (b"YQ== 0\nYg== 0", "not distinct non-negative integers"),
        (b"YQ== 0\nYg== -1", "not distinct non-negative integers"),
        (b"YQ== 99999999999", "beyond what a vocabulary can hold"),
        (b"", "at least one token with text"),
    ],
)
def test_tiktoken_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "ranks"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match=message):
        Vocabulary.from_tiktoken(path, eos_token_ids=[])


def test_tiktoken_source() -> None:
    with pytest.raises(VocabularyError, match="not list"):
        Vocabulary.from_tiktoken([], eos_token_ids=[])
    with pytest.raises(VocabularyError, match="map bytes to integers, not 'a' to 0"):
        Vocabulary.from_tiktoken({"a": 0}, eos_token_ids=[])


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"config": 3, "vocab": []}'])
def test_tekken_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tekken.json"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match="is no tekken file"):
        Vocabulary.from_tekken(path)


def test_tekken_of_sentencepiece() -> None:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    path = package_files("mistral_common", "tokenizer.model.v1")[0]
    with pytest.raises(VocabularyError, match="use Vocabulary.from_sentencepiece"):
        Vocabulary.from_tekken(MistralTokenizer.from_file(str(path)))


@pytest.mark.parametrize(
    "model, message",
    [
        (b"\x1a\x04\x12\x02xx", "normalises text"),  # normalizer_spec with rules
        (b"\x2a\x04\x12\x02xx", "normalises text"),  # denormalizer_spec with rules
        (b"\x1a\x02\x18\x01", "drops repeated spaces"),  # the default where it is not given
        (b"\x1a\x02\x20\x01", "drops repeated spaces"),
        (b"\x1a\x80", "is damaged"),
        (b"\x1f", "is damaged"),
    ],
)
def test_sentencepiece_model(model: bytes, message: str) -> None:
    with pytest.raises(VocabularyError, match=message):
        _check_normalizers(model)
    _check_normalizers(b"\x1a\x02\x20\x00")


def test_sentencepiece_source(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="a SentencePieceProcessor or a path, not dict"):
        Vocabulary.from_sentencepiece({})
    path = tmp_path / "some.model"
    path.write_bytes(b"no model")
    with pytest.raises(VocabularyError, match="Cannot read"):
        Vocabulary.from_sentencepiece(path)


def gguf(**values: Any) -> bytes:
    """A GGUF file without tensors: texts, integers, and lists of these."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def item(value: Any) -> bytes:
        return text(value) if isinstance(value, str) else struct.pack("<I", value)

    data = struct.pack("<4sIQQ", b"GGUF", 3, 0, len(values))
    for key, value in values.items():
        data += text(f"tokenizer.ggml.{key}")
        kind = 8 if isinstance(value[0] if isinstance(value, list) else value, str) else 4
        if isinstance(value, list):
            data += struct.pack("<IIQ", 9, kind, len(value)) + b"".join(map(item, value))
        else:
            data += struct.pack("<I", kind) + item(value)
    return data


def test_gguf_types(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(
        gguf(
            merges=["a b", "c d"],
            model="llama",
            tokens=["<unk>", "</s>", "<0x41>", "<0x42>", "▁a", "▁", "old", "<end>"],
            token_type=[2, 3, 6, 1, 1, 4, 5, 3],
            eos_token_id=1,
            eot_token_id=7,
        )
    )
    vocabulary = Vocabulary.from_gguf(path, size=10)
    assert vocabulary.tokens == (
        *(b"", b"", b"A", b"<0x42>", b" a", "▁".encode(), b"", b"", b"", b""),
    )
    assert vocabulary.eos_token_ids == (1, 7)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is no GGUF file"),
        (b"GGUF", "is no GGUF file"),
        (struct.pack(">4sIQQ", b"GGUF", 3, 0, 0), "is no GGUF file of version 2 or 3 in little"),
        (gguf(model="gpt2", tokens=["a"])[:-1], "or is damaged"),
        (gguf(model="bert", tokens=["a"]), r"can be read exactly \(bert\)"),
        (gguf(model="gpt2"), "holds no tokenizer"),
        (gguf(model="gpt2", tokens=["a"], token_type=[1, 1]), "1 tokens but 2 token types"),
        (gguf(model="gpt2", tokens=[" "]), "not written in the byte-level alphabet"),
        (gguf(model="llama", tokens=["a"], precompiled_charsmap=[1]), "normalises text"),
        (gguf(model="llama", tokens=["a"], eos_token_id=1), "1 is out of range"),
    ],
)
def test_gguf_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match=message):
        Vocabulary.from_gguf(path)


@pytest.mark.parametrize(
    "read",
    [
        Vocabulary.from_gguf,
        Vocabulary.from_tekken,
        Vocabulary.from_sentencepiece,
        lambda path: Vocabulary.from_tiktoken(path, eos_token_ids=[]),
    ],
)
def test_missing_file(read: Callable[[str], Vocabulary]) -> None:
    with pytest.raises(VocabularyError, match="Cannot read /no/such/file"):
        read("/no/such/file")
