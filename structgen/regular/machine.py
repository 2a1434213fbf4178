"""Finite automata over characters as languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from structgen.regular.language import EMPTY, EPSILON, Language, defined

__all__ = ["Machine", "machine"]


@dataclass(frozen=True, eq=False, slots=True)
class Machine:
    """A deterministic automaton over characters from each of whose states some text is accepted.

    Attributes:
        edges: For each state (character sets, target), the sets disjoint terms of kind "chars".
        accepting: The states at which a text may end.
    """

    edges: tuple[tuple[tuple[Language, int], ...], ...]
    accepting: frozenset[int]


class _State(NamedTuple):
    """What can follow at a state (a `Definition`)."""

    machine: Machine
    number: int

    @property
    def nullable(self) -> bool:
        return self.number in self.machine.accepting

    def compared(self) -> Iterable[Language]:
        return [characters for characters, _ in self.machine.edges[self.number]]

    def derive(self, step: Callable[[Language], Language]) -> Language:
        for characters, target in self.machine.edges[self.number]:
            if step(characters) is EPSILON:
                return machine(self.machine, target)
        return EMPTY


def machine(automaton: Machine, state: int = 0) -> Language:
    """The texts that lead an automaton from a state to acceptance.

    Example:
        >>> from structgen.regular import characters
        >>> letter = characters([(97, 97)])
        >>> even = Machine((((letter, 1),), ((letter, 0),)), frozenset({0}))
        >>> [machine(even).matches("a" * count) for count in range(3)]
        [True, False, True]
    """
    term = defined(_State(automaton, state))
    term.__dict__["is_live"] = True
    return term
