"""Which state each key names, and which keys go with their grammar.

Most keys may be named by any grammar over the vocabulary, and their states are shared for as long
as the tables last. Others have an *owner* that no second grammar has: the nodes of a JSON Schema
document, say. When that grammar is gone no one can name them again. Then they are forgotten, and
all that they hold; their states stay in the tables, out of reach.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any
from weakref import ref

__all__ = ["NamedStates"]

_ByType = defaultdict[type, dict[object, int]]


class NamedStates:
    """States by their keys.

    A key and a grammar may have an attribute `owner`, None or an object compared by identity. While
    a grammar is adopted, keys of its owner are kept apart.
    """

    def __init__(self) -> None:
        # By type first: named tuples of different types may be equal.
        self._shared: _ByType = defaultdict(dict)
        self._owned: dict[object, tuple[ref[Any], _ByType]] = {}
        self._gone: deque[object] = deque()  # owners whose grammar is gone, from any thread

    def like(self, key: object) -> dict[object, int]:
        """The states by those keys that have the type and the owner of `key`."""
        owner = getattr(key, "owner", None)
        if owner is not None:
            owned = self._owned.get(owner)
            if owned is not None:
                return owned[1][type(key)]
        return self._shared[type(key)]

    def adopt(self, grammar: object) -> None:
        """Keep the keys of the owner of a grammar, if it has one, until the grammar is gone."""
        owner = getattr(grammar, "owner", None)
        if owner is not None and owner not in self._owned:
            gone = self._gone
            self._owned[owner] = ref(grammar, lambda _: gone.append(owner)), defaultdict(dict)

    def forget(self) -> Iterator[int]:
        """Forget the keys of grammars that are gone.

        Yields:
            The states that they named.
        """
        while self._gone:
            _, owned = self._owned.pop(self._gone.popleft())
            for states in owned.values():
                yield from states.values()

    def keys_by_state(self) -> dict[int, object]:
        """The keys of all states that have been named by one."""
        every = [self._shared, *(owned for _, owned in self._owned.values())]
        return {
            state: key
            for by_type in every
            for states in by_type.values()
            for key, state in states.items()
        }
