"""The constructor's checks, and the trie."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from structgen.errors import VocabularyError
from structgen.vocabulary import TokenTrie, Vocabulary


def test_constructor() -> None:
    vocabulary = Vocabulary([b"a", b"", b"a", b"</s>"], eos_token_ids=[3, 3], special_token_ids=[1])
    assert vocabulary.eos_token_ids == (3,)
    assert vocabulary.tokens == (b"a", b"", b"a", b"")
    assert vocabulary.trie.chain.tolist() == [2, -1, -1, -1]
    assert (vocabulary.size, vocabulary.max_token_bytes) == (4, 1)
    assert vocabulary.token_offsets.tolist() == [0, 1, 1, 2, 2]
    assert vocabulary.token_blob.tobytes() == b"aa"
    several = Vocabulary([b"a", b"", b"\xf0"], eos_token_ids=np.array([1, 2]))
    assert several.eos_token_ids == (1, 2)
    assert Vocabulary([b"a"], eos_token_ids=[]).eos_token_ids == ()


@pytest.mark.parametrize(
    "tokens, eos, special, error, message",
    [
        ([b"a"], [1], (), VocabularyError, "1 is out of range: the vocabulary has 1 tokens"),
        ([b"a"], [], [-1], VocabularyError, "-1 is out of range"),
        ([b"a"], [0], (), VocabularyError, "at least one token with text"),
        ([], [], (), VocabularyError, "at least one token with text"),
        ([b"a", "b"], [], (), TypeError, "Token 1 must be bytes, not str"),
        ([b"a"], 0, (), TypeError, "eos_token_ids must be a collection of integers, not int"),
        ([b"a"], None, (), TypeError, "eos_token_ids must be a collection"),
        ([b"a"], "0", (), TypeError, "eos_token_ids must be a collection"),
        ([b"a"], [], [0.5], TypeError, "special_token_ids holds 0.5, which is not an integer"),
    ],
)
def test_constructor_refuses(
    tokens: Any, eos: Any, special: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Vocabulary(tokens, eos_token_ids=eos, special_token_ids=special)


@pytest.mark.parametrize("token", [-1, 2])
def test_token_bytes_refuses(token: int) -> None:
    with pytest.raises(ValueError, match="out of range: the vocabulary has 2 tokens"):
        Vocabulary([b"a", b"b"], eos_token_ids=[]).token_bytes(token)


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
