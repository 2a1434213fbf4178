"""Longest match as a condition on texts: one automaton for all terminals of a grammar.

A lexer cuts a text into lexemes: each is the longest beginning of the rest that some terminal
matches, and belongs to the first terminal, in a given order, that matches it. So a sequence of
texts w1 w2 ... is what the lexer makes of their concatenation if and only if

- each wi belongs to its terminal and to no earlier one, and
- no text that begins with wi, is longer, and goes on as w(i+1) w(i+2) ... does, matches any
  terminal.

The second condition is kept as the set of states in which the automaton would be if it had not
ended the lexemes before: it must not come to an accepting state on any way from them. All that
matters of such a state is which further texts it forbids; states that forbid the same are one
*threat*. Threats that can never come true, because nothing that the grammar lets follow begins like
that, are dropped by the caller (`structgen.grammar.boundaries`).

Source:
    Aho, Lam, Sethi and Ullman, 'Compilers', 2nd ed., section 3.8, for the lexer; the condition on
    the text to come is the usual one for scannerless parsing, 'follow restrictions' (Visser,
    'Scannerless generalized-LR parsing', 1997), here computed from the terminals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from structgen.errors import GrammarError, LimitExceededError
from structgen.regular import EMPTY, Language, Machine, Ranges, characters, machine

__all__ = ["Effect", "Lexer", "Threats"]

MAX_STATES = 20_000

Threats = frozenset[int]

_T = TypeVar("_T")
_DEAD = -1
_FORBIDDEN = -2


class Effect(NamedTuple):
    """What one threat does to the lexemes of a terminal.

    Attributes:
        hits: Whether it forbids some lexeme.
        blocks: Whether it forbids all of them.
        survivors: Threats that it can become at the end of a lexeme.
    """

    hits: bool
    blocks: bool
    survivors: frozenset[int]


class Lexer:
    """The automaton of a sequence of terminals, the first of which comes first.

    Args:
        terminals: (name, language) in order of precedence.

    Raises:
        GrammarError: A terminal matches the empty text.
        LimitExceededError: The automaton has more than `MAX_STATES` states.
    """

    def __init__(self, terminals: Sequence[tuple[str, Language]]) -> None:
        for name, language in terminals:
            if language.nullable:
                raise GrammarError(
                    f"The terminal {name} matches the empty text, of which a lexer makes no lexeme"
                )
        self._number = {name: number for number, (name, _) in enumerate(terminals)}
        edges, self._kinds = _explore([language for _, language in terminals])
        self._classes, self._next = _tabulate(edges)
        self._threat, self._after = self._find_threats()
        self._leading: dict[str, frozenset[int]] = {}
        self._characters: dict[tuple[int, ...], Language] = {}
        self._effects: dict[tuple[int, str], Effect] = {}
        self._lexemes: dict[tuple[str, Threats], dict[Threats, Language]] = {}

    def lexemes(self, name: str, threats: Threats) -> dict[Threats, Language]:
        """The texts that can be a lexeme of a terminal where `threats` are, by what they leave.

        Args:
            name: The terminal.
            threats: What the text before forbids.

        Returns:
            {threats afterwards: texts}; the texts are disjoint and not empty.
        """
        known = self._lexemes.get((name, threats))
        if known is None:
            known = self._lexemes[name, threats] = self._find_lexemes(name, threats)
        return known

    def effect(self, threat: int, name: str) -> Effect:
        """What a threat does to the lexemes of a terminal."""
        known = self._effects.get((threat, name))
        if known is None:
            hits, ways = self._walk(name, frozenset((threat,)))
            ends = [threats for (state, threats) in ways if self._ends(state, name)]
            survivors: frozenset[int] = frozenset().union(*ends) if ends else frozenset()
            known = self._effects[threat, name] = Effect(hits, not ends, survivors)
        return known

    # --- Lexemes --------------------------------------------------------------------------------

    def _ends(self, state: int, name: str) -> bool:
        return self._kinds[state] == self._number[name]

    def _walk(
        self, name: str, threats: Threats
    ) -> tuple[bool, dict[tuple[int, Threats], list[tuple[int, tuple[int, Threats]]]]]:
        """(whether something is forbidden, {(state, threats): (class, target)...})."""
        leading = self._states_before(name)
        hits = False
        ways: dict[tuple[int, Threats], list[tuple[int, tuple[int, Threats]]]] = {}
        queue = [(0, threats)] if 0 in leading else []
        for at in queue:
            if at in ways:
                continue
            state, threats = at
            found = ways[at] = []
            for number, target in enumerate(self._next[state]):
                if target not in leading:
                    continue
                following = {self._after[threat][number] for threat in threats}
                if _FORBIDDEN in following:
                    hits = True
                    continue
                following.discard(_DEAD)
                there = (target, frozenset(following))
                found.append((number, there))
                queue.append(there)
        return hits, ways

    def _find_lexemes(self, name: str, threats: Threats) -> dict[Threats, Language]:
        _, ways = self._walk(name, threats)
        outcomes: dict[Threats, list[tuple[int, Threats]]] = {}
        for at in ways:
            state, left = at
            if self._ends(state, name):
                own = self._threat[state]
                left = left if own == _DEAD else left | {own}
                outcomes.setdefault(left, []).append(at)
        before: dict[tuple[int, Threats], list[tuple[int, Threats]]] = {at: [] for at in ways}
        for at, found in ways.items():
            for _, there in found:
                before[there].append(at)
        return {
            left: self._language(ways, before, ends, (0, threats))
            for left, ends in outcomes.items()
        }

    def _language(
        self,
        ways: dict[tuple[int, Threats], list[tuple[int, tuple[int, Threats]]]],
        before: dict[tuple[int, Threats], list[tuple[int, Threats]]],
        ends: list[tuple[int, Threats]],
        start: tuple[int, Threats],
    ) -> Language:
        """The texts that lead from `start` to one of `ends`."""
        live = _closure(ends, before)
        order = [start, *(at for at in ways if at in live and at != start)]
        number = {at: n for n, at in enumerate(order)}
        edges = []
        for at in order:
            kinds: dict[int, list[int]] = {}
            for kind, there in ways[at]:
                if there in live:
                    kinds.setdefault(number[there], []).append(kind)
            edges.append(tuple((self._any_of(tuple(each)), to) for to, each in kinds.items()))
        return machine(Machine(tuple(edges), frozenset(number[at] for at in ends)))

    def _any_of(self, kinds: tuple[int, ...]) -> Language:
        """The characters of these classes."""
        known = self._characters.get(kinds)
        if known is None:
            known = characters(span for kind in kinds for span in self._classes[kind])
            self._characters[kinds] = known
        return known

    def _states_before(self, name: str) -> frozenset[int]:
        """The states that lead to a lexeme of a terminal, its ends included."""
        known = self._leading.get(name)
        if known is None:
            ends = [state for state in range(len(self._kinds)) if self._ends(state, name)]
            before: dict[int, list[int]] = {state: [] for state in range(len(self._kinds))}
            for state, targets in enumerate(self._next):
                for target in set(targets) - {_DEAD}:
                    before[target].append(state)
            known = self._leading[name] = frozenset(_closure(ends, before))
        return known

    # --- Threats --------------------------------------------------------------------------------

    def _find_threats(self) -> tuple[list[int], list[list[int]]]:
        """(threat that each state leaves, what each class of characters makes of a threat).

        States that forbid the same texts are found by Moore's refinement of partitions.
        """
        block = [0 if any(t != _DEAD for t in targets) else _DEAD for targets in self._next]
        count = 0
        while True:
            rows = [
                tuple(self._threatened(target, block) for target in targets)
                for targets in self._next
            ]
            numbers: dict[tuple[int, ...], int] = {}
            finer = [
                _DEAD if block[state] == _DEAD else numbers.setdefault(row, len(numbers))
                for state, row in enumerate(rows)
            ]
            block = finer
            if len(numbers) == count:
                return block, [list(row) for row in numbers]
            count = len(numbers)

    def _threatened(self, target: int, block: list[int]) -> int:
        if target == _DEAD:
            return _DEAD
        return _FORBIDDEN if self._kinds[target] is not None else block[target]


def _explore(
    languages: list[Language],
) -> tuple[list[list[tuple[Ranges, int]]], list[int | None]]:
    """(edges, first language accepted) of each state of the automaton of all languages."""
    start = tuple(enumerate(languages))
    number = {start: 0}
    queue = [start]
    edges = []
    kinds = []
    for state in queue:
        kinds.append(next((index for index, rest in state if rest.nullable), None))
        found = []
        for target, ranges in _derivatives(state).items():
            if target not in number:
                number[target] = len(queue)
                queue.append(target)
                if len(queue) > MAX_STATES:
                    raise LimitExceededError(
                        f"The lexer of the grammar has more than {MAX_STATES:,} states",
                        limit="lexer_states",
                    )
            found.append((tuple(ranges), number[target]))
        edges.append(found)
    return edges, kinds


_Residuals = tuple[tuple[int, Language], ...]


def _derivatives(state: _Residuals) -> dict[_Residuals, list[tuple[int, int]]]:
    """What each character leads to, where at least one language goes on."""
    changes: dict[int, list[tuple[int, Language | None]]] = {}
    for index, language in state:
        for target, ranges in language.derivatives.items():
            if target is EMPTY or not target.is_live:
                continue
            for low, high in ranges:
                changes.setdefault(low, []).append((index, target))
                changes.setdefault(high + 1, []).insert(0, (index, None))
    found: dict[_Residuals, list[tuple[int, int]]] = {}
    current: dict[int, Language] = {}
    points = sorted(changes)
    for start, end in zip(points, points[1:], strict=False):
        for index, following in changes[start]:  # what ends here comes first
            if following is None:
                current.pop(index, None)
            else:
                current[index] = following
        if current:
            found.setdefault(tuple(sorted(current.items(), key=_index)), []).append(
                (start, end - 1)
            )
    return found


def _index(item: tuple[int, Language]) -> int:
    return item[0]


def _tabulate(edges: list[list[tuple[Ranges, int]]]) -> tuple[list[Ranges], list[list[int]]]:
    """(classes of characters, target of each state for each class)."""
    sets = {ranges: 0 for found in edges for ranges, _ in found}
    toggles: dict[int, int] = {}
    for number, ranges in enumerate(sets):
        for low, high in ranges:
            toggles[low] = toggles.get(low, 0) ^ (1 << number)
            toggles[high + 1] = toggles.get(high + 1, 0) ^ (1 << number)
    classes: dict[int, list[tuple[int, int]]] = {}
    members = 0
    points = sorted(toggles)
    for start, end in zip(points, points[1:], strict=False):
        members ^= toggles[start]
        if members:
            classes.setdefault(members, []).append((start, end - 1))
    of_set: list[list[int]] = [[] for _ in sets]
    for kind, members in enumerate(classes):
        while members:
            low = members & -members
            of_set[low.bit_length() - 1].append(kind)
            members ^= low
    number_of = {ranges: number for number, ranges in enumerate(sets)}
    table = []
    for found in edges:
        row = [_DEAD] * len(classes)
        for ranges, target in found:
            for kind in of_set[number_of[ranges]]:
                row[kind] = target
        table.append(row)
    return [tuple(spans) for spans in classes.values()], table


def _closure(ends: Iterable[_T], before: dict[_T, list[_T]]) -> set[_T]:
    """All that leads to one of `ends`."""
    found = set(ends)
    queue = list(found)
    for at in queue:
        for source in before[at]:
            if source not in found:
                found.add(source)
                queue.append(source)
    return found
