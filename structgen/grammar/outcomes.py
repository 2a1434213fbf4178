"""At which classes of boundaries rules can end: a least fixpoint over places and classes.

Where what may come next depends on what has just been read, a small number (a *class*) says what
matters of it. A piece is entered at a class and returns, as its outcome, the class that it has come
to. A caller that cannot go on from all of them *wants* some, and calls a piece that ends only at
these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from structgen.grammar.steps import Place, Step, Steps
from structgen.grammar.tree import Reference

__all__ = ["Outcomes", "Wanted"]

Wanted = frozenset[int] | None
"""The classes at which a piece may end; None: any."""

_At = tuple[str | Place, int]
"""A rule to enter, or a place, at a boundary of this class."""


class Outcomes:
    """The classes at which each rule of a grammar can end.

    Args:
        steps: The steps of the grammar.
        after: The classes that reading an item, which is no rule, leads to from a class.
    """

    def __init__(self, steps: Steps, after: Callable[[Step, int], Iterable[int]]) -> None:
        self._steps = steps
        self._after_item = after
        self._known: dict[_At, frozenset[int]] = {}
        self._known_steps: dict[str | Place, tuple[Step, ...]] = {}

    def steps(self, at: str | Place) -> tuple[Step, ...]:
        """The steps into a rule or from a place."""
        known = self._known_steps.get(at)
        if known is None:
            known = self._steps.into(at) if isinstance(at, str) else self._steps.at(at)
            self._known_steps[at] = known
        return known

    def of(self, at: str | Place, before: int) -> frozenset[int]:
        """The classes at which a rule, entered at a class, or the rest from a place, can end."""
        known = self._known.get((at, before))
        if known is None:
            self._solve((at, before))
            known = self._known[at, before]
        return known

    def after(self, step: Step, before: int, wanted: Wanted) -> list[int]:
        """The classes after a step's item from which an end that is wanted can be reached."""
        return [
            each
            for each in self._after(step, before, self.of)
            if self._is_wanted(step.then, each, wanted)
        ]

    def wanted(self, name: str, before: int, after: Iterable[int]) -> Wanted:
        """What a caller that can go on from the classes `after` wants of a rule."""
        classes = frozenset(after)
        return None if classes == self.of(name, before) else classes

    def _is_wanted(self, place: Place | None, before: int, wanted: Wanted) -> bool:
        if place is None:
            return wanted is None or before in wanted
        ends = self.of(place, before)
        return bool(ends if wanted is None else ends & wanted)

    def _after(
        self, step: Step, before: int, outcomes: Callable[[str | Place, int], frozenset[int]]
    ) -> Iterable[int]:
        if step.item is None:
            return (before,)
        if isinstance(step.item, Reference):
            return outcomes(step.item.name, before)
        return self._after_item(step, before)

    def _solve(self, start: _At) -> None:
        """Find the least fixpoint of everything that `start` depends on and that is not known."""
        found: dict[_At, frozenset[int]] = {start: frozenset()}
        users: dict[_At, dict[_At, None]] = {}
        queue: dict[_At, None] = {start: None}

        def outcomes(at: str | Place, before: int) -> frozenset[int]:
            asked = (at, before)
            known = self._known.get(asked)
            if known is None:
                known = found.get(asked)
                if known is None:
                    known = found[asked] = frozenset()
                    queue[asked] = None
                users.setdefault(asked, {})[user] = None
            return known

        while queue:
            user, _ = queue.popitem()
            ends: set[int] = set()
            for step in self.steps(user[0]):
                for after in self._after(step, user[1], outcomes):
                    ends |= {after} if step.then is None else outcomes(step.then, after)
            if len(ends) > len(found[user]):
                found[user] = frozenset(ends)
                queue.update(users.get(user, {}))
        self._known.update(found)
