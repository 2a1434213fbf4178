"""Several terminals read at once by one deterministic automaton, which says which one it was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from structgen.network import Call, Definition, Network, Scan
from structgen.regular import Automaton, Language, intersect

__all__ = ["LexemeChoice", "read_any"]


def read_any(network: Network, lexemes: Mapping[int, tuple[Language, int]]) -> Call:
    """Read a text of one of several languages, then go on at the state that comes with it.

    Args:
        network: The network to make it in.
        lexemes: (language, state) by a number; no two languages share a text.
    """
    if len(lexemes) == 1:
        ((language, state),) = lexemes.values()
        return Call(network.automaton(language.automaton()), state)
    choice = LexemeChoice.of({each: lexemes[each][0].automaton() for each in lexemes})
    return Call(network.state(choice), network.switch({n: lexemes[n][1] for n in lexemes}))


class LexemeChoice(NamedTuple):
    """A text of one of several automata, none of which accepts a text of another one; a piece.

    Attributes:
        ways: (outcome, automaton, state) of each that can still accept, by outcome.
    """

    ways: tuple[tuple[int, Automaton, int], ...]

    @staticmethod
    def of(automata: Mapping[int, Automaton]) -> LexemeChoice:
        """A text of one of `automata`; the outcome says of which."""
        return LexemeChoice(
            tuple((outcome, each, each.start) for outcome, each in sorted(automata.items()))
        )

    def least_length(self) -> int:
        """See `structgen.network.Measured`."""
        return min(automaton.least_length(state) for _, automaton, state in self.ways)

    def expand(self, network: Network) -> Definition:
        """See `structgen.network.Key`."""
        changes: dict[int, list[tuple[int, int]]] = {}  # at a byte: (way, its state from there)
        for way, (_, automaton, state) in enumerate(self.ways):
            for low, high, target in automaton.edges(state):
                changes.setdefault(low, []).append((way, target))
                changes.setdefault(high + 1, []).insert(0, (way, -1))  # what ends comes first
        edges: list[tuple[int, int, int]] = []
        current: dict[int, int] = {}
        for low, following in pairwise(sorted(changes)):
            for way, state in changes[low]:
                if state < 0:
                    del current[way]
                else:
                    current[way] = state
            if current:
                ways = tuple((*self.ways[way][:2], current[way]) for way in sorted(current))
                edges.append((low, following - 1, network.state(LexemeChoice(ways))))
        ended = [
            outcome for outcome, automaton, state in self.ways if automaton.is_accepting(state)
        ]
        if ended:
            (outcome,) = ended
            return Scan(tuple(edges), returns=True, outcome=outcome)
        loops = (automaton.loops(state) for _, automaton, state in self.ways)
        return Scan(tuple(edges), loops=reduce(intersect, loops))
