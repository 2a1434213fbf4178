"""A store finds what a search from each place would find; judges prune what it says."""

from __future__ import annotations

import random
from collections import Counter

import pytest

import structgen as sg
from structgen.decoding.speculation.drafters.protocol import CONTEXT_TOKENS, Point
from structgen.decoding.speculation.drafters.retrieval import Datastore, Retrieval
from tests.fakes import VOCABULARY, tree_generator


def searched(texts: list[list[int]], context: list[int]) -> tuple[int, Counter[int | None]]:
    """The longest end of a context that occurs, and what came after it (None: a text's end)."""
    for length in range(min(len(context), CONTEXT_TOKENS), 0, -1):
        wanted = context[-length:]
        found = Counter(
            text[place + length] if place + length < len(text) else None
            for text in texts
            for place in range(len(text) - length + 1)
            if text[place : place + length] == wanted
        )
        if found:
            return length, found
    return 0, Counter()


@pytest.mark.parametrize("seed", range(20))
def test_a_store_finds_the_longest_end(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice([2, 4, 9])
    texts = [[rng.randrange(size) for _ in range(rng.randint(0, 30))] for _ in range(9)]
    store = Datastore(texts)
    assert len(store) == sum(map(len, texts))
    for _ in range(40):
        context = [rng.randrange(size) for _ in range(rng.randint(0, 20))]
        if rng.random() < 0.5:
            text = rng.choice(texts)
            context += text[: rng.randint(0, len(text))]
        length, expected = searched(texts, context)
        found_length, found = store.after(context)
        if length < 2:
            assert (found_length, list(found)) == (0, [])
            continue
        total = expected.total()
        shares = {token: count / total for token, count in expected.items() if token is not None}
        assert found_length == length
        assert all(shares[token] == pytest.approx(share) for token, share in found)
        assert len(found) == min(8, len(shares))


def test_judges_prune() -> None:
    matcher = sg.compile(sg.regex("[a-z]*"), VOCABULARY).matcher()
    drafter = Retrieval(Datastore([[1, 2, 3], [1, 2, 4], [1, 2, 4]]))
    point = Point((1, 2), 0, matcher)
    assert [token for token, _ in drafter.propose(point)] == [4, 3]
    point.said["trigrams"] = [(9, 0.5)]
    assert [token for token, _ in drafter.propose(point)] == [4, 3], "no distribution"
    point.said["hydra"] = [(3, 0.2)]
    point.said["exit"] = ()
    assert [token for token, _ in drafter.propose(point)] == [3]


def test_a_store_of_earlier_answers() -> None:
    made, _ = tree_generator()
    schema = {"enum": ["name is na", "name is ab"]}
    plain = made.generate("p", schema=schema, fast_forward=False)
    speculation = sg.Speculation(drafters=(Retrieval(Datastore([plain.tokens])),), nodes=8)
    found = made.generate("p", schema=schema, fast_forward=False, speculation=speculation)
    assert found.tokens == plain.tokens
    assert found.stats.forward_passes < plain.stats.forward_passes
    with pytest.raises(sg.GenerationError, match="Datastore"):
        made.generate("p", schema=schema, speculation=sg.Speculation(drafters=("retrieval",)))
