"""Grammar trees to network states.

A place (see `structgen.grammar.steps`) is the key of a network state, and a rule is a piece that is
called. A text that a rule captures is part of the places after it, as long as something there reads
it again: so a rule has an instance for each text that occurs (`structgen.grammar.parameters`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from structgen.grammar.analysis import Facts
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
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._steps = Steps(rules)
        self._parameters = Parameters(rules)
        self._uses_of_lists: dict[Items, Use] = {}

    @property
    def facts(self) -> Facts:
        """What the rules can match."""
        return self._steps.facts

    def has_text(self, name: str) -> bool:
        """Whether a rule has a text that is not empty."""
        return self.facts.has_text(Reference(name))

    def rule(self, network: Network, name: str) -> int:
        """The piece that reads a text of a rule that is not empty."""
        return self._rule(network, name, ())

    # --- Keys -----------------------------------------------------------------------------------

    def _rule(self, network: Network, name: str, texts: _Texts) -> int:
        if texts:
            texts = _only(texts, self._parameters.of(Reference(name)).reads)
        return network.state(_RulePiece(self, name, texts))

    def _state(self, network: Network, place: Place | None, texts: _Texts) -> int:
        return RETURN if place is None else network.state(self.key(place, texts))

    def key(self, place: Place, texts: _Texts) -> _PlaceKey:
        """A place with the captured texts that still matter."""
        if texts and place.corner is None:
            texts = _only(texts, self._read_by(place.items).reads)
        return _PlaceKey(self, place, texts)

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

    # --- Definitions ----------------------------------------------------------------------------

    def define_rule(self, network: Network, name: str, texts: _Texts) -> Definition:
        """One step into a rule."""
        return self._define(network, self._steps.into(name), texts)

    def define_place(self, network: Network, place: Place, texts: _Texts) -> Definition:
        """One step from a place."""
        return self._define(network, self._steps.at(place), texts)

    def _define(self, network: Network, steps: Sequence[Step], texts: _Texts) -> Definition:
        if len(steps) == 1:
            (step,) = steps
            if isinstance(step.item, Captured):
                return self._capture(network, step.item, step.then, texts)
            if isinstance(step.item, Terminal | Reference | Embedded):
                return self._call(network, step.item, step.then, texts)
        return Choice(tuple(self._way(network, step, texts) for step in steps))

    def _way(self, network: Network, step: Step, texts: _Texts) -> int:
        """The state that takes a step."""
        item, then = step
        if isinstance(item, Terminal | Reference | Embedded):
            return network.call(*self._call(network, item, then, texts))
        if isinstance(item, Literal):
            return network.literal(item.text.encode(), self._state(network, then, texts))
        if isinstance(item, Copy):
            copied = dict(texts)[item.label]
            if copied is None:
                return network.UNKNOWN
            return network.literal(copied.encode(), self._state(network, then, texts))
        assert item is None, "a capture is the only step from its place"
        return self._state(network, then, texts)

    def _call(
        self,
        network: Network,
        item: Terminal | Reference | Embedded,
        then: Place | None,
        texts: _Texts,
    ) -> Call:
        if isinstance(item, Terminal):
            piece = network.automaton(item.language.automaton())
        elif isinstance(item, Reference):
            piece = self._rule(network, item.name, texts)
        else:
            piece = item.source.start(network)
        return Call(piece, self._state(network, then, texts))

    def _capture(
        self, network: Network, item: Captured, then: Place | None, texts: _Texts
    ) -> Definition:
        language = item.language
        known = dict(texts)
        if item.extends and item.label in known:
            before = known[item.label]
            if before is None:
                return Choice((network.UNKNOWN,))
            language &= text(before) + length(1)
        piece = network.automaton(language.automaton())
        if then is None:
            return Call(piece, RETURN)
        others = tuple(each for each in texts if each[0] != item.label)
        return Capture(piece, _AfterCapture(self, item.label, then, others))


def _only(texts: _Texts, labels: frozenset[str]) -> _Texts:
    return tuple(each for each in texts if each[0] in labels)


class _RulePiece(NamedTuple):
    """The texts of a rule that are not empty; a piece."""

    lowering: Lowering
    name: str
    texts: _Texts

    def least_length(self) -> int:
        return self.lowering.least_length(self.name)

    def expand(self, network: Network) -> Definition:
        return self.lowering.define_rule(network, self.name, self.texts)


class _PlaceKey(NamedTuple):
    """A place where these texts have been captured."""

    lowering: Lowering
    place: Place
    texts: _Texts

    def least_length(self) -> int:
        return self.lowering.least_length(self.place)

    def expand(self, network: Network) -> Definition:
        return self.lowering.define_place(network, self.place, self.texts)


class _AfterCapture(NamedTuple):
    """What follows a captured text in a rule (see `structgen.network.TextKey`)."""

    lowering: Lowering
    label: str
    place: Place
    others: _Texts

    def after(self, text: bytes) -> _PlaceKey:
        """The place where the text is known."""
        return self._key(text.decode())

    def sketch(self) -> _PlaceKey:
        """The place where it is not; a copy of it is `UNKNOWN`."""
        return self._key(None)

    def _key(self, text: str | None) -> _PlaceKey:
        texts = tuple(sorted([*self.others, (self.label, text)], key=lambda each: each[0]))
        return self.lowering.key(self.place, texts)
