"""What can be read next at a place of a grammar, without left recursion.

A *place* is a list of expressions that are still to be read, one after the other, in a rule.
Nothing is multiplied out: the list after a choice is shared by its options, and a repetition is a
place that comes back to itself.

Two things make sure that no way through places goes in a circle without reading:

- Entering a rule reads its texts that are *not empty*. Where a rule may be empty, one step enters
  it and another goes on. The parts of a sequence that may be empty are left out from the front, one
  at a time.
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
from structgen.regular import EPSILON

__all__ = ["Items", "Place", "Step", "Steps"]


class Items:
    """Expressions to read, interned: equal lists of one grammar are one object."""

    __slots__ = ("first", "rest")

    def __init__(self, first: _Item, rest: Items | None) -> None:
        self.first = first
        self.rest = rest

    @property
    def expression(self) -> Expression:
        """The first of them, whether or not it may be empty here."""
        return self.first.expression if isinstance(self.first, _NotEmpty) else self.first


class _NotEmpty(NamedTuple):
    """The texts of an expression that are not empty, where it may be empty."""

    expression: Expression


_Item = Expression | _NotEmpty


class _Corner(NamedTuple):
    """What has been read is a text of rule `read`, with which a text of `wanted` begins."""

    wanted: str
    read: str


class Place(NamedTuple):
    """What is still to be read in a rule, and from where to go on up after it."""

    items: Items | None
    corner: _Corner | None


class Step(NamedTuple):
    """One way on.

    Attributes:
        item: What to read; of a rule, a text that is not empty. None: nothing.
        then: Where to go on; None: at the end of the rule that was entered.
    """

    item: Literal | Terminal | Reference | Embedded | Captured | Copy | None
    then: Place | None


class Steps:
    """The steps of one grammar.

    Args:
        rules: All rules, by name; every one is productive and refers only to these.

    Attributes:
        facts: What the rules can match.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self.facts = Facts(rules)
        self._lists: dict[tuple[_Item, Items | None], Items] = {}
        self._repetitions: dict[tuple[Expression, int, int | None], Repetition] = {}
        self._component: dict[str, dict[str, None]] = {}
        self._find_left_recursion()
        self._uses: dict[str, list[tuple[str, Items | None]]] = {}

    def into(self, name: str) -> tuple[Step, ...]:
        """The steps into a rule that has a text which is not empty."""
        component = self._component.get(name)
        if component is None:
            items = self._put(self._not_empty(self._rules[name].body), None)
            return self.at(Place(items, None))
        return tuple(
            Step(None, Place(self._put(first, following), _Corner(name, begun)))
            for begun in component
            for first, following in self._first_parts(self._rules[begun].body, None)
            if _referred(first) not in component
        )

    def least_length(self, at: str | Place) -> int:
        """No text that the steps into a rule, or from a place, lead to has fewer bytes."""
        if isinstance(at, str):
            return max(1, self.facts.least_length(Reference(at)))
        length = 0
        items = at.items
        while items is not None:
            least = self.facts.least_length(items.expression)
            length += max(1, least) if isinstance(items.first, _NotEmpty) else least
            items = items.rest
        return length

    def at(self, place: Place) -> tuple[Step, ...]:
        """The steps from a place."""
        items, corner = place
        if items is None:
            assert corner is not None, "the end of a rule is no place"
            return self._up(corner)
        item, rest = items.first, items.rest
        then = _place(rest, corner)
        if isinstance(item, _NotEmpty):
            inner = item.expression
            if isinstance(inner, Reference):
                return (self._enter(inner, rest, corner, then),)
            if isinstance(inner, Terminal):
                return (Step(Terminal(inner.language - EPSILON, inner.name), then),)
            return tuple(
                Step(None, _place(self._put(first, following), corner))
                for first, following in self._first_parts(inner, rest)
            )
        if isinstance(item, Alternatives):
            return tuple(Step(None, _place(self._put(each, rest), corner)) for each in item.options)
        if isinstance(item, Repetition):
            once = self._put(self._not_empty(item.body), self._put(self._again(item), rest))
            further = Step(None, _place(once, corner))
            return (further, Step(None, then)) if self._is_nullable(item) else (further,)
        if isinstance(item, Reference):
            enter = self._enter(item, rest, corner, then)
            return (enter, Step(None, then)) if self._is_nullable(item) else (enter,)
        assert not isinstance(item, Sequence), "sequences are put part by part"
        return (Step(item, then),)

    @staticmethod
    def _enter(
        rule: Reference, rest: Items | None, corner: _Corner | None, then: Place | None
    ) -> Step:
        """The step that reads a rule.

        After the second `a` of `a ::= a "+" a` it goes on nowhere: a text of `a` with more of the
        same after it is one, so what may come after is read inside it already, and a call keeps
        nothing on the stack.
        """
        is_last = rest is None and corner == (rule.name, rule.name)
        return Step(rule, None if is_last else then)

    def _up(self, corner: _Corner) -> tuple[Step, ...]:
        """The steps where a rule has been read: its text ends, or begins a larger part of it."""
        self._find_uses(corner.wanted)
        reached = [corner.read]  # and what is also read, where nothing need follow
        steps = []
        for read in reached:
            for name, following in self._uses[read]:
                larger = _Corner(corner.wanted, name)
                cell = following
                while cell is not None:
                    items = self._put(self._not_empty(cell.first), cell.rest)
                    steps.append(Step(None, Place(items, larger)))
                    if not self._is_nullable(cell.first):
                        break
                    cell = cell.rest
                if cell is None and name not in reached:
                    reached.append(name)
        if corner.wanted in reached:
            steps.append(Step(None, None))
        return tuple(steps)

    # --- Lists ----------------------------------------------------------------------------------

    def _put(self, item: _Item, rest: Items | None) -> Items | None:
        """`item`, then `rest`."""
        if isinstance(item, Sequence):
            for part in reversed(item.parts):
                rest = self._put(part, rest)
            return rest
        if not isinstance(item, _NotEmpty) and not self.facts.has_text(item):
            return rest
        made = self._lists.get((item, rest))
        if made is None:
            made = self._lists[item, rest] = Items(item, rest)
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

    def _first_parts(
        self, expression: Expression, rest: Items | None
    ) -> Iterator[tuple[_Item, Items | None]]:
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


def _place(items: Items | None, corner: _Corner | None) -> Place | None:
    return None if items is None and corner is None else Place(items, corner)


def _referred(item: _Item) -> str | None:
    expression = item.expression if isinstance(item, _NotEmpty) else item
    return expression.name if isinstance(expression, Reference) else None
