"""What can be between two lexemes: the threats that matter there, merged to a few classes.

A boundary is the lexeme that has just ended and the threats that it and those before it left (see
`structgen.grammar.lexer`). What matters of it is what it does to each terminal that the grammar
lets follow. Threats that hit none of those are dropped, and boundaries that do the same to every
terminal that can follow both are one class. So most grammars have two or three classes: after a
word, after a number, and all others.

There is one exception from longest match, which changes no language: where two texts of an ignored
terminal are always one text of it as well, and all its texts leave the same threats, they may stand
next to each other; so white space leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from structgen.errors import LimitExceededError
from structgen.grammar.lexer import Lexer, Threats
from structgen.grammar.tree import (
    Alternatives,
    Expression,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    nodes,
)
from structgen.regular import Language, union

__all__ = ["Boundaries", "Symbol"]

MAX_BOUNDARIES = 20_000


class Symbol(NamedTuple):
    """A terminal in a role: `is_ignored` where it stands between those of the rules."""

    name: str
    is_ignored: bool


_START = Symbol("", is_ignored=True)
_NOTHING: Threats = frozenset()
_Effects = dict[Symbol, Threats | None]


class Boundaries:
    """The classes of boundaries of a grammar whose terminals are lexemes.

    Args:
        rules: All rules, by name; every `Terminal` has the name that `lexer` knows.
        start: The start rule.
        ignored: The rules that read what is ignored.
        lexer: The automaton of all terminals.
        languages: Each terminal's language, by name.

    Raises:
        LimitExceededError: There are more than `MAX_BOUNDARIES`.

    Attributes:
        start: The class at the beginning of a text.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        start: str,
        ignored: Collection[str],
        lexer: Lexer,
        languages: Mapping[str, Language],
    ) -> None:
        self._lexer = lexer
        self._following = _Adjacency(rules, ignored).following(start)
        self._relevant = self._find_relevant()
        self._merging = {
            name
            for name, is_ignored in self._following
            if is_ignored and name
            if self._merges(Symbol(name, is_ignored=True), languages[name])
        }
        self._classes: list[_Effects] = []
        self._class_of: dict[tuple[Symbol, Threats], int] = {}
        self._find_classes()
        self.start = self._class_of[_START, _NOTHING]

    def ways(self, symbol: Symbol, boundary: int) -> dict[int, Language]:
        """The texts that a terminal can read at a boundary: {class afterwards: texts}."""
        threats = self._classes[boundary][symbol]
        if threats is None:
            return {}
        found: dict[int, list[Language]] = {}
        for left, language in self._lexer.lexemes(symbol.name, threats).items():
            after = self._class_of[symbol, self._kept(symbol, left)]
            found.setdefault(after, []).append(language)
        return {after: union(languages) for after, languages in found.items()}

    # --- What matters ---------------------------------------------------------------------------

    def _find_relevant(self) -> set[tuple[int, Symbol]]:
        """(threat, symbol): after the symbol, the threat can forbid something. A fixpoint."""
        arising: dict[Symbol, set[int]] = {}
        queue: list[tuple[int, Symbol]] = []
        for symbol in self._following:
            if symbol.name:
                left = self._lexer.lexemes(symbol.name, _NOTHING)
                arising[symbol] = set().union(*left) if left else set()
                queue.extend((threat, symbol) for threat in arising[symbol])
        users: dict[tuple[int, Symbol], list[tuple[int, Symbol]]] = {}
        relevant: list[tuple[int, Symbol]] = []
        for threat, symbol in queue:
            for following in self._following[symbol]:
                effect = self._lexer.effect(threat, following.name)
                if effect.hits:
                    relevant.append((threat, symbol))
                for survivor in effect.survivors:
                    users.setdefault((survivor, following), []).append((threat, symbol))
                    if survivor not in arising[following]:
                        arising[following].add(survivor)
                        queue.append((survivor, following))
        found = set(relevant)
        for at in relevant:
            for user in users.get(at, ()):
                if user not in found:
                    found.add(user)
                    relevant.append(user)
        return found

    def _kept(self, symbol: Symbol, threats: Threats) -> Threats:
        return frozenset(threat for threat in threats if (threat, symbol) in self._relevant)

    def _merges(self, symbol: Symbol, language: Language) -> bool:
        """Whether texts of an ignored terminal in a row are one text of it, for all purposes."""
        left = {self._kept(symbol, each) for each in self._lexer.lexemes(symbol.name, _NOTHING)}
        if len(left) != 1:
            return False
        lexemes = union(self._lexer.lexemes(symbol.name, _NOTHING).values())
        try:
            return (lexemes + lexemes - lexemes).is_empty() and not (language - lexemes).is_live
        except LimitExceededError:
            return False

    # --- Classes --------------------------------------------------------------------------------

    def _find_classes(self) -> None:
        """Merge boundaries, one by one, with the first class that does the same."""
        queue: list[tuple[Symbol, Threats]] = [(_START, _NOTHING)]
        effects: dict[tuple[Symbol, Threats], _Effects] = {}
        for at in queue:
            if at in effects:
                continue
            symbol, threats = at
            effects[at] = {}
            if len(effects) > MAX_BOUNDARIES:
                raise LimitExceededError(
                    f"The lexer of the grammar makes more than {MAX_BOUNDARIES:,} boundaries",
                    limit="lexer_boundaries",
                )
            for following in self._following[symbol]:
                left = self._effect(symbol, threats, following)
                effects[at][following] = left
                if left is not None:
                    queue.extend(
                        (following, self._kept(following, each))
                        for each in self._lexer.lexemes(following.name, left)
                    )
        for at in sorted(effects, key=_ignored_first):
            self._class_of[at] = self._merged(effects[at])

    def _effect(self, symbol: Symbol, threats: Threats, following: Symbol) -> Threats | None:
        """The threats that matter to a terminal; None where no lexeme of it is left."""
        if symbol == following and symbol.is_ignored and symbol.name in self._merging:
            (own,) = self._lexer.lexemes(symbol.name, _NOTHING)
            if threats == self._kept(symbol, own):
                return _NOTHING
        hitting = []
        for threat in threats:
            effect = self._lexer.effect(threat, following.name)
            if effect.blocks:
                return None
            if effect.hits or any((each, following) in self._relevant for each in effect.survivors):
                hitting.append(threat)
        left = frozenset(hitting)
        return left if self._lexer.lexemes(following.name, left) else None

    def _merged(self, effects: _Effects) -> int:
        for number, known in enumerate(self._classes):
            if all(known.get(symbol, left) == left for symbol, left in effects.items()):
                known.update(effects)
                return number
        self._classes.append(dict(effects))
        return len(self._classes) - 1


def _ignored_first(at: tuple[Symbol, Threats]) -> bool:
    return not at[0].is_ignored


class _Adjacency:
    """Which terminals can stand next to each other."""

    def __init__(self, rules: Mapping[str, Rule], ignored: Collection[str]) -> None:
        self._rules = rules
        self._ignored = ignored
        self._ends: dict[str, tuple[set[Symbol], set[Symbol], bool]] = {
            name: (set(), set(), False) for name in rules
        }
        changed = True
        while changed:
            changed = False
            for name, rule in rules.items():
                firsts, lasts, nullable = self._ends_of(rule.body, name in ignored)
                known = self._ends[name]
                if (len(firsts), len(lasts), nullable) != (len(known[0]), len(known[1]), known[2]):
                    self._ends[name] = (firsts, lasts, nullable)
                    changed = True

    def following(self, start: str) -> dict[Symbol, dict[Symbol, None]]:
        """For each terminal, those that can come next; in a fixed order."""
        pairs = {(_START, first) for first in self._ends[start][0]}
        symbols = {_START}
        for name, rule in self._rules.items():
            is_ignored = name in self._ignored
            for node in nodes(rule.body):
                if isinstance(node, Terminal):
                    symbols.add(Symbol(node.name, is_ignored))
                pairs.update(self._pairs(node, is_ignored))
        found: dict[Symbol, dict[Symbol, None]] = {symbol: {} for symbol in sorted(symbols)}
        for before, after in sorted(pairs):
            found[before][after] = None
        return found

    def _pairs(self, node: Expression, is_ignored: bool) -> Iterator[tuple[Symbol, Symbol]]:
        if isinstance(node, Sequence):
            before: set[Symbol] = set()
            for part in node.parts:
                firsts, lasts, nullable = self._ends_of(part, is_ignored)
                yield from ((a, b) for a in before for b in firsts)
                before = before | lasts if nullable else lasts
        elif isinstance(node, Repetition) and node.most != 1:
            firsts, lasts, _ = self._ends_of(node.body, is_ignored)
            yield from ((a, b) for a in lasts for b in firsts)

    def _ends_of(self, node: Expression, is_ignored: bool) -> tuple[set[Symbol], set[Symbol], bool]:
        """(first terminals, last terminals, whether it may be empty)."""
        if isinstance(node, Terminal):
            symbol = {Symbol(node.name, is_ignored)}
            return symbol, symbol, False
        if isinstance(node, Reference):
            return self._ends[node.name]
        if isinstance(node, Repetition):
            firsts, lasts, nullable = self._ends_of(node.body, is_ignored)
            return firsts, lasts, nullable or node.least == 0
        if isinstance(node, Alternatives):
            ends = [self._ends_of(option, is_ignored) for option in node.options]
            return (
                set().union(*(firsts for firsts, _, _ in ends)),
                set().union(*(lasts for _, lasts, _ in ends)),
                any(nullable for _, _, nullable in ends),
            )
        assert isinstance(node, Sequence), "a lexer's grammar has no other nodes"
        parts = [self._ends_of(part, is_ignored) for part in node.parts]
        first: set[Symbol] = set()
        for firsts, _, nullable in parts:
            first |= firsts
            if not nullable:
                break
        last: set[Symbol] = set()
        for _, lasts, nullable in reversed(parts):
            last |= lasts
            if not nullable:
                break
        return first, last, all(nullable for _, _, nullable in parts)
