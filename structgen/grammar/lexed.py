"""A grammar over lexemes: network states that know what the lexemes before them threaten.

Whether a lexeme may come where a grammar wants it depends on those before it: after `x`, no letter
may follow. What matters of them is a *boundary class* (`structgen.grammar.boundaries`), a small
number. So a network state is a place and a class, and a piece, which is entered at a class, returns
as its outcome the class that it has come to; what follows the call is a switch over outcomes.

A class that a rule can end at may be one at which its caller cannot go on. So a piece has a third
part: the outcomes that its caller *wants* (`structgen.grammar.outcomes`). Where a caller can go on
from all of them, as nearly everywhere in grammars with white space, it wants any, and all callers
share the piece.

Source:
    Bar-Hillel, Perles and Shamir, 'On formal properties of simple phrase structure grammars', 1961:
    the product of a grammar and an automaton. Here the automaton's states are carried from left to
    right, and only those that occur are met.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from structgen.errors import GrammarError
from structgen.grammar.analysis import Facts
from structgen.grammar.boundaries import Boundaries, Symbol
from structgen.grammar.checks import check_defined, check_productive, reachable_rules
from structgen.grammar.grammar import ContextFreeGrammar
from structgen.grammar.lexeme_choice import read_any
from structgen.grammar.lexer import Lexer
from structgen.grammar.outcomes import Outcomes, Wanted
from structgen.grammar.steps import Place, Step, Steps
from structgen.grammar.tree import Reference, Rule, Terminal, nodes
from structgen.network import Call, Choice, Definition, Network
from structgen.regular import Language

__all__ = ["build_lexed"]


def build_lexed(
    rules: Mapping[str, Rule],
    start: str,
    text: str,
    terminals: Sequence[tuple[str, Language]],
    ignored: Collection[str],
) -> ContextFreeGrammar:
    """Check rules over lexemes and make a grammar of them.

    Args:
        rules: All rules, by name; made of `Terminal` (each by a name of `terminals`), `Reference`,
            `Sequence`, `Alternatives` and `Repetition`.
        start: The name of the rule that is the whole language.
        text: The source that the rules' spans are places in.
        terminals: (name, language) of every terminal, in order of precedence.
        ignored: The names of the rules that read what is ignored between others.

    Raises:
        GrammarError: A rule is not defined, no text matches it, or the lexer leaves no text at all.
        LimitExceededError: The lexer has too many states.
    """
    check_defined(rules, start, text)
    rules = reachable_rules(rules, start)
    check_productive(rules, text)
    boundaries = Boundaries(rules, start, ignored, Lexer(terminals), dict(terminals))
    lowering = _LexedLowering(rules, ignored, boundaries)
    if not lowering.facts.is_nullable(Reference(start)) and not lowering.has_text(start):
        raise GrammarError(
            f"No text matches {start!r}: the lexer always finds a longer terminal, or one that "
            "comes first, in place of one that the rules need"
        )
    return ContextFreeGrammar(rules, start, lowering)


class _LexedLowering:
    """The states of one grammar.

    Args:
        rules: All rules, by name; every one is productive and refers only to these.
        ignored: The names of those that read what is ignored between others.
        boundaries: The classes of boundaries.
    """

    def __init__(
        self, rules: Mapping[str, Rule], ignored: Collection[str], boundaries: Boundaries
    ) -> None:
        self._steps = Steps(rules)
        self._boundaries = boundaries
        self._is_ignored = {
            node for name in ignored if name in rules for node in nodes(rules[name].body)
        }
        self._outcomes = Outcomes(self._steps, self._after)
        self._numbers: dict[tuple[Symbol, int], int] = {}

    @property
    def facts(self) -> Facts:
        """What the rules can match before the lexer."""
        return self._steps.facts

    def has_text(self, name: str) -> bool:
        """Whether a rule has a text that is not empty, at the beginning of a text."""
        return self.facts.has_text(Reference(name)) and bool(
            self._outcomes.of(name, self._boundaries.start)
        )

    def _after(self, step: Step, before: int) -> Iterable[int]:
        """The classes that reading a lexeme can lead to."""
        assert isinstance(step.item, Terminal), "a grammar over lexemes has no other parts"
        return self._boundaries.ways(self._symbol(step.item), before)

    def _symbol(self, node: Terminal) -> Symbol:
        return Symbol(node.name, node in self._is_ignored)

    # --- States ---------------------------------------------------------------------------------

    def rule(self, network: Network, name: str) -> int:
        """The piece that reads a text of a rule that is not empty, at the beginning of a text."""
        return network.state(_Key(self, name, self._boundaries.start, None))

    def _state(self, network: Network, place: Place | None, before: int, wanted: Wanted) -> int:
        if place is None:
            return network.returning(before)
        return network.state(_Key(self, place, before, wanted))

    def least_length(self, at: str | Place) -> int:
        """No text of a rule that is not empty, or from a place, has fewer bytes."""
        return self._steps.least_length(at)

    def define(self, network: Network, at: str | Place, before: int, wanted: Wanted) -> Definition:
        """One step into a rule or from a place: its lexemes, all read at once, and its rules."""
        lexemes: dict[int, tuple[Language, list[int]]] = {}
        ways: list[Call] = []
        ends = False
        for step in self._distinct_steps(at):
            item, then = step
            after = self._outcomes.after(step, before, wanted)
            if item is None:
                ends = bool(after)
            elif isinstance(item, Terminal):
                symbol = self._symbol(item)
                texts = self._boundaries.ways(symbol, before)
                for each in after:
                    outcome = self._numbers.setdefault((symbol, each), len(self._numbers) + 1)
                    _, states = lexemes.setdefault(outcome, (texts[each], []))
                    states.append(self._state(network, then, each, wanted))
            elif after:
                assert isinstance(item, Reference), "a grammar over lexemes has no other parts"
                wants = self._outcomes.wanted(item.name, before, after)
                piece = network.state(_Key(self, item.name, before, wants))
                follows = {each: self._state(network, then, each, wanted) for each in after}
                ways.append(Call(piece, network.switch(follows)))
        if lexemes:
            choices = {n: (texts, network.choice(then)) for n, (texts, then) in lexemes.items()}
            ways.append(read_any(network, choices))
        if len(ways) == 1 and not ends:
            return ways[0]
        calls = [network.call(*way) for way in ways]
        return Choice((*calls, network.returning(before)) if ends else tuple(calls))

    def _distinct_steps(self, at: str | Place) -> list[Step]:
        """The steps that read something, or end, where what reads nothing has been taken."""
        found: dict[Step, None] = {}
        queue: dict[str | Place, None] = {at: None}
        reached = [at]
        for each in reached:
            for step in self._outcomes.steps(each):
                if step.item is not None or step.then is None:
                    found[step] = None
                elif step.then not in queue:
                    queue[step.then] = None
                    reached.append(step.then)
        return list(found)


class _Key(NamedTuple):
    """A rule to enter, or a place, at a boundary of a class; what its piece may end at."""

    lowering: _LexedLowering
    at: str | Place
    before: int
    wanted: Wanted

    def least_length(self) -> int:
        return self.lowering.least_length(self.at)

    def expand(self, network: Network) -> Definition:
        return self.lowering.define(network, self.at, self.before, self.wanted)
