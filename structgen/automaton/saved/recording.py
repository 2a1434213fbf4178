"""Running a definition again, to see which keys it names."""

from __future__ import annotations

from collections.abc import Sequence

from structgen.automaton.table_network import AutomatonKey, TableNetwork
from structgen.automaton.tables import TablesFull
from structgen.network import Capture, Definition

__all__ = ["Recording"]


class Recording(TableNetwork):
    """Another view of a network's tables, which notes the keys that are looked up.

    Front ends name states by keys, and their definitions are pure: run again, in any process, they
    name the same keys in the same order. So "key number 3 of the definition of that state" is a
    name for a state that a file can hold.

    Attributes:
        keys: The keys looked up since `expect`.
        states: Their states.
    """

    def __init__(self, network: TableNetwork) -> None:
        vars(self).update(vars(network))  # the same tables
        self.expect(None)

    def expect(self, states: Sequence[int] | None) -> None:
        """Begin a definition whose keys have these states (-1: any); None: not known."""
        self.keys: list[object] = []
        self.states: list[int] = []
        self._expected = states

    def define(self, key: object) -> Definition | None:
        """Run the definition of a key; None: it is a state of an automaton."""
        if type(key) is AutomatonKey:
            for _, _, target in key.automaton.edges(key.state):
                self.state(key._replace(state=target))
            return None
        definition: Definition = key.expand(self)  # type: ignore[attr-defined]
        if isinstance(definition, Capture):
            self.state(definition.then.sketch())
        return definition

    def state(self, key: object) -> int:
        """The state named by `key`, which is noted."""
        state = -1
        if self._expected is not None:
            if len(self.keys) >= len(self._expected):
                raise TablesFull  # not what was saved: done without
            state = self._expected[len(self.keys)]
        if state < 0:
            state = super().state(key)
        else:
            state = self._states.like(key).setdefault(key, state)
        self.keys.append(key)
        self.states.append(state)
        return state
