"""A slow, obvious recogniser of network grammars: explicit stacks, no trie, no memo.

It shares nothing with the engine but the `Network` interface. Its strings are read character by
character from the text, not by an automaton.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from structgen.network import NO_NAMES, RETURN, UNKNOWN, Call, Capture, Choice, Names, Scan

_PARTIAL_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{0,3})?$")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _String(NamedTuple):
    """A quoted string; `judge` gets (characters, spelling of an unfinished one or None)."""

    judge: Callable[[list[tuple[str, str]], str | None], bool]
    then: Callable[[str], int | None]  # the state after the closing quote, by the value


class _Ending(NamedTuple):
    """The end of a piece that returns this outcome."""

    outcome: int


class NaiveNetwork:
    """States as Python objects (see `structgen.network.Network`)."""

    RETURN = RETURN
    UNKNOWN = UNKNOWN

    def __init__(self) -> None:
        self.definitions: list[Any] = [_Ending(0), None]  # RETURN, UNKNOWN
        self.keys: dict[Any, int] = {}

    def new(self, definition: Any) -> int:
        self.definitions.append(definition)
        return len(self.definitions) - 1

    def state(self, key: Any) -> int:
        named = (type(key), key)
        if named not in self.keys:
            self.keys[named] = self.new(key)
        return self.keys[named]

    def definition(self, state: int) -> Any:
        if hasattr(self.definitions[state], "expand"):
            self.definitions[state] = self.definitions[state].expand(self)
        return self.definitions[state]

    def literal(self, data: bytes, then: int) -> int:
        for byte in reversed(data):
            then = self.new(Scan(((byte, byte, then),)))
        return then

    def call(self, piece: int, then: int) -> int:
        return self.new(Call(piece, then))

    def choice(self, states: Sequence[int]) -> int:
        return self.new(Choice(tuple(states)))

    def returning(self, outcome: int) -> int:
        return self.new(_Ending(outcome))

    def switch(self, states: Mapping[int, int]) -> int:
        return self.new(dict(states))

    def automaton(self, automaton: Any) -> int:
        made: dict[int, int] = {}

        class Place(NamedTuple):
            state: int

            def expand(self, network: NaiveNetwork) -> Scan:
                edges = automaton.edges(self.state)
                return Scan(
                    tuple((low, high, place(target)) for low, high, target in edges),
                    automaton.is_accepting(self.state),
                )

        def place(state: int) -> int:
            if state not in made:
                made[state] = self.new(Place(state))
            return made[state]

        return place(automaton.start)

    def json_string(
        self, language: Any = None, min_length: int = 0, max_length: int | None = None
    ) -> int:
        assert language is None, "the naive recogniser has no patterns"

        def judge(characters: list[tuple[str, str]], unfinished: str | None) -> bool:
            count = len(characters) + (unfinished is not None)
            return max_length is None or count <= max_length

        def then(value: str) -> int | None:
            return RETURN if len(value) >= min_length else None

        return self.new(_String(judge, then))

    def json_names(self, names: Sequence[tuple[str, int]]) -> int:
        def judge(characters: list[tuple[str, str]], unfinished: str | None) -> bool:
            value = "".join(character for character, _ in characters)
            if any(_is_plain(c) and spelled != c for c, spelled in characters):
                return False
            return any(
                name.startswith(value)
                and (
                    unfinished is None
                    or (len(name) > len(value) and _may_spell(name[len(value)], unfinished))
                )
                for name, _ in names
            )

        return self.new(_String(judge, dict(names).get))

    def json_string_except(
        self, names: Sequence[str], met: Names = NO_NAMES, language: Any = None
    ) -> int:
        assert language is None, "the naive recogniser has no patterns"
        excluded = {*names, *met}

        def then(value: str) -> int | None:
            return None if value in excluded else RETURN

        return self.new(_String(lambda characters, unfinished: True, then))


def _is_plain(character: str) -> bool:
    return " " <= character < "\x7f" and character not in '"\\'


def _may_spell(character: str, unfinished: str) -> bool:
    """Whether an unfinished escape (or nothing read yet of raw bytes) can become `character`."""
    if _is_plain(character):
        return False
    units = character.encode("utf-16-be").hex()
    long = "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
    short = [f"\\{letter}" for letter, value in _ESCAPES.items() if value == character]
    return any(spelling.startswith(unfinished.lower()) for spelling in (long, *short))


def _read_string(data: bytes, at: int, string: _String) -> tuple[int, int] | bool:
    """(state after the string, position), or whether the data may still become such a string."""
    if at == len(data):
        return True
    if data[at : at + 1] != b'"':
        return False
    at += 1
    characters: list[tuple[str, str]] = []
    while at < len(data):
        if data[at : at + 1] == b'"':
            then = string.then("".join(character for character, _ in characters))
            return False if then is None else (then, at + 1)
        rest = data[at:].decode("latin-1")
        if rest[0] == "\\":
            found = re.match(
                r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}"
                r'|\\["\\/bfnrt]',
                rest,
            )
            spelled = found[0] if found else rest
            if not found or re.fullmatch(r"\\u[dD][89abAB]..", spelled):
                possible = re.fullmatch(
                    r"\\(u([0-9a-fA-F]{0,3}|[dD][89abAB][0-9a-fA-F]{2}(\\(u([dD]([c-fC-F]"
                    r"[0-9a-fA-F]?)?)?)?)?)?)?",
                    rest,
                )
                if not possible or re.match(r"\\u[dD][c-fC-F]", rest):
                    return False
                return string.judge(characters, rest)
            if spelled[1] == "u":
                try:
                    character = bytes.fromhex(spelled.replace("\\u", "")).decode("utf-16-be")
                except UnicodeDecodeError:
                    return False
            else:
                character = _ESCAPES[spelled[1]]
            size = len(spelled)
        else:
            if rest[0] < " ":
                return False
            size = 0
            for size in range(1, 5):
                try:
                    character = data[at : at + size].decode()
                    break
                except UnicodeDecodeError:
                    continue
            else:
                return False
            if at + size > len(data) or not character:
                return False
            spelled = character
        characters.append((character, spelled))
        at += size
        if not string.judge(characters, None):
            return False
    return True


def _may_finish_utf8(data: bytes) -> list[bytes]:
    """`data` with its last, cut character finished in some ways; [data] if none is cut."""
    for cut in range(1, 4):
        if cut <= len(data) and data[-cut] >= 0xC0:
            need = 2 if data[-cut] < 0xE0 else 3 if data[-cut] < 0xF0 else 4
            if need <= cut:
                return [data]
            tails = [b"\x80", b"\xbf", b"\xa9", b"\x98", b"\x9f", b"\x90"]
            finished = [data]
            for _ in range(need - cut):
                finished = [text + tail for text in finished for tail in tails]
            return finished
        if cut > len(data) or data[-cut] < 0x80:
            return [data]
    return [data]


def _recognise(grammar: Any, data: bytes) -> tuple[bool, bool]:
    network = NaiveNetwork()
    start = grammar.start(network)
    todo = [(start, (), 0)]
    seen = set(todo)
    prefix = complete = False
    while todo:
        state, stack, at = todo.pop()
        following = []
        definition = network.definition(state)
        if isinstance(definition, _Ending):
            if stack:
                then, below = stack
                if isinstance(then, tuple):  # a capture and where it began
                    then = network.state(then[0].after(data[then[1] : at]))
                elif then == RETURN:
                    then = state
                elif isinstance(network.definition(then), dict):
                    then = network.definition(then)[definition.outcome]
                following.append((then, below, at))
            elif at == len(data):
                prefix = complete = True
        else:
            if isinstance(definition, Choice):
                following += [(target, stack, at) for target in definition.states]
            elif isinstance(definition, Call):
                following.append((definition.piece, (definition.then, stack), at))
            elif isinstance(definition, Capture):
                following.append((definition.piece, ((definition.then, at), stack), at))
            elif isinstance(definition, _String):
                read = _read_string(data, at, definition)
                if read is True:
                    prefix = True
                elif read is not False:
                    following.append((read[0], stack, read[1]))
            else:
                if definition.returns:
                    end = network.state(_End(definition.outcome))
                    following.append((end, stack, at))
                if at == len(data):
                    prefix = prefix or bool(definition.edges)
                else:
                    following += [
                        (target, stack, at + 1)
                        for low, high, target in definition.edges
                        if low <= data[at] <= high
                    ]
        for item in following:
            if item not in seen:
                seen.add(item)
                todo.append(item)
    return prefix, complete


class _End(NamedTuple):
    """The end of a scan that returns an outcome, as a key."""

    outcome: int

    def expand(self, network: NaiveNetwork) -> _Ending:
        return _Ending(self.outcome)


def naive_accepts(grammar: Any, data: bytes) -> tuple[bool, bool]:
    """(whether `data` can be completed to a text of the grammar, whether it is one)."""
    complete = _recognise(grammar, data)[1]
    return any(_recognise(grammar, text)[0] for text in _may_finish_utf8(data)), complete
