"""The network over the engine's tables: keys to states, definitions to records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structgen.automaton import kernels as k
from structgen.automaton.byte_classes import classes_of
from structgen.automaton.named import NamedStates
from structgen.automaton.tables import TablesFull
from structgen.errors import GrammarError
from structgen.network import (
    NO_NAMES,
    Call,
    Capture,
    Choice,
    Measured,
    Names,
    Scan,
    TextKey,
)
from structgen.regular import Automaton, Language, Live, Ranges
from structgen.vocabulary import special_spelling

if TYPE_CHECKING:
    from structgen.automaton.engine import Grammar
    from structgen.automaton.saved.restore import Restored

__all__ = ["AutomatonKey", "SavedKey", "TableNetwork"]


class AutomatonKey(NamedTuple):
    """A state of a regular automaton; `content`: over the parsed value of a JSON string."""

    automaton: Automaton
    state: int
    content: bool

    def least_length(self) -> int:
        """See `structgen.network.Measured`; automata of numbers do not know lengths."""
        if isinstance(self.automaton, Automaton):
            return self.automaton.least_length(self.state)
        return 0

    def loops(self) -> Ranges:
        """The characters after which the state comes again; automata of numbers do not say."""
        return self.automaton.loops(self.state) if isinstance(self.automaton, Automaton) else ()


class SavedKey(NamedTuple):
    """Stands for the key of a state that comes from a file, until the state must be expanded."""

    find: Callable[[], object]


class TableNetwork:
    """Network states as records of an arena (see `structgen.network.Network`).

    Args:
        arena: The engine's tables, empty.
        special_token_id: See `Vocabulary.special_token_id`.

    Attributes:
        restored: The saved tables that have been put into it.
    """

    RETURN = k.RETURN
    UNKNOWN = k.UNKNOWN

    def __init__(
        self, arena: NDArray[np.int32], special_token_id: Callable[[str | int], int]
    ) -> None:
        self._arena = arena
        self._special_token_id = special_token_id
        self.restored: list[Restored] = []
        self._cells = memoryview(arena)
        self._states = NamedStates()
        self._literals: dict[tuple[bytes, int], int] = {}
        self._calls: dict[tuple[int, int], int] = {}
        self._choices: dict[tuple[int, ...], int] = {}
        self._returning: dict[int, int] = {k.RETURN: k.RETURN}
        self._switches: dict[tuple[tuple[int, int], ...], int] = {}
        self._strings: dict[tuple[int, int, int, int], int] = {}
        self._keys: dict[int, object] = {}
        self._measured: dict[int, Measured] = {}
        self._tries: dict[tuple[tuple[str, ...], Names], int] = {}
        self._captures: dict[int, TextKey] = {}
        self._check(k.new_state(arena, k.RETURNS, 0, 0, 0, 0, 0))
        self._check(k.new_state(arena, k.UNKNOWNS, 0, 0, 0, 0, 0))
        self._any = self._any_content()
        arena[k.ANY_CONTENT] = self._any

    def _any_content(self) -> int:
        """The content automaton of all valid UTF-8 texts (RFC 3629 section 4)."""
        start, one, two, three, e0, ed, f0, f4 = (self._new() for _ in range(8))
        tails = ((0x80, 0xBF),)
        self._scan(
            start,
            (
                (0x00, 0x7F, start),
                (0xC2, 0xDF, one),
                (0xE0, 0xE0, e0),
                (0xE1, 0xEC, two),
                (0xED, 0xED, ed),
                (0xEE, 0xEF, two),
                (0xF0, 0xF0, f0),
                (0xF1, 0xF3, three),
                (0xF4, 0xF4, f4),
            ),
            after_quote=k.RETURN,
        )
        for state, spans, target in (
            (one, tails, start),
            (two, tails, one),
            (three, tails, two),
            (e0, ((0xA0, 0xBF),), one),
            (ed, ((0x80, 0x9F),), one),
            (f0, ((0x90, 0xBF),), two),
            (f4, ((0x80, 0x8F),), two),
        ):
            self._scan(state, tuple((low, high, target) for low, high in spans))
        return start

    # --- What front ends call (documented in structgen.network.Network) -------------------------

    def state(self, key: object) -> int:
        states = self._states.like(key)
        state = states.get(key)
        if state is None:
            state = states[key] = self._new()
            self._keys[state] = key
            if hasattr(key, "least_length"):
                self._measured[state] = key
            if type(key) is AutomatonKey and key.content:
                self._describe(state, key)
        return state

    def literal(self, data: bytes, then: int) -> int:
        if not data:
            return then
        state = self._literals.get((data, then))
        if state is None:
            state = self._check(
                k.new_literal(self._arena, np.frombuffer(data, dtype=np.uint8), then)
            )
            self._literals[data, then] = state
        return state

    def call(self, piece: int, then: int) -> int:
        state = self._calls.get((piece, then))
        if state is None:
            state = self._calls[piece, then] = self._new()
            at = k.STATE + 8 * state
            self._cells[at + 1] = piece
            self._cells[at + 2] = then
            self._cells[at] = k.CALL
        return state

    def choice(self, states: Sequence[int]) -> int:
        distinct = tuple(dict.fromkeys(states))
        if len(distinct) == 1:
            return distinct[0]
        state = self._choices.get(distinct)
        if state is None:
            state = self._new()
            self._choice(state, distinct)
            self._choices[distinct] = state
        return state

    def returning(self, outcome: int) -> int:
        state = self._returning.get(outcome)
        if state is None:
            state = self._check(k.new_state(self._arena, k.RETURNS, outcome, 0, 0, 0, 0))
            self._returning[outcome] = state
        return state

    def switch(self, states: Mapping[int, int]) -> int:
        entries = tuple(sorted(states.items()))
        if all(self._returning.get(outcome) == state for outcome, state in entries):
            return k.RETURN
        if len(entries) == 1:
            return entries[0][1]
        state = self._switches.get(entries)
        if state is None:
            state = self._new()
            at = k.STATE + 8 * state
            self._cells[at + 1] = self._pairs(entries)
            self._cells[at + 2] = len(entries)
            self._cells[at] = k.SWITCH
            self._switches[entries] = state
        return state

    def automaton(self, automaton: Automaton) -> int:
        return self.state(AutomatonKey(automaton, automaton.start, False))

    def special_token(self, token: str | int) -> int:
        return self.literal(special_spelling(self._special_token_id(token)), k.RETURN)

    def json_string(
        self,
        language: Language | None = None,
        min_length: int = 0,
        max_length: int | None = None,
    ) -> int:
        if language is not None:
            automaton = language.automaton()
            content = self.state(AutomatonKey(automaton, automaton.start, True))
            return self._string(content, 0, max_length, 0)
        return self._string(self._any, min_length, max_length, 0)

    def json_names(self, names: Sequence[tuple[str, int]]) -> int:
        return self._string(self._trie(names), 0, None, 1)

    def json_string_except(
        self, names: Sequence[str], met: Names = NO_NAMES, language: Language | None = None
    ) -> int:
        string = self.json_string(language)
        if not names and met is NO_NAMES:
            return string
        excluded = self._string(self._excluded(tuple(names), met), 0, None, 0)
        return self._check(k.intern_state(self._arena, k.EXCEPT, string, excluded, 0, 0, 0))

    # --- What the engine calls ------------------------------------------------------------------

    def start_of(self, grammar: Grammar) -> int:
        """The piece that is a whole language; the keys of grammars that are gone are forgotten."""
        for state in self._states.forget():
            self._keys.pop(state, None)
            self._captures.pop(state, None)
            self._measured.pop(state, None)
        self._states.adopt(grammar)
        return grammar.start(self)

    def expand(self, state: int) -> None:
        """Define a state that a kernel asked for."""
        key = self._keys.get(state)
        if key is None:  # defined since it was asked for
            return
        if type(key) is SavedKey:
            key = key.find()
        if type(key) is AutomatonKey:
            automaton = key.automaton
            accepts = automaton.is_accepting(key.state)
            edges = tuple(
                (low, high, self.state(AutomatonKey(automaton, target, key.content)))
                for low, high, target in automaton.edges(key.state)
            )
            if key.content:
                lengths = self._cells[k.STATE + 8 * state + 3]
                self._scan(state, edges, after_quote=k.RETURN if accepts else -1)
                self._cells[k.STATE + 8 * state + 3] = lengths
            else:
                self._scan(state, edges, returns=0 if accepts else None)
                self._set_loops(state, key.loops())
        else:
            definition = key.expand(self)  # type: ignore[attr-defined]
            if isinstance(definition, Choice):
                self._choice(state, tuple(dict.fromkeys(definition.states)))
            elif isinstance(definition, Call):
                at = k.STATE + 8 * state
                self._cells[at + 1] = definition.piece
                self._cells[at + 2] = definition.then
                self._cells[at] = k.CALL
            elif isinstance(definition, Capture):
                sketch = self.state(definition.then.sketch())
                self._captures[state] = definition.then
                at = k.STATE + 8 * state
                self._cells[at + 1] = definition.piece
                self._cells[at + 2] = sketch
                self._cells[at] = k.CAPTURE
            elif isinstance(definition, Scan):
                returns = definition.outcome if definition.returns else None
                self._scan(state, definition.edges, returns=returns)
                self._set_loops(state, definition.loops)
            else:
                raise TypeError(f"{key!r} expanded to {definition!r}, which is no definition")
        del self._keys[state]

    def after(self, capture: int, text: bytes) -> int:
        """The state after a capture whose piece has read `text`."""
        return self.state(self._captures[capture].after(text))

    def least_length(self, state: int) -> int:
        """No text from `state` to the end of its piece has fewer bytes; 0: nothing is known."""
        at = k.STATE + 8 * state
        is_string = self._cells[at] == k.STRING
        key = self._measured.get(self._cells[at + 2] if is_string else state)
        return 0 if key is None else key.least_length() + is_string

    def keys_by_state(self) -> dict[int, object]:
        """The keys of all states that have been named by one."""
        return self._states.keys_by_state()

    # --- Records --------------------------------------------------------------------------------

    def _describe(self, state: int, key: AutomatonKey) -> None:
        """Note what is known of a state of an automaton before it is expanded."""
        self._cells[k.STATE + 8 * state + 3] = self._lengths(key)
        self._set_safe(state, key.automaton.live(key.state))
        if key.automaton.is_in_character(key.state):
            self._cells[k.SAFE + 2 * state] |= k.IN_CHARACTER

    @staticmethod
    def _lengths(key: AutomatonKey) -> int:
        """The fewest characters to an end, and the bound on that for the whole automaton."""
        bound = key.automaton.length_bound
        if bound is None:
            return 0  # never asked for: such an automaton comes without a limit of its own
        return key.automaton.shortest_length(key.state) | bound << k.SHORTEST_BITS

    def _set_safe(self, state: int, live: Live | None) -> None:
        if live is not None:
            self._cells[k.SAFE + 2 * state] = classes_of(live.characters, is_quoted=True)
            lengths = k.NO_TAIL
            if live.tail is not None and live.tail < k.SHORTEST_MASK > live.shortest:
                lengths = live.shortest | live.tail << k.SHORTEST_BITS
            self._cells[k.SAFE + 2 * state + 1] = lengths

    def _set_loops(self, state: int, characters: Ranges) -> None:
        if characters:
            self._cells[k.SAFE + 2 * state] = classes_of(characters, is_quoted=False)

    def _new(self) -> int:
        cells = self._cells
        state = cells[k.N_STATES]
        if state >= k.MAX_STATES:
            raise TablesFull
        cells[k.N_STATES] = state + 1
        cells[k.STATE + 8 * state] = k.UNEXPANDED
        return state

    def _pairs(self, pairs: Sequence[tuple[int, int]]) -> int:
        """Put pairs of values at EDGE; where they are."""
        cells = self._cells
        first = cells[k.N_EDGES]
        if first + len(pairs) > k.MAX_EDGES:
            raise TablesFull
        at = k.EDGE + 2 * first
        for value, target in pairs:
            cells[at] = value
            cells[at + 1] = target
            at += 2
        cells[k.N_EDGES] = first + len(pairs)
        return first

    def _scan(
        self,
        state: int,
        edges: Sequence[tuple[int, int, int]],
        *,
        returns: int | None = None,
        after_quote: int = -1,
    ) -> None:
        cells = self._cells
        at = k.STATE + 8 * state
        cells[at + 1] = self._pairs([(low | high << 8, target) for low, high, target in edges])
        cells[at + 2] = len(edges)
        cells[at + 3] = 0 if returns is None else 1 + returns
        cells[at + 4] = after_quote
        cells[at] = k.SCAN

    def _choice(self, state: int, states: Sequence[int]) -> None:
        cells = self._cells
        at = k.STATE + 8 * state
        cells[at + 1] = self._pairs([(0, target) for target in states])
        cells[at + 2] = len(states)
        cells[at] = k.CHOICE

    def _string(self, content: int, min_length: int, max_length: int | None, literal: int) -> int:
        # Lengths beyond any text that fits in memory are no constraint (or cannot be met).
        low = min(min_length, k.UNLIMITED - 1)
        high = k.UNLIMITED if max_length is None or max_length >= k.UNLIMITED else max_length
        key = (content, low, high, literal)
        state = self._strings.get(key)
        if state is None:
            state = self._check(k.intern_state(self._arena, k.STRING, k.OPEN, *key))
            self._strings[key] = state
        return state

    def _trie(self, names: Sequence[tuple[str, int]]) -> int:
        encoded = sorted((_encoded(name), then) for name, then in names)
        blob = np.frombuffer(b"".join(name for name, _ in encoded), dtype=np.uint8)
        ends = np.fromiter((len(name) for name, _ in encoded), np.int64, len(encoded)).cumsum()
        offsets = np.zeros(len(encoded) + 1, np.int64)
        offsets[1:] = ends
        targets = np.fromiter((then for _, then in encoded), np.int64, len(encoded))
        return self._check(k.new_names(self._arena, blob, offsets, targets))

    def _excluded(self, names: tuple[str, ...], met: Names) -> int:
        """The content trie of names at which a string must not end."""
        added = []
        while met.before is not None and (names, met) not in self._tries:
            added.append(met)
            met = met.before
        trie = self._tries.get((names, met))
        if trie is None:
            trie = self._trie([(name, k.RETURN) for name in set(names)])
            self._tries[names, met] = trie
        for longer in reversed(added):
            data = np.frombuffer(_encoded(longer.name), np.uint8)
            trie = self._check(k.add_name(self._arena, trie, data, k.RETURN))
            self._tries[names, longer] = trie
        return trie

    @staticmethod
    def _check(state: int) -> int:
        if state < 0:
            raise TablesFull
        return int(state)


def _encoded(name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError:
        raise GrammarError(
            f"The name {name!r} holds a lone surrogate, which no valid text contains"
        ) from None
