"""Boolean formulas over facts about a value, and what is left of them after a part of it.

A *fact* is about an array or object as a whole: some member has a name, every item satisfies a
node, there are at most three members. Reading a part of the value (an item, a member) turns each
fact into what is left of it, so a formula has derivatives like a regular expression (Brzozowski,
'Derivatives of regular expressions', JACM 11(4), 1964).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from structgen.backports import cached_property

if TYPE_CHECKING:
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["FALSE", "TRUE", "Combination", "Fact", "Formula", "conjunction", "disjunction"]


class Formula:
    """A formula: `TRUE`, `FALSE`, a `Fact`, or a `Combination`."""

    __slots__ = ("__weakref__",)

    @property
    def negation(self) -> Formula:
        """What holds exactly where this does not."""
        raise NotImplementedError

    def facts(self) -> Iterator[Fact]:
        """The facts in it, some perhaps more than once."""
        return iter(())

    def replace(self, change: Callable[[Fact], Formula]) -> Formula:
        """The formula with every fact changed."""
        return self

    @property
    def at_end(self) -> bool:
        """Whether it holds if no further part comes."""
        raise NotImplementedError


class _Constant(Formula):
    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    @property
    def negation(self) -> Formula:
        return FALSE if self.value else TRUE

    @property
    def at_end(self) -> bool:
        return self.value

    def __repr__(self) -> str:
        return "TRUE" if self.value else "FALSE"


TRUE: Formula = _Constant(True)
FALSE: Formula = _Constant(False)


class _Interned(type):
    """Makes equal facts the same object.

    What is told apart by identity is in a key by its number: a key that held a node would keep the
    node's schemas, and with them the fact itself, for ever. The number is not given again while the
    fact is there, since the fact holds what has it.
    """

    _made: WeakValueDictionary[Any, Any] = WeakValueDictionary()

    def __call__(cls, *arguments: Any) -> Any:
        key = (cls, *map(_key, arguments))
        made = _Interned._made.get(key)
        if made is None:
            made = _Interned._made[key] = super().__call__(*arguments)
        return made


def _key(argument: Any) -> Any:
    if isinstance(argument, frozenset):
        return frozenset(map(_key, argument))
    by_identity = type(argument).__hash__ is object.__hash__  # type: ignore[comparison-overlap]
    return id(argument) if by_identity else argument


class Fact(Formula, metaclass=_Interned):
    """Something about the parts of a value; equal facts are the same object.

    Attributes:
        opposite: The class of its negation.
    """

    __slots__ = ("__dict__",)

    opposite: ClassVar[type[Fact]]

    def child(self, part: Any) -> Node | bool:
        """What a part (an index, a name) must satisfy to count for the fact; or whether it does."""
        raise NotImplementedError

    def after(self, counts: bool, value: Any) -> Formula:
        """What is left of the fact after a part that counts, or one that does not.

        Args:
            counts: Whether the part satisfied `child`.
            value: The part's key (`values.value_key`), or None where it is not known.
        """
        raise NotImplementedError

    def facts(self) -> Iterator[Fact]:
        """This one."""
        yield self

    def replace(self, change: Callable[[Fact], Formula]) -> Formula:
        """What this one is changed to."""
        return change(self)


class Combination(Formula):
    """All or any of at least two formulas; equal ones are the same object.

    Attributes:
        every: Whether all of the parts must hold, or one of them.
        parts: The parts: no constants, no combinations of the same kind.
    """

    __slots__ = ("__dict__", "every", "parts")

    every: bool
    parts: tuple[Formula, ...]

    @cached_property
    def negation(self) -> Formula:
        """By De Morgan's laws."""
        return _combine([part.negation for part in self.parts], not self.every)

    @cached_property
    def at_end(self) -> bool:
        """Whether it holds if no further part comes."""
        return (all if self.every else any)(part.at_end for part in self.parts)

    @cached_property
    def _facts(self) -> tuple[Fact, ...]:
        return tuple(dict.fromkeys(fact for part in self.parts for fact in part.facts()))

    def facts(self) -> Iterator[Fact]:
        """The facts of all parts."""
        return iter(self._facts)

    def replace(self, change: Callable[[Fact], Formula]) -> Formula:
        """Change the facts of all parts, each once."""
        changed: dict[Formula, Formula] = {fact: change(fact) for fact in self._facts}
        if all(fact is left for fact, left in changed.items()):
            return self

        def replaced(part: Formula) -> Formula:
            found = changed.get(part)
            if found is None:
                assert isinstance(part, Combination)
                found = changed[part] = _combine(map(replaced, part.parts), part.every)
            return found

        return replaced(self)

    def __repr__(self) -> str:
        return f"{'All' if self.every else 'Any'}{self.parts!r}"


_made: WeakValueDictionary[tuple[bool, frozenset[int]], Combination] = WeakValueDictionary()
"""By the numbers of the parts (see `_Interned`)."""


def conjunction(parts: Iterable[Formula]) -> Formula:
    """All of the formulas."""
    return _combine(parts, True)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """At least one of the formulas."""
    return _combine(parts, False)


def _combine(parts: Iterable[Formula], every: bool) -> Formula:
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    ends, ignored = (FALSE, TRUE) if every else (TRUE, FALSE)
    found: dict[Formula, None] = {}
    for part in parts:
        if part is ends:
            return ends
        if part is not ignored:
            flat = isinstance(part, Combination) and part.every == every
            found.update(dict.fromkeys(part.parts if flat else (part,)))  # type: ignore[attr-defined]
    if len(found) > 1 and not any(type(part) is Combination for part in found):
        # Of a fact and its negation just one holds at the end: look at the fewer.
        sides: tuple[list[Any], list[Any]] = ([], [])
        for part in found:
            sides[part.at_end].append(part)
        few, many = sorted(sides, key=len)
        kinds = set(map(type, many))
        if any(part.opposite in kinds and part.negation in found for part in few):
            return ends
    elif len(found) > 1 and not all(type(part) is Combination for part in found):
        opposites = set()
        for part in found:
            if isinstance(part, Fact):
                if part.negation in found:
                    return ends
                opposites.add(part.negation)
        simpler: dict[Formula, None] = {}
        for part in found:
            if isinstance(part, Combination):
                if any(inner in found for inner in part.parts):
                    continue  # absorbed
                if any(inner in opposites for inner in part.parts):
                    return _combine(
                        [
                            *(each for each in found if each is not part),
                            _combine([p for p in part.parts if p not in opposites], not every),
                        ],
                        every,
                    )
            simpler[part] = None
        found = simpler
    if not found:
        return ignored
    if len(found) == 1:
        return next(iter(found))
    key = (every, frozenset(map(id, found)))
    made = _made.get(key)
    if made is None:
        made = Combination()
        made.every, made.parts = every, tuple(found)
        _made[key] = made
    return made
