"""Grammar trees to network states.

A place (see `structgen.grammar.steps`) is the key of a network state, and a rule is a piece that is
called. A text that a rule captures is part of the places after it, as long as something there reads
it again: so a rule has an instance for each text that occurs (`structgen.grammar.parameters`).

Where words are to be apart (`structgen.grammar.apart`), so is the class of the boundary before a
place, and a rule returns the class that it has come to as its outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from structgen.grammar.analysis import Facts
from structgen.grammar.apart import FREE, Apart
from structgen.grammar.lexeme_choice import read_any
from structgen.grammar.outcomes import Outcomes, Wanted
from structgen.grammar.parameters import Parameters, Use
from structgen.grammar.steps import Items, Place, Step, Steps
from structgen.grammar.tree import Captured, Copy, Embedded, Literal, Reference, Rule, Terminal
from structgen.network import RETURN, Call, Capture, Choice, Definition, Network
from structgen.regular import length, text

__all__ = ["Lowering"]

_Texts = tuple[tuple[str, str | None], ...]
"""What has been captured, by label, sorted; None in the sketch of a capture: not known."""


class Lowering:
    """The states of one grammar.

    Args:
        rules: All rules, by name; every one is productive and refers only to these.
        apart: Which terminals may not touch; None: any may.
    """

    def __init__(self, rules: Mapping[str, Rule], apart: Apart | None = None) -> None:
        self._apart = apart
        self._steps = Steps(rules)
        self._outcomes = Outcomes(self._steps, self._after)
        self._parameters = Parameters(rules)
        self._uses_of_lists: dict[Items, Use] = {}

    @property
    def facts(self) -> Facts:
        """What the rules can match, were no words to be apart."""
        return self._steps.facts

    def has_text(self, name: str) -> bool:
        """Whether a rule has a text that is not empty."""
        has_text = self.facts.has_text(Reference(name))
        return has_text and (self._apart is None or bool(self._outcomes.of(name, FREE)))

    def rule(self, network: Network, name: str) -> int:
        """The piece that reads a text of a rule that is not empty."""
        return self._rule(network, name, _At((), FREE, None))

    # --- Keys -----------------------------------------------------------------------------------

    def _rule(self, network: Network, name: str, at: _At) -> int:
        texts = at.texts
        if texts:
            texts = _only(texts, self._parameters.of(Reference(name)).reads)
        return network.state(_RulePiece(self, name, at._replace(texts=texts)))

    def _state(self, network: Network, place: Place | None, at: _At) -> int:
        if place is None:
            return network.returning(at.before)
        return network.state(self.key(place, at))

    def _state_after(self, network: Network, place: Place | None, at: _At, before: int) -> int:
        return self._state(network, place, at._replace(before=before))

    def key(self, place: Place, at: _At) -> _PlaceKey:
        """A place with the captured texts that still matter."""
        if at.texts and place.corner is None:
            at = at._replace(texts=_only(at.texts, self._read_by(place.items).reads))
        return _PlaceKey(self, place, at)

    def _read_by(self, items: Items | None) -> Use:
        if items is None:
            return Use()
        use = self._uses_of_lists.get(items)
        if use is None:
            use = self._parameters.of(items.expression).then(self._read_by(items.rest))
            self._uses_of_lists[items] = use
        return use

    def least_length(self, at: str | Place) -> int:
        """No text of a rule that is not empty, or from a place, has fewer bytes."""
        return self._steps.least_length(at)

    # --- Classes of boundaries --------------------------------------------------------------------

    def _after(self, step: Step, before: int) -> Iterable[int]:
        """The classes after a step's item; where no words are apart, there is one."""
        item, apart = step.item, self._apart
        if apart is None or isinstance(item, Captured | Copy):
            return (FREE,)
        if isinstance(item, Literal):
            after = apart.after(item.text, before)
            return () if after is None else (after,)
        assert isinstance(item, Terminal), "nothing is embedded where words are apart"
        ways = apart.ways(item.language, before)
        return {*ways, before} if item.language.nullable else ways

    # --- Definitions ----------------------------------------------------------------------------

    def define(self, network: Network, place: str | Place, at: _At) -> Definition:
        """One step into a rule, or from a place."""
        steps = self._outcomes.steps(place)
        if len(steps) == 1 and isinstance(steps[0].item, Captured):
            return self._capture(network, steps[0].item, steps[0].then, at)
        ways = [way for step in steps for way in self._ways(network, step, at)]
        if len(ways) == 1 and isinstance(ways[0], Call):
            return ways[0]
        return Choice(tuple(network.call(*w) if isinstance(w, Call) else w for w in ways))

    def _ways(self, network: Network, step: Step, at: _At) -> Iterator[Call | int]:
        """The calls and states that take a step; none where words would touch."""
        item, then = step
        after = [FREE] if self._apart is None else self._outcomes.after(step, at.before, at.wanted)
        if not after:
            return
        if isinstance(item, Terminal):
            yield from self._read(network, item, then, after, at)
        elif isinstance(item, Reference):
            wanted = None
            if self._apart is not None:
                wanted = self._outcomes.wanted(item.name, at.before, after)
            piece = self._rule(network, item.name, at._replace(wanted=wanted))
            states = {each: self._state_after(network, then, at, each) for each in after}
            yield Call(piece, network.switch(states))
        elif isinstance(item, Embedded):
            yield Call(item.source.start(network), self._state(network, then, at))
        else:
            (before,) = after
            state = self._state_after(network, then, at, before)
            if isinstance(item, Literal):
                yield network.literal(item.text.encode(), state)
            elif isinstance(item, Copy):
                copied = dict(at.texts)[item.label]
                yield network.UNKNOWN if copied is None else network.literal(copied.encode(), state)
            else:
                assert item is None, "a capture is the only step from its place"
                yield state

    def _read(
        self, network: Network, item: Terminal, then: Place | None, after: list[int], at: _At
    ) -> Iterator[Call | int]:
        """Read a terminal; its empty text reads nothing, where words are apart."""
        if self._apart is None:
            piece = network.automaton(item.language.automaton())
            yield Call(piece, self._state(network, then, at))
            return
        if item.language.nullable and at.before in after:
            yield self._state(network, then, at)
        texts = self._apart.ways(item.language, at.before)
        ways = {
            each: (texts[each], self._state_after(network, then, at, each))
            for each in after
            if each in texts
        }
        if ways:
            yield read_any(network, ways)

    def _capture(self, network: Network, item: Captured, then: Place | None, at: _At) -> Definition:
        language = item.language
        known = dict(at.texts)
        if item.extends and item.label in known:
            before = known[item.label]
            if before is None:
                return Choice((network.UNKNOWN,))
            language &= text(before) + length(1)
        piece = network.automaton(language.automaton())
        if then is None:
            return Call(piece, RETURN)
        others = tuple(each for each in at.texts if each[0] != item.label)
        at = at._replace(texts=others, before=FREE)
        return Capture(piece, _AfterCapture(self, item.label, then, at))


def _only(texts: _Texts, labels: frozenset[str]) -> _Texts:
    return tuple(each for each in texts if each[0] in labels)


class _At(NamedTuple):
    """What is known at a place.

    Attributes:
        texts: What has been captured and is read again.
        before: The class of the boundary before it.
        wanted: The classes at which the piece may end.
    """

    texts: _Texts
    before: int
    wanted: Wanted


class _RulePiece(NamedTuple):
    """The texts of a rule that are not empty; a piece."""

    lowering: Lowering
    name: str
    at: _At

    def least_length(self) -> int:
        return self.lowering.least_length(self.name)

    def expand(self, network: Network) -> Definition:
        return self.lowering.define(network, self.name, self.at)


class _PlaceKey(NamedTuple):
    """A place where this is known."""

    lowering: Lowering
    place: Place
    at: _At

    def least_length(self) -> int:
        return self.lowering.least_length(self.place)

    def expand(self, network: Network) -> Definition:
        return self.lowering.define(network, self.place, self.at)


class _AfterCapture(NamedTuple):
    """What follows a captured text in a rule (see `structgen.network.TextKey`)."""

    lowering: Lowering
    label: str
    place: Place
    at: _At

    def after(self, text: bytes) -> _PlaceKey:
        """The place where the text is known."""
        return self._key(text.decode())

    def sketch(self) -> _PlaceKey:
        """The place where it is not; a copy of it is `UNKNOWN`."""
        return self._key(None)

    def _key(self, text: str | None) -> _PlaceKey:
        texts = [*self.at.texts, (self.label, text)]
        texts.sort(key=lambda each: each[0])
        return self.lowering.key(self.place, self.at._replace(texts=tuple(texts)))
