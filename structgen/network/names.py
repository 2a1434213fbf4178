"""Names met so far: sets that grow by one name at a time."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakValueDictionary

__all__ = ["NO_NAMES", "Names"]


class Names:
    """A set of names, as the set before and one name more; compared by identity.

    Adding a name takes the same time whatever the size, and so does what networks make of the
    larger set when they have made it of the smaller one. The same names added in the same order
    are the same object.

    Example:
        >>> names = NO_NAMES.add("a").add("b")
        >>> list(names), names is NO_NAMES.add("a").add("b")
        (['b', 'a'], True)
    """

    __slots__ = ("__weakref__", "_longer", "before", "name")

    def __init__(self, before: Names | None = None, name: str = "") -> None:
        self.before = before
        self.name = name
        self._longer: WeakValueDictionary[str, Names] | None = None

    def add(self, name: str) -> Names:
        """The set with one name more, which must not be in it."""
        if self._longer is None:
            self._longer = WeakValueDictionary()
        longer = self._longer.get(name)
        if longer is None:
            longer = self._longer[name] = Names(self, name)
        return longer

    def __iter__(self) -> Iterator[str]:
        """The names, the last one first."""
        names = self
        while names.before is not None:
            yield names.name
            names = names.before


NO_NAMES = Names()
"""The empty set."""
