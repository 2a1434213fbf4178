"""Drafts never cost much more than one-by-one decoding, whatever passes cost: time is counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import structgen as sg
from structgen.decoding.loop import Request
from structgen.decoding.sampling import Sampling
from structgen.decoding.speculation.controller import Controller
from structgen.decoding.speculation.drafters.protocol import Drafter, Guess, Point, Row
from structgen.decoding.speculation.loop import speculate
from structgen.decoding.speculation.options import Speculation
from structgen.decoding.speculation.running_costs import RunningCosts
from structgen.decoding.speculation.speculator import Speculator
from tests.decoding.speculation.test_equality import some_logits
from tests.fakes import VOCABULARY, TreeSession, generator

MEASURED = {1: 1.0, 2: 1.3, 4: 1.4, 8: 1.5, 16: 1.8, 32: 2.6, 64: 4.4}

Cost = Callable[[int, int], float]  # of a pass, from its number and its tokens


class Clock:
    """Time is what passes and drafts are said to take."""

    def __init__(self, cost: Cost) -> None:
        self.cost = cost
        self.now = 0.0
        self.sizes: list[int] = []

    def __call__(self) -> float:
        return self.now

    def pass_over(self, tokens: int) -> float:
        """The seconds of one more pass, which go by."""
        seconds = self.cost(len(self.sizes), tokens)
        self.sizes.append(tokens)
        self.now += seconds
        return seconds


class TimedSession(TreeSession):
    def __init__(self, clock: Clock) -> None:
        super().__init__(some_logits(3))
        self.clock = clock

    def forward_tree(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]
    ) -> Any:
        self.clock.pass_over(len(text) + len(tokens))
        return super().forward_tree(text, tokens, parents)


class Timed:
    """Proposes what the model will take, or what it will not, and takes its time for it."""

    name = "timed"

    def __init__(self, clock: Clock, right: Sequence[int], seconds: float = 0.0) -> None:
        self.clock, self.right, self.seconds = clock, right, seconds
        self.asked = 0

    def begin(self, prompt: Sequence[int]) -> None: ...

    def propose(self, point: Point) -> Guess:
        self.asked += 1
        self.clock.now += self.seconds
        left = self.right[point.answered :]
        return [(left[0], 0.95)] if left else []

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None: ...


LETTERS = sg.regex("[a-z]{300}")


def plain_tokens(count: int) -> list[int]:
    result: sg.Result = generator(some_logits(3)).generate(
        "p", grammar=LETTERS, max_new_tokens=count, at_limit="complete", fast_forward=False
    )
    return result.tokens


def spent(clock: Clock, drafter: Drafter, count: int) -> float:
    """The time that an answer of so many tokens takes, with the controller."""
    compiled = sg.compile(LETTERS, VOCABULARY)
    request = Request([1, 2], compiled.matcher(), count, 0)
    speculator = Speculator(
        Speculation(drafters=(drafter,)),
        lambda matcher, _: matcher.forced_tokens(),
        False,
        VOCABULARY.size,
        Controller(MEASURED),
        clock,
    )
    for _ in speculate(request, TimedSession(clock), Sampling(0.0), None, speculator):
        pass
    assert request.tokens == plain_tokens(count)
    return clock.now


def as_measured(number: int, tokens: int) -> float:
    sizes = list(MEASURED)
    size = max(size for size in sizes if size <= tokens)
    return MEASURED[size]


WRONG = [VOCABULARY.tokens.index(b"q")] * 300


@pytest.mark.parametrize(
    ("cost", "seconds"),
    [
        (as_measured, 0.0),
        (as_measured, 0.05),  # drafting is not free
        (lambda number, tokens: 3 * as_measured(number, tokens), 0.0),  # a slower machine
        (lambda number, tokens: float(tokens), 0.0),  # trees are worth nothing any more
        (lambda number, tokens: as_measured(number, tokens) + number // 40, 0.1),  # ever slower
    ],
    ids=["as measured", "drafting costs", "slower", "trees cost", "ever slower"],
)
def test_wrong_drafts_cost_a_fiftieth(cost: Cost, seconds: float) -> None:
    count = 240
    right = plain_tokens(count)
    wrong = [WRONG[0] if token != WRONG[0] else token + 1 for token in right]
    clock = Clock(cost)
    time = spent(clock, Timed(clock, wrong, seconds), count)
    one_by_one = sum(cost(number, 1) for number in range(count))
    a_pass = max(cost(number, tokens) for number, tokens in enumerate(clock.sizes))
    credit = 12 * max(cost(number, 1) for number in range(count))
    assert time <= 1.02 * one_by_one + credit + 3 * a_pass


def test_drafts_that_come_true_pay() -> None:
    count = 240
    clock = Clock(as_measured)
    assert spent(clock, Timed(clock, plain_tokens(count)), count) < count / 3


def test_drafting_that_takes_too_long_is_left() -> None:
    """Every draft comes true, but takes longer than the model."""
    count = 240
    clock = Clock(as_measured)
    drafter = Timed(clock, plain_tokens(count), seconds=1.2)
    assert spent(clock, drafter, count) <= 1.02 * count + 15
    assert drafter.asked < 80


def test_trees_come_back_when_they_are_cheap_again() -> None:
    """The machine is busy for a while, so that trees cost what they have tokens."""
    count = 290
    clock = Clock(lambda number, tokens: as_measured(number, tokens) if number > 60 else tokens)
    spent(clock, Timed(clock, plain_tokens(count)), count)
    assert max(clock.sizes[-10:]) >= 8


# --- The account ----------------------------------------------------------------------------------


def test_all_that_is_lost_is_bounded_by_what_was_saved() -> None:
    """Random outcomes, most of them bad: over every stretch the loss stays in its bounds."""
    rng = random.Random(0)
    controller = Controller(MEASURED)
    losses = [0.0]
    for _ in range(2000):
        nodes = 0 if controller.rests else 7
        chosen = 1 + (rng.random() < 0.4) if nodes else 1
        seconds = MEASURED[1 + nodes]
        controller.observe(1, nodes, nodes, chosen, seconds, 0.02 * bool(nodes))
        losses.append(losses[-1] + seconds + 0.02 * bool(nodes) - chosen - 0.02 * chosen)
    most = max(
        losses[end] - losses[start] for start in range(0, 2001, 10) for end in range(start, 2001)
    )
    assert 4.0 < most < 15.0
    assert losses[-1] < 15.0


def test_what_is_left_bounds_what_is_ventured() -> None:
    controller = Controller({1: 1.0, 8: 2.0, 64: 9.0})
    chances = [0.99] * 63
    sizes = []
    while not controller.rests:  # nothing of it comes true
        sizes.append(controller.best_size(chances, 1))
        controller.observe(1, 7, 7, 1, 2.0, 0.0)
    assert sizes[0] == 63 and sizes[-1] < 12 and sizes == sorted(sizes, reverse=True)


def test_one_interruption_of_drafting_is_no_loss() -> None:
    """Another job took the processor for a while, not the drafter."""
    controller = Controller(MEASURED)
    for number in range(30):
        assert not controller.rests
        controller.observe(1, 7, 7, 4, MEASURED[8], 5.0 if number == 20 else 0.01)
    fresh = Controller(MEASURED)
    fresh.observe(1, 7, 7, 1, MEASURED[8], 30.0)
    assert fresh.rests
    passes = 0
    while fresh.rests or not fresh.may_pay(0, 1.0, 0.9, 1):
        fresh.observe(1, 0, 0, 1, MEASURED[1], 0.0)
        passes += 1
    assert 100 < passes < 2000  # it lost much, and is tried again


def test_a_prompt_is_nobodys_loss() -> None:
    controller = Controller(MEASURED)
    for _ in range(40):
        controller.observe(500, 7, 7, 1, 30.0, 0.0)
        if controller.rests:
            break
    else:
        pytest.fail("drafts that never come true go on for ever")
    fresh = Controller(MEASURED)
    fresh.observe(500, 0, 0, 1, 30.0, 0.0)
    assert not fresh.rests


# --- What passes cost -----------------------------------------------------------------------------


def test_one_observation_moves_all_sizes() -> None:
    costs = RunningCosts(MEASURED)
    before = [costs.seconds(tokens) for tokens in (1, 3, 16, 64)]
    costs.observe(16, 2 * MEASURED[16])
    after = [costs.seconds(tokens) for tokens in (1, 3, 16, 64)]
    assert all(new > 1.3 * old for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("factor", [0.25, 0.6, 2.0, 6.0])
def test_costs_follow_the_machine(factor: float) -> None:
    rng = random.Random(1)
    costs = RunningCosts(MEASURED)
    for _ in range(40):
        tokens = rng.choice(list(MEASURED))
        costs.observe(tokens, factor * MEASURED[tokens] * rng.uniform(0.9, 1.1))
    for tokens, seconds in MEASURED.items():
        assert costs.seconds(tokens) == pytest.approx(factor * seconds, rel=0.2)


def test_trees_that_lose_more_than_single_tokens() -> None:
    """As on a busy machine; single tokens are seen only now and then."""
    costs = RunningCosts(MEASURED)
    for number in range(330):
        tokens = 16 if number % 33 else 1
        costs.observe(tokens, 2.5 * MEASURED[16] if tokens == 16 else 1.1)
    assert costs.seconds(16) == pytest.approx(2.5 * MEASURED[16], rel=0.1)
    assert costs.seconds(1) == pytest.approx(1.1, rel=0.25)


def test_one_long_pause_is_no_law() -> None:
    costs = RunningCosts(MEASURED)
    for _ in range(30):
        costs.observe(8, MEASURED[8])
    costs.observe(8, 100 * MEASURED[8])
    assert costs.seconds(8) < 2 * MEASURED[8]


def test_a_pass_beyond_what_was_measured_tells_nothing() -> None:
    costs = RunningCosts(MEASURED)
    costs.observe(600, 50.0)
    assert [costs.seconds(size) for size in MEASURED] == pytest.approx(list(MEASURED.values()))
    assert costs.seconds(128) > costs.seconds(64)


@pytest.mark.parametrize("costs", [{}, {1: 1.0}, {1: 1.0, 2: 0.0}])
def test_costs_that_are_none(costs: dict[int, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        RunningCosts(costs)


def test_a_single_token_is_looked_at_now_and_then() -> None:
    controller = Controller(MEASURED)
    plain = 0
    for _ in range(200):
        rests = controller.rests
        plain += rests
        nodes = 0 if rests else 7
        controller.observe(1, nodes, nodes, 1 if rests else 5, MEASURED[1 + nodes], 0.0)
    assert 4 <= plain <= 8
