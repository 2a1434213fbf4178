"""Grammar trees to network states, without left recursion.

A *place* is a list of expressions that are still to be read, one after the other, in a rule; the
key of a network state. Nothing is multiplied out: the list after a choice is shared by its options,
a repetition is a place that comes back to itself, and a rule is a piece that is called.

A text that a rule captures is part of the places after it, as long as something there reads it
again: so a rule has an instance for each text that occurs (`structgen.grammar.parameters`).

Two things keep the network free of loops that read nothing:

- The piece of a rule reads its texts that are *not empty*. Where a rule may be empty, the caller
  chooses between calling it and going on. The parts of a sequence that may be empty are left out
  from the front, one at a time.
- Rules that begin with themselves (directly, through each other, or behind parts that may be
  empty) are read from the bottom up. What begins a text of `A` is some expression that begins no
  rule of its component; reading it and what follows it in its rule has read some `C`. Then either
  `C` is `A` and the text may end, or `C` begins a rule `D` of the component, and what follows it
  there has read a `D`. This is the left-corner transform, restricted to components (Moore,
  'Removing left recursion from context-free grammars', NAACL 2000; Johnson, 'Finite-state
  approximation of constraint-based grammars using left-corner grammar transforms', COLING-ACL
  1998). It keeps the language, not the trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from structgen.errors import GrammarError
from structgen.grammar.analysis import Facts, components
from structgen.grammar.parameters import Parameters, Use
from structgen.grammar.tree import (
    Alternatives,
    Captured,
    Copy,
    Embedded,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    nodes,
)
from structgen.network import RETURN, Call, Capture, Choice, Definition, Network
from structgen.regular import EPSILON, length, text

__all__ = ["Lowering"]


class _List:
    """Expressions to read, interned: equal lists of one grammar are one object."""

    __slots__ = ("first", "rest")

    def __init__(self, first: _Item, rest: _List | None) -> None:
        self.first = first
        self.rest = rest


class _NotEmpty(NamedTuple):
    """The texts of an expression that are not empty, where it may be empty."""

    expression: Expression


_Item = Expression | _NotEmpty


class _Corner(NamedTuple):
    """What has been read is a text of rule `read`, with which a text of `wanted` begins."""

    wanted: str
    read: str


_Texts = tuple[tuple[str, str | None], ...]
"""What has been captured, by label, sorted; None in the sketch of a capture: not known."""


class Lowering:
    """The states of one grammar.

    Args:
        rules: All rules, by name; every one is productive and refers only to these.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self.facts = Facts(rules)
        self._parameters = Parameters(rules)
        self._uses_of_lists: dict[_List, Use] = {}
        self._lists: dict[tuple[_Item, _List | None], _List] = {}
        self._repetitions: dict[tuple[Expression, int, int | None], Repetition] = {}
        self._component: dict[str, dict[str, None]] = {}
        self._find_left_recursion()
        self._uses: dict[str, list[tuple[str, _List | None]]] = {}

    def _find_left_recursion(self) -> None:
        edges = {
            name: list(dict.fromkeys(start.name for start in self.facts.starts(rule.body)))
            for name, rule in self._rules.items()
        }
        for component in components(edges):
            if len(component) > 1 or component[0] in edges[component[0]]:
                members = dict.fromkeys(sorted(component))
                for name in component:
                    if any(isinstance(n, Captured) for n in nodes(self._rules[name].body)):
                        raise GrammarError(
                            f"The rule {name!r} begins with itself, and such a rule captures "
                            "nothing; capture in a rule of its own"
                        )
                    self._component[name] = members

    # --- Lists ----------------------------------------------------------------------------------

    def _put(self, item: _Item, rest: _List | None) -> _List | None:
        """`item`, then `rest`."""
        if isinstance(item, Sequence):
            for part in reversed(item.parts):
                rest = self._put(part, rest)
            return rest
        if not isinstance(item, _NotEmpty) and not self.facts.has_text(item):
            return rest
        made = self._lists.get((item, rest))
        if made is None:
            made = self._lists[item, rest] = _List(item, rest)
        return made

    def _is_nullable(self, item: _Item) -> bool:
        return not isinstance(item, _NotEmpty) and self.facts.is_nullable(item)

    def _not_empty(self, item: _Item) -> _Item:
        return _NotEmpty(item) if self._is_nullable(item) else item  # type: ignore[arg-type]

    def _again(self, repetition: Repetition) -> Expression:
        """What may follow the first time of a repetition."""
        body = repetition.body
        least = 0 if self._is_nullable(body) else max(repetition.least - 1, 0)
        most = None if repetition.most is None else repetition.most - 1
        if most == 0:
            return Sequence(())
        key = (body, least, most)
        made = self._repetitions.get(key)
        if made is None:
            made = self._repetitions[key] = Repetition(body, least, most)
        return made

    # --- States ---------------------------------------------------------------------------------

    def rule(self, network: Network, name: str, texts: _Texts = ()) -> int:
        """The piece that reads a text of a rule that is not empty."""
        if texts:
            texts = _only(texts, self._parameters.of(Reference(name)).reads)
        return network.state(RulePiece(self, name, texts))

    def state(
        self,
        network: Network,
        items: _List | None,
        corner: _Corner | None = None,
        texts: _Texts = (),
    ) -> int:
        """The state that reads `items`, then ends the piece or goes on up from `corner`."""
        if items is None and corner is None:
            return RETURN
        return network.state(self.place(items, corner, texts))

    def place(self, items: _List | None, corner: _Corner | None, texts: _Texts) -> Place:
        """The same as a key, with the captured texts that still matter."""
        if texts and corner is None:
            texts = _only(texts, self._read_by(items).reads)
        return Place(self, items, corner, texts)

    def _read_by(self, items: _List | None) -> Use:
        if items is None:
            return Use()
        use = self._uses_of_lists.get(items)
        if use is None:
            first = items.first.expression if isinstance(items.first, _NotEmpty) else items.first
            use = self._parameters.of(first).then(self._read_by(items.rest))
            self._uses_of_lists[items] = use
        return use

    def define(
        self, network: Network, items: _List, corner: _Corner | None, texts: _Texts
    ) -> Definition:
        """One step from a place."""
        item, rest = items.first, items.rest
        if isinstance(item, Captured):
            return self._define_capture(network, item, rest, texts)
        then = self.state(network, rest, corner, texts)
        if isinstance(item, _NotEmpty):
            inner = item.expression
            if isinstance(inner, Reference):
                after = self._after_last(inner.name, rest, corner, then)
                return Call(self.rule(network, inner.name, texts), after)
            if isinstance(inner, Terminal):
                return Call(network.automaton((inner.language - EPSILON).automaton()), then)
            return Choice(
                tuple(
                    self.state(network, self._put(first, following), corner, texts)
                    for first, following in self._first_parts(inner, rest)
                )
            )
        if isinstance(item, Alternatives):
            return Choice(
                tuple(
                    self.state(network, self._put(each, rest), corner, texts)
                    for each in item.options
                )
            )
        if isinstance(item, Repetition):
            once = self._put(self._not_empty(item.body), self._put(self._again(item), rest))
            states = [self.state(network, once, corner, texts)]
            if self._is_nullable(item):
                states.append(then)
            return Choice(tuple(states))
        if isinstance(item, Literal):
            return Choice((network.literal(item.text.encode(), then),))
        if isinstance(item, Terminal):
            return Call(network.automaton(item.language.automaton()), then)
        if isinstance(item, Embedded):
            return Call(item.source.start(network), then)
        if isinstance(item, Copy):
            copied = dict(texts)[item.label]
            if copied is None:
                return Choice((network.UNKNOWN,))
            return Choice((network.literal(copied.encode(), then),))
        assert isinstance(item, Reference), "sequences are put part by part"
        piece = self.rule(network, item.name, texts)
        after = self._after_last(item.name, rest, corner, then)
        if self._is_nullable(item):
            return Choice((network.call(piece, after), then))
        return Call(piece, after)

    def _define_capture(
        self, network: Network, item: Captured, rest: _List | None, texts: _Texts
    ) -> Definition:
        """One step from a place at which a text is captured."""
        language = item.language
        known = dict(texts)
        if item.extends and item.label in known:
            before = known[item.label]
            if before is None:
                return Choice((network.UNKNOWN,))
            language &= text(before) + length(1)
        piece = network.automaton(language.automaton())
        if rest is None:
            return Call(piece, RETURN)
        others = tuple(each for each in texts if each[0] != item.label)
        return Capture(piece, AfterCapture(self, item.label, rest, others))

    @staticmethod
    def _after_last(name: str, rest: _List | None, corner: _Corner | None, then: int) -> int:
        """Where to go on after a rule; nowhere in `a ::= a "+" a` after the second `a`.

        Its piece reads any text of `a`, and a text of `a` with more of the same after it is one: so
        what may come after is read inside it already, and the call keeps nothing on the stack.
        """
        return RETURN if rest is None and corner == (name, name) else then

    def _first_parts(
        self, expression: Expression, rest: _List | None
    ) -> Iterator[tuple[_Item, _List | None]]:
        """(what reads the first bytes, what follows) for the texts that are not empty."""
        if not self.facts.has_text(expression):
            return
        if isinstance(expression, Sequence):
            following = [rest]
            for part in reversed(expression.parts):
                following.append(self._put(part, following[-1]))
            following.pop()
            for part in expression.parts:
                yield from self._first_parts(part, following.pop())
                if not self._is_nullable(part):
                    return
        elif isinstance(expression, Alternatives):
            for option in expression.options:
                yield from self._first_parts(option, rest)
        elif isinstance(expression, Repetition):
            again = self._put(self._again(expression), rest)
            yield from self._first_parts(expression.body, again)
        else:
            yield self._not_empty(expression), rest

    # --- Left recursion -------------------------------------------------------------------------

    def define_rule(self, network: Network, name: str, texts: _Texts) -> Definition:
        """One step into a rule."""
        component = self._component.get(name)
        if component is None:
            items = self._put(self._not_empty(self._rules[name].body), None)
            assert items is not None, "only rules with a text that is not empty are called"
            return self.define(network, items, None, texts)
        return Choice(
            tuple(
                self.state(network, self._put(first, following), _Corner(name, begun), texts)
                for begun in component
                for first, following in self._first_parts(self._rules[begun].body, None)
                if _referred(first) not in component
            )
        )

    def define_corner(self, network: Network, corner: _Corner, texts: _Texts) -> Definition:
        """One step up: the text ends, or what has been read begins a larger part of it."""
        self._find_uses(corner.wanted)
        reached = [corner.read]  # and what is also read, where nothing need follow
        states = []
        for read in reached:
            for name, following in self._uses[read]:
                larger = _Corner(corner.wanted, name)
                cell = following
                while cell is not None:
                    items = self._put(self._not_empty(cell.first), cell.rest)
                    states.append(self.state(network, items, larger, texts))
                    if not self._is_nullable(cell.first):
                        break
                    cell = cell.rest
                if cell is None and name not in reached:
                    reached.append(name)
        if corner.wanted in reached:
            states.append(RETURN)
        return Choice(tuple(states))

    def _find_uses(self, name: str) -> None:
        """For each rule of a component, where rules of the component begin with it."""
        if name in self._uses:
            return
        component = self._component[name]
        for member in component:
            self._uses[member] = []
        for member in component:
            for first, following in self._first_parts(self._rules[member].body, None):
                referred = _referred(first)
                if referred in component:
                    self._uses[referred].append((member, following))


def _only(texts: _Texts, labels: frozenset[str]) -> _Texts:
    return tuple(each for each in texts if each[0] in labels)


def _referred(item: _Item) -> str | None:
    expression = item.expression if isinstance(item, _NotEmpty) else item
    return expression.name if isinstance(expression, Reference) else None


class RulePiece(NamedTuple):
    """The texts of a rule that are not empty; a piece."""

    lowering: Lowering
    name: str
    texts: _Texts

    def expand(self, network: Network) -> Definition:
        """See `Lowering`."""
        return self.lowering.define_rule(network, self.name, self.texts)


class Place(NamedTuple):
    """What is still to be read in a rule."""

    lowering: Lowering
    items: _List | None
    corner: _Corner | None
    texts: _Texts

    def expand(self, network: Network) -> Definition:
        """See `Lowering`."""
        lowering, items, corner, texts = self
        if items is not None:
            return lowering.define(network, items, corner, texts)
        assert corner is not None, "the end of a rule is RETURN"
        return lowering.define_corner(network, corner, texts)


class AfterCapture(NamedTuple):
    """What follows a captured text in a rule (see `structgen.network.TextKey`)."""

    lowering: Lowering
    label: str
    items: _List
    others: _Texts

    def after(self, text: bytes) -> Place:
        """The place where the text is known."""
        return self._place(text.decode())

    def sketch(self) -> Place:
        """The place where it is not; a copy of it is `UNKNOWN`."""
        return self._place(None)

    def _place(self, text: str | None) -> Place:
        texts = tuple(sorted([*self.others, (self.label, text)], key=lambda each: each[0]))
        return self.lowering.place(self.items, None, texts)
