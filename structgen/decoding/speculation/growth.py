"""Growing one tree from the guesses of several drafters, most promising node first.

What the grammar forbids is left out while the tree grows, so that no node is spent on it; whether a
node is legal is decided elsewhere (`masks.tree_masks`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import index

from structgen.bitmask import allocate_bitmask
from structgen.decoding.sampling import waiting_time
from structgen.decoding.speculation.acceptance import Acceptance
from structgen.decoding.speculation.drafters.protocol import CONTEXT_TOKENS, Drafter, Guess, Point
from structgen.decoding.speculation.tree import DraftTree
from structgen.decoding.speculation.verifiers import Law
from structgen.errors import GenerationError, StructgenError, VocabularyError

__all__ = ["Bud", "Draft", "Growth", "is_costly"]

_MOST_CHILDREN = 8
_MOST_CHANCE = 1.0 + 1e-6  # rounding may go beyond 1
_SURE = 0.999  # only a drafter itself says that it is certain
_KNOWN = 0.8  # above this chance, no costly drafter needs to be asked
_SLOT = "draws"  # how `Acceptance` calls the drafts that were drawn
_SLOT_CHANCES = (0.6, 0.3, 0.2, 0.1)  # of the first draw, the second, ..., before experience


Children = list[tuple[int, float, tuple[str, ...]]]  # tokens, their chances, who proposed them


@dataclass
class Bud:
    """What was proposed at one point of a tree.

    Attributes:
        point: The point.
        law: What children are drawn from; empty where the best are taken.
    """

    point: Point
    law: Law = field(default_factory=dict)


@dataclass
class Draft:
    """A tree and where it comes from.

    Attributes:
        tree: n nodes, in the order in which they were taken.
        chances: For each node, the chance that its path is accepted.
        sources: For each node, the drafters that proposed it.
        buds: For the end of the text, then for each node.
    """

    tree: DraftTree
    chances: list[float]
    sources: list[tuple[str, ...]]
    buds: list[Bud]

    def first(self, count: int) -> Draft:
        """The draft of the first nodes alone."""
        return Draft(
            self.tree.kept(range(count)),
            self.chances[:count],
            self.sources[:count],
            self.buds[: count + 1],
        )


# What may be done next: minus the chance of its path, order of arrival, the number of a bud and of
# the child that it may get. The drafters are asked only when it comes to that, since most nodes of
# a tree are leaves: until then the bud is there with the chance of its own path, as `_UNASKED`.
_Entry = tuple[float, int, int, int]
_UNASKED = -1


class Growth:
    """Grows trees.

    Args:
        drafters: Where guesses come from.
        acceptance: What they are worth.
        vocabulary_size: V.
        most_nodes: The size of the largest tree.
        most_children: Of a node, or None.
    """

    def __init__(
        self,
        drafters: Sequence[Drafter],
        acceptance: Acceptance,
        vocabulary_size: int,
        most_nodes: int,
        most_children: int | None,
    ) -> None:
        self._drafters = drafters
        self._acceptance = acceptance
        self._vocabulary_size = vocabulary_size
        self._most_nodes = most_nodes
        self._most_children = min(most_children or _MOST_CHILDREN, _MOST_CHILDREN)
        self._row = allocate_bitmask(1, vocabulary_size)[0]

    def grow(
        self,
        root: Point,
        most_depth: int,
        noise: tuple[int, float] | None,
        draw_seed: int | None,
        may_pay: Callable[[int, float, float], bool],
    ) -> Draft:
        """Grow a tree at the end of the text.

        Args:
            root: The end of the text.
            most_depth: How many tokens may still come after it.
            noise: The seed and the temperature with which tokens will be drawn, so that drafters'
                chances can be weighed with the same waiting times; None if the most probable token
                is taken.
            draw_seed: Draw children from the drafters' law, with this seed, which no other tree
                may have, and value them before their tokens are known; None takes the best.
            may_pay: Told the number of nodes, the tokens expected and the chance of the next node,
                whether to go on.

        Raises:
            GenerationError: A drafter fails, or proposes what is no token.
            LimitExceededError: The engine's tables are too small.
        """
        buds: list[Bud] = []
        children: list[Children] = []
        tokens: list[int] = []
        parents: list[int] = []
        chances: list[float] = []
        sources: list[tuple[str, ...]] = []
        depths = [0]
        heap: list[_Entry] = []
        arrivals = 0
        expected = 1.0

        def push(bud: int, child: int) -> None:
            nonlocal arrivals
            if child < len(children[bud]):
                chance = chances[bud - 1] if bud else 1.0
                if child != _UNASKED:
                    chance *= children[bud][child][1]
                arrivals += 1
                heapq.heappush(heap, (-chance, arrivals, bud, child))

        def open_bud(point: Point, depth: int) -> None:
            buds.append(Bud(point))
            children.append([])
            if depth < most_depth:
                push(len(buds) - 1, _UNASKED)

        open_bud(root, 0)
        while heap and len(tokens) < self._most_nodes:
            minus_chance, _, parent, child = heapq.heappop(heap)
            if not may_pay(len(tokens), expected, -minus_chance):
                break
            if child == _UNASKED:
                children[parent] = self._children(buds[parent], parent, noise, draw_seed)
                push(parent, 0)
                continue
            token, _, names = children[parent][child]
            push(parent, child + 1)
            before = buds[parent].point
            matcher = before.matcher.fork()
            if not matcher.accept_token(token):
                continue
            tokens.append(token)
            parents.append(parent - 1)
            chances.append(-minus_chance)
            sources.append(names)
            depths.append(depths[parent] + 1)
            expected -= minus_chance
            context = (*before.context, token)[-CONTEXT_TOKENS:]
            after = Point(context, before.answered + 1, matcher, before, before.inside)
            open_bud(after, depths[-1])
        return Draft(DraftTree(tokens, parents), chances, sources, buds)

    # --- One point --------------------------------------------------------------------------------

    def _children(
        self, bud: Bud, number: int, noise: tuple[int, float] | None, draw_seed: int | None
    ) -> Children:
        """Tokens that may come at a point, with their chances and drafters, best or drawn first."""
        try:
            bud.point.matcher.fill_bitmask(self._row)
        except VocabularyError:  # no token can go on here; whether the text comes here is open
            return []
        bud.point.mask = self._row
        try:
            return self._asked(bud, number, noise, draw_seed)
        finally:
            bud.point.mask = None

    def _asked(
        self, bud: Bud, number: int, noise: tuple[int, float] | None, draw_seed: int | None
    ) -> Children:
        """What the drafters say at a point."""
        allowed = self._row.tobytes()
        merged: dict[int, tuple[float, tuple[str, ...]]] = {}
        for drafter in self._drafters:
            if is_costly(drafter) and any(chance > _KNOWN for chance, _ in merged.values()):
                continue
            guess = self._ask(drafter, bud.point, allowed)
            if guess and guess[0][1] == 1.0:
                bud.law = {guess[0][0]: 1.0}
                return [(guess[0][0], 1.0, (drafter.name,))]
            if noise is not None and draw_seed is None:
                guess = _raced(guess, noise, bud.point.answered)
            bud.point.said[drafter.name] = guess
            for token, said in guess:
                chance = self._acceptance.chance(drafter.name, said)
                known, names = merged.get(token, (0.0, ()))
                merged[token] = max(known, chance), (*names, drafter.name)
        if draw_seed is not None:
            return self._drawn(bud, number, merged, draw_seed)
        best = sorted(merged.items(), key=lambda item: -item[1][0])[: self._most_children]
        return [(token, chance, names) for token, (chance, names) in best]

    def _ask(self, drafter: Drafter, point: Point, allowed: bytes) -> Guess:
        """A drafter's legal tokens, and their chances without those that are not."""
        try:
            guess = [(index(token), float(chance)) for token, chance in drafter.propose(point)]
        except StructgenError:
            raise
        except Exception as error:
            raise GenerationError(f"The drafter {drafter.name!r} failed: {error!r}") from error
        ends = point.matcher.compiled.vocabulary.eos_token_ids
        kept = []
        forbidden = 0.0
        for token, chance in guess:
            if not 0 <= token < self._vocabulary_size:
                raise GenerationError(
                    f"The drafter {drafter.name!r} proposed token {token}, but the vocabulary has "
                    f"{self._vocabulary_size} tokens"
                )
            if not 0 <= chance <= _MOST_CHANCE:
                raise GenerationError(
                    f"The drafter {drafter.name!r} gave a token the chance {chance}"
                )
            if allowed[token >> 3] >> (token & 7) & 1 and token not in ends:
                kept.append((token, chance))
            else:
                forbidden += chance
        if forbidden > 0:
            legal = max(1.0 - forbidden, 1e-6)
            kept = [(token, min(_SURE, chance / legal)) for token, chance in kept]
        return kept

    def _drawn(
        self, bud: Bud, number: int, merged: dict[int, tuple[float, tuple[str, ...]]], seed: int
    ) -> Children:
        """All children in an order drawn without replacement, valued by their place in it alone.

        Each point of each tree has its own waiting times. With those of the position, what was
        drawn at one point would tell what is drawn at another, and so would the size of the tree.
        """
        total = sum(chance for chance, _ in merged.values())
        bud.law = {token: chance / total for token, (chance, _) in merged.items() if chance > 0}
        races = {
            token: waiting_time(seed, number, token) / chance for token, chance in bud.law.items()
        }
        drawn = sorted(races, key=races.__getitem__)[: self._most_children]
        return [
            (token, self._acceptance.chance(_SLOT, slot_chance(slot)), merged[token][1])
            for slot, token in enumerate(drawn)
        ]


def is_costly(drafter: Drafter) -> bool:
    """Whether a drafter is asked only where the others are not nearly certain (`Drafter`)."""
    return bool(getattr(drafter, "costly", False))


def slot_chance(slot: int) -> float:
    """What is said of a drawn child before its token is known."""
    return _SLOT_CHANCES[min(slot, len(_SLOT_CHANCES) - 1)]


def _raced(guess: Guess, noise: tuple[int, float], position: int) -> Guess:
    """Chances weighed with the waiting times of the draw that will be made at this position.

    With exact chances the first in the race is what will be drawn; with rough ones it is likely to
    be, the more so the greater its lead.
    """
    if not guess:
        return guess
    seed, temperature = noise
    speeds = [
        (token, max(chance, 1e-12) ** (1 / temperature) / waiting_time(seed, position, token))
        for token, chance in guess
    ]
    total = sum(speed for _, speed in speeds)
    known = sum(chance for _, chance in guess)
    return [(token, min(known, 1.0) * speed / total) for token, speed in speeds]
