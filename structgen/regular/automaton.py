"""Deterministic automata over UTF-8 bytes, made state by state."""

from __future__ import annotations

from structgen.errors import LimitExceededError, UnsatisfiableError
from structgen.regular.charset import (
    SCALARS,
    Ranges,
    intersect,
    normalise,
    utf8_sequences,
)
from structgen.regular.language import EMPTY, Language
from structgen.regular.live import Live

__all__ = ["Automaton"]

Edges = tuple[tuple[int, int, int], ...]
ByteRanges = tuple[tuple[int, int], ...]
_Between = tuple[tuple[ByteRanges, int], ...]

MAX_STATES = 200_000
MAX_EXPLORED = 8


class Automaton:
    """The automaton of a language; every state can reach acceptance.

    A state is a language (at a character boundary) or what may still come of a character: pairs of
    remaining byte ranges and the state after them.

    Args:
        language: The language.

    Raises:
        UnsatisfiableError: No text is in the language.

    Attributes:
        start: The start state.
        length_bound: See `Language.length_bound`.
    """

    start = 0

    def __init__(self, language: Language) -> None:
        if not language.is_live:
            raise UnsatisfiableError("No text matches the pattern")
        self.length_bound = language.length_bound
        self._keys: list[Language | _Between] = [language]
        self._states: dict[Language | _Between, int] = {language: 0}
        self._edges: list[Edges | None] = [None]
        self._lives: dict[Language, Live] = {}  # of terms that do not show it

    def is_accepting(self, state: int) -> bool:
        """Whether the text may end at `state`."""
        key = self._keys[state]
        return isinstance(key, Language) and key.nullable

    def is_in_character(self, state: int) -> bool:
        """Whether `state` is in the middle of a character."""
        return not isinstance(self._keys[state], Language)

    def live(self, state: int) -> Live | None:
        """Characters of which every text can follow `state` (see `Language.live`).

        None where there are none. In the middle of a character, those of the one state that every
        ending of the character leads to, if there is just one.
        """
        key = self._keys[state]
        if isinstance(key, Language):
            live = key.live
            if not live.characters and key.extended:
                live = self._lives.get(key) or self._explore(key)
            return live if live.characters else None
        (sequence, target), *others = key
        if others or any(span != (0x80, 0xBF) for span in sequence):
            return None
        return self.live(target)

    def loops(self, state: int) -> Ranges:
        """The characters after which `state` comes again."""
        key = self._keys[state]
        return key.derivatives.get(key, ()) if isinstance(key, Language) else ()

    def _explore(self, language: Language) -> Live:
        """What `_explored` finds; nothing where looking that far exceeds a limit."""
        try:
            near, characters = self._explored(language)
        except (LimitExceededError, RecursionError):  # reading on may never come to that
            near, characters = [language], ()
        live = Live(characters, 0, None)
        for term in near:
            self._lives.setdefault(term, live)
        return live

    def _explored(self, language: Language) -> tuple[list[Language], Ranges]:
        """Characters that lead from `language` to no more than a few languages, none of them empty.

        A greatest fixpoint over the languages near by: each of them allows all of the characters.
        """
        near = [language]
        characters = SCALARS
        for term in near:
            known = self._lives.get(term)
            if known is not None:
                characters = intersect(characters, known.characters)
                continue
            kept: list[tuple[int, int]] = []
            for target, ranges in sorted(
                term.derivatives.items(), key=lambda item: -sum(b - a for a, b in item[1])
            ):
                if target not in near:
                    if len(near) == MAX_EXPLORED or target is EMPTY or not target.is_live:
                        continue
                    if not intersect(characters, ranges):
                        continue
                    near.append(target)
                kept += ranges
            characters = intersect(characters, normalise(kept))
            if not characters:
                break
        return near, characters

    def least_length(self, state: int) -> int:
        """No text from `state` on has fewer characters (see `Language.least_length`)."""
        key = self._keys[state]
        if isinstance(key, Language):
            return key.least_length
        return min(self.least_length(target) for _, target in key)

    def shortest_length(self, state: int) -> int:
        """The fewest further characters with which the text may end."""
        key = self._keys[state]
        if isinstance(key, Language):
            return key.shortest_length
        # In a character: what remains of it does not count as one more.
        return min(self.shortest_length(target) for _, target in key)

    def edges(self, state: int) -> Edges:
        """(first byte, last byte, target), sorted and disjoint; every target is live.

        Raises:
            LimitExceededError: The automaton has more than `MAX_STATES` states.
        """
        edges = self._edges[state]
        if edges is None:
            key = self._keys[state]
            try:
                items = self._characters(key) if isinstance(key, Language) else key
            except RecursionError:
                raise LimitExceededError(
                    "A pattern is nested too deeply", limit="regex_nesting"
                ) from None
            edges = self._edges[state] = self._split(items)
        return edges

    def _state(self, key: Language | _Between) -> int:
        state = self._states.get(key)
        if state is None:
            state = len(self._keys)
            if state >= MAX_STATES:
                raise LimitExceededError("A pattern needs too many states", limit="regex_states")
            self._keys.append(key)
            self._edges.append(None)
            self._states[key] = state
        return state

    def _characters(self, language: Language) -> _Between:
        return tuple(
            (sequence, self._state(target))
            for target, ranges in language.derivatives.items()
            if target is not EMPTY and target.is_live
            for low, high in ranges
            for sequence in utf8_sequences(low, high)
        )

    def _split(self, items: _Between) -> Edges:
        """Edges of a state from which the byte sequences `items` may come."""
        cuts = sorted({cut for (head, *_), _ in items for cut in (head[0], head[1] + 1)})
        spans: dict[int, list[tuple[ByteRanges, int]]] = {cut: [] for cut in cuts}
        index = {cut: i for i, cut in enumerate(cuts)}
        for sequence, target in items:
            low, high = sequence[0]
            for cut in cuts[index[low] : index[high + 1]]:
                spans[cut].append((sequence[1:], target))
        edges: list[tuple[int, int, int]] = []
        for cut, end in zip(cuts, cuts[1:], strict=False):
            rest = spans[cut]
            if not rest:
                continue
            target = rest[0][1] if not rest[0][0] else self._state(tuple(sorted(set(rest))))
            if edges and edges[-1][1] + 1 == cut and edges[-1][2] == target:
                edges[-1] = (edges[-1][0], end - 1, target)
            else:
                edges.append((cut, end - 1, target))
        return tuple(edges)
