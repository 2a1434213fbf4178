"""Where speculation under a grammar has gone wrong elsewhere, and the law of what it gives."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

import structgen as sg
from structgen.decoding.sampling import Sampling, probabilities
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.decoding.speculation.masks import tree_masks
from structgen.decoding.speculation.tree import DraftTree
from structgen.matcher import Matcher
from tests.decoding.speculation.test_equality import _Letters, check, some_logits
from tests.fakes import EOS, VOCABULARY, TreeBackend, TreeSession, tree_generator


class Script:
    """Proposes a text token by token, whatever the model takes; or always the same guess."""

    name = "script"

    def __init__(self, tokens: Sequence[int] = (), guess: Guess = ()) -> None:
        self.tokens = tokens
        self.guess = guess

    def begin(self, prompt: Sequence[int]) -> None: ...

    def propose(self, point: Point) -> Guess:
        if self.guess:
            return self.guess
        left = self.tokens[point.answered :]
        return [(left[0], 0.9)] if left else []

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None: ...


# --- The law, end to end --------------------------------------------------------------------------


def texts(matcher: Matcher, session: TreeSession, length: int) -> dict[tuple[int, ...], float]:
    """The chance of each answer of one-by-one decoding, every token the model's choice."""
    if matcher.is_accepting and not matcher.next_bytes():
        return {(): 1.0}
    row = sg.allocate_bitmask(1, VOCABULARY.size)[0]
    matcher.fill_bitmask(row)
    allowed = sg.allowed_tokens(row).tolist()
    logits = torch.full((1, VOCABULARY.size), -math.inf)
    logits[0, allowed] = session.row(length)[allowed]
    chances = probabilities(logits, Sampling(1.0))[0]
    found: dict[tuple[int, ...], float] = {}
    for token in allowed:
        if token == EOS:
            found[()] = float(chances[token])
            continue
        after = matcher.fork()
        assert after.accept_token(token)
        for rest, chance in texts(after, session, length + 1).items():
            found[token, *rest] = float(chances[token]) * chance
    return found


A, B, ONE = (VOCABULARY.tokens.index(text) for text in (b"a", b"b", b"1"))


@pytest.mark.parametrize("verifier", ["match", "rejection"])
@pytest.mark.parametrize(
    "guess",
    [
        ((A, 0.5), (B, 0.3), (ONE, 0.2)),  # every legal token may be drafted: nothing is left
        ((B, 0.99),),
        ((A, 0.001), (ONE, 0.6)),
    ],
)
def test_the_law_of_the_text(verifier: Any, guess: Guess) -> None:
    logits = some_logits(2) / 4
    made, _ = tree_generator(logits)
    compiled = made.compile(sg.regex("[ab1]{1,2}"))
    expected = texts(compiled.matcher(), TreeSession(logits), 1)
    assert sum(expected.values()) == pytest.approx(1.0)
    speculation = sg.Speculation(
        drafters=(Script(guess=guess),), verifier=verifier, nodes=6, most_children=3
    )
    draws = 300
    counts: Counter[tuple[int, ...]] = Counter()
    accepted = 0
    for seed in range(draws):
        result = made.generate(
            "p", grammar=compiled, temperature=1.0, seed=seed, fast_forward=False,
            speculation=speculation,
        )  # fmt: skip
        counts[tuple(result.tokens)] += 1
        accepted += result.stats.drafts.accepted
    assert accepted and counts.keys() <= expected.keys()
    distance = sum(
        (counts[text] - draws * chance) ** 2 / (draws * chance) for text, chance in expected.items()
    )
    freedom = len(expected) - 1
    assert distance < freedom + 5 * math.sqrt(2 * freedom)


# --- Traps ----------------------------------------------------------------------------------------


def test_a_draft_after_which_no_token_can_come() -> None:
    """The node's mask is empty; the text goes elsewhere."""
    vocabulary = sg.Vocabulary([b"a", b"b", b""], eos_token_ids=[2])
    made = sg.Generator.from_backend(
        TreeBackend(torch.tensor([0.0, 9.0, 0.0])), _Letters(), vocabulary
    )
    for verifier in ("match", "rejection", "typical"):
        for temperature in (0.0, 0.1):
            speculation = sg.Speculation(drafters=(Script([0, 0, 0]),), verifier=verifier, nodes=4)
            result = made.generate(
                "p", grammar=sg.regex("a{3}c|b"), temperature=temperature, seed=1,
                fast_forward=False, speculation=speculation,
            )  # fmt: skip
            assert result.text == "b"


@pytest.mark.parametrize("boost", [4.0, 8.0, 12.0])
@pytest.mark.parametrize("fast_forward", [False, True])
def test_the_end_comes_inside_a_block(boost: float, fast_forward: bool) -> None:
    logits = torch.zeros(VOCABULARY.size)
    logits[A], logits[B], logits[EOS] = 14.0, 14.0, boost
    made, _ = tree_generator(logits)
    script = Script([A, B] * 15)
    speculation = sg.Speculation(drafters=(script,), nodes=12)
    for mode in ({"temperature": 0.0}, {"temperature": 4.0, "seed": 2}):
        found = check(
            made, sg.regex("(ab)*"), speculation, fast_forward=fast_forward,
            max_new_tokens=20, **mode,
        )  # fmt: skip
        assert found.stats.drafts is not None and found.stats.drafts.accepted > 0
        assert EOS not in found.tokens
        assert found.text == "ab" * (len(found.text) // 2)


@pytest.mark.parametrize("fast_forward", [False, True])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_constraint_that_begins_inside_a_block(temperature: float, fast_forward: bool) -> None:
    """Thinking is free text; where it ends, in the middle of what was drafted, a tag must come."""
    tag = sg.Tag("<a>", sg.json_schema({"enum": [12, True]}), "</a>")
    grammar = sg.structural_tags([tag], least=1, most=1, free_text=False, thinking=("<", ">"))
    text = b"<b><a>true</a>"
    tokens = [VOCABULARY.tokens.index(bytes([byte])) for byte in text]
    logits = torch.zeros(VOCABULARY.size)
    logits[tokens] = 9.0
    logits[[tokens[2], tokens[6]]] = 12.0  # thinking ends soon, and "true" is liked better
    made, _ = tree_generator(logits)
    for drafted in (tokens, tokens[:1] + tokens[2:]):
        speculation = sg.Speculation(drafters=(Script(drafted),), nodes=16)
        found = check(
            made, grammar, speculation, fast_forward=fast_forward, temperature=temperature
        )
        assert found.text.endswith(("><a>12</a>", "><a>true</a>"))
    assert temperature or fast_forward or found.stats.forward_passes <= 2  # one block held it all


def test_masks_along_a_tree_leave_the_matcher_where_it_was() -> None:
    compiled = sg.compile(sg.regex("(ab)*"), VOCABULARY)
    matcher = compiled.matcher()
    rows = sg.allocate_bitmask(6, VOCABULARY.size)
    tree = DraftTree([A, B, EOS, A, B], [-1, 0, 1, 2, -1])  # after the end, and illegal at once
    before = matcher.place
    masks = tree_masks(matcher, tree, rows)
    assert masks.nodes == [0, 1, 2]
    assert matcher.place == before and not matcher.is_terminated
    walker = matcher.fork()
    for row, token in enumerate([A, B]):
        assert walker.accept_token(token)
        alone = sg.allocate_bitmask(1, VOCABULARY.size)[0]
        walker.fill_bitmask(alone)
        assert np.array_equal(masks.bitmask[row + 1], alone)


@pytest.mark.parametrize(
    ("tokens", "parents", "message"),
    [
        ([1, 2], [-1], "a parent for each token"),
        ([1, 2], [1, -1], "parents come before"),
        ([1], [0], "parents come before"),
        ([1, 2, 3], [-1, 2, 1], "parents come before"),
        ([1], [-2], "parents come before"),
        ([-1], [-1], "has token -1"),
        ([1, 1], [-1, -1], "same parent and the same token"),
    ],
)
def test_malformed_trees(tokens: list[int], parents: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DraftTree(tokens, parents)
