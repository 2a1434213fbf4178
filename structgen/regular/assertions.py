r"""Patterns with assertions, and how they move along a text.

An assertion reads nothing and says something of what is around its place: of the text before it
(`^`, a look-behind, one side of `\b`) or of the text after it (`$`, a look-ahead). A pattern is a
`Language` as long as it has none, and a `Node` otherwise.

What a node matches from a place on is given by two answers, from which `structgen.regular.runs`
makes its language: on which condition it matches the empty text there (`passes`), and what it reads
otherwise (`reads`): a language, not the empty text, then what remains of the node (Antimirov,
'Partial derivatives of regular expressions and finite automaton constructions', TCS 155, 1996).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from structgen.regular.conditions import ALWAYS, NEVER, Condition, both, obliged, some
from structgen.regular.language import ANY, EMPTY, EPSILON, Language, intersection, union

if TYPE_CHECKING:
    from structgen.regular.runs import Context

__all__ = [
    "START",
    "Node",
    "Part",
    "Pattern",
    "ahead",
    "at_end",
    "before",
    "behind",
    "choice",
    "join",
    "passes",
    "reads",
    "repeat",
    "settled",
    "started",
]


class Node:
    """A pattern with an assertion inside. Equal nodes are the same object.

    Attributes:
        parts: What it was made from.
        sought: What its look-behinds search for, those inside of others included.
        has_start: Whether `^` is inside, outside of look-behinds.
    """

    __slots__ = ("__weakref__", "has_start", "parts", "sought")

    parts: tuple[Any, ...]
    sought: frozenset[Pattern]
    has_start: bool

    def passes(self, here: Context) -> Condition:
        """On which condition it matches the empty text here."""
        raise NotImplementedError

    def reads(self, here: Context) -> Iterator[Part]:
        """What it may read from here on."""
        raise NotImplementedError

    def started(self) -> Pattern:
        """What it comes to where some text is before."""
        raise NotImplementedError


Pattern: TypeAlias = Language | Node
_AnyNode = TypeVar("_AnyNode", bound=Node)
_nodes: WeakValueDictionary[tuple[object, ...], Node] = WeakValueDictionary()


class Part(NamedTuple):
    """A beginning of what a pattern may read.

    Attributes:
        condition: On which it may.
        head: What is read first; the empty text of it does not count.
        rest: What remains of the pattern after that.
    """

    condition: Condition
    head: Language
    rest: Pattern


def _node(kind: type[_AnyNode], *parts: Any) -> _AnyNode:
    key = (kind, *parts)
    node = _nodes.get(key)
    if node is None:
        node = kind()
        node.parts = parts
        inside = [part for part in parts if isinstance(part, Node)]
        node.sought = frozenset(sought for part in inside for sought in part.sought)
        node.has_start = kind is _Start or any(part.has_start for part in inside)
        if kind is _Behind:
            node.sought |= {parts[0]}
            node.has_start = False
        _nodes[key] = node
    return node  # type: ignore[return-value]


# --- Kinds of nodes ------------------------------------------------------------------------------


class _Assertion(Node):
    __slots__ = ()

    def reads(self, here: Context) -> Iterator[Part]:
        return iter(())


class _Start(_Assertion):
    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        return ALWAYS if here.is_start else NEVER

    def started(self) -> Pattern:
        return EMPTY


class _Ahead(_Assertion):
    """The text after this place, to its end, matches a pattern, or does not."""

    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        pattern, is_negated = self.parts
        following = here.follow(pattern)
        return obliged(~following if is_negated else following)

    def started(self) -> Pattern:
        pattern, is_negated = self.parts
        return _ahead(started(pattern), is_negated)


class _Behind(_Assertion):
    """The text before this place, from its start, matches a pattern, or does not."""

    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        sought, is_negated = self.parts
        found = here.found(sought)
        if not is_negated:
            return found
        return obliged(~union(intersection(obligations) for obligations in found))

    def started(self) -> Pattern:
        return self


class _Sequence(Node):
    """One pattern, which is no sequence, then another."""

    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        first, second = self.parts
        condition = passes(first, here)
        return both(condition, passes(second, here)) if condition else NEVER

    def reads(self, here: Context) -> Iterator[Part]:
        first, second = self.parts
        for condition, head, rest in reads(first, here):
            yield Part(condition, head, join(rest, second))
        passed = passes(first, here)
        if passed:
            for condition, head, rest in reads(second, here):
                yield Part(both(passed, condition), head, rest)

    def started(self) -> Pattern:
        first, second = self.parts
        return join(started(first), started(second))


class _Choice(Node):
    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        return some(passes(part, here) for part in self.parts)

    def reads(self, here: Context) -> Iterator[Part]:
        for part in self.parts:
            yield from reads(part, here)

    def started(self) -> Pattern:
        return choice(map(started, self.parts))


class _Repeat(Node):
    """A pattern from `least` to `most` times.

    A round that reads nothing changes nothing but the count: where one is possible, all that have
    to come may be like it.
    """

    __slots__ = ()

    def passes(self, here: Context) -> Condition:
        part, least, _ = self.parts
        return passes(part, here) if least else ALWAYS

    def reads(self, here: Context) -> Iterator[Part]:
        part, least, most = self.parts
        fewer = None if most is None else most - 1
        again = repeat(part, max(least - 1, 0), fewer)
        passed = passes(part, here) if least > 1 else NEVER
        for condition, head, rest in reads(part, here):
            yield Part(condition, head, join(rest, again))
            if passed:
                yield Part(both(passed, condition), head, join(rest, repeat(part, 0, fewer)))

    def started(self) -> Pattern:
        part, least, most = self.parts
        return repeat(started(part), least, most)


# --- Making patterns -----------------------------------------------------------------------------


START = _node(_Start)
"""`^`: nothing is before this place."""


def join(first: Pattern, second: Pattern) -> Pattern:
    """One pattern, then another."""
    if isinstance(first, Language):
        if isinstance(second, Language):
            return first + second
        if first is EMPTY:
            return EMPTY
        if first is EPSILON:
            return second
        if isinstance(second, _Sequence) and isinstance(second.parts[0], Language):
            return join(first + second.parts[0], second.parts[1])
    elif second is EMPTY:
        return EMPTY
    elif second is EPSILON:
        return first
    elif isinstance(first, _Sequence):
        return join(first.parts[0], join(first.parts[1], second))
    return _node(_Sequence, first, second)


def choice(patterns: Iterable[Pattern]) -> Pattern:
    """Any of the patterns."""
    plain = EMPTY
    nodes: dict[Node, None] = {}
    for pattern in patterns:
        for part in pattern.parts if isinstance(pattern, _Choice) else (pattern,):
            if isinstance(part, Language):
                plain |= part
            else:
                nodes[part] = None
    if not nodes:
        return plain
    parts = (*sorted(nodes, key=id), *(() if plain is EMPTY else (plain,)))
    return parts[0] if len(parts) == 1 else _node(_Choice, *parts)


def repeat(pattern: Pattern, least: int, most: int | None) -> Pattern:
    """`least` to `most` times a pattern (None: no limit)."""
    if isinstance(pattern, Language):
        return pattern.repeat(least, most)
    if most is not None and most < least:
        return EMPTY
    if most == 0:
        return EPSILON
    if (least, most) == (1, 1):
        return pattern
    if (least, most) == (0, 1):
        return choice((pattern, EPSILON))
    return _node(_Repeat, pattern, least, most)


def ahead(pattern: Pattern, *, is_negated: bool = False) -> Pattern:
    """The text after this place begins with the pattern, or does not."""
    return _ahead(before(pattern, ANY), is_negated)


def at_end(last: Language = EPSILON) -> Pattern:
    """The text after this place is in a language."""
    return _ahead(last, is_negated=False)


def _ahead(pattern: Pattern, is_negated: bool) -> Pattern:
    if isinstance(pattern, Node):
        return _node(_Ahead, pattern, is_negated)
    following = ~pattern if is_negated else pattern
    if following is ANY:
        return EPSILON
    return EMPTY if following is EMPTY else _node(_Ahead, following, False)


def behind(pattern: Pattern, *, is_negated: bool = False) -> Pattern:
    """The text before this place ends with the pattern, or does not."""
    sought = join(ANY, pattern)
    if sought is ANY or sought is EMPTY:
        return EPSILON if (sought is ANY) != is_negated else EMPTY
    return _node(_Behind, sought, is_negated)


def before(pattern: Pattern, rest: Pattern) -> Pattern:
    """A pattern and what follows it up to the end of the text.

    An assertion of the text after it is an intersection with a language that follows.
    """
    if isinstance(pattern, _Sequence):
        first, second = pattern.parts
        return before(first, before(second, rest))
    if isinstance(rest, Language):
        if isinstance(pattern, _Ahead) and isinstance(pattern.parts[0], Language):
            return pattern.parts[0] & rest
        if isinstance(pattern, _Choice):
            return choice(before(part, rest) for part in pattern.parts)
    return join(pattern, rest)


# --- Patterns at a place -------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def passes(pattern: Pattern, here: Context) -> Condition:
    """On which condition a pattern matches the empty text here."""
    if isinstance(pattern, Node):
        return pattern.passes(here)
    return ALWAYS if pattern.nullable else NEVER


@lru_cache(maxsize=8192)
def reads(pattern: Pattern, here: Context) -> tuple[Part, ...]:
    """What a pattern may read from here on."""
    if isinstance(pattern, Node):
        return tuple(pattern.reads(here))
    return () if pattern is EMPTY or pattern is EPSILON else (Part(ALWAYS, pattern, EPSILON),)


def started(pattern: Pattern) -> Pattern:
    """What a pattern comes to where some text is before."""
    return pattern.started() if isinstance(pattern, Node) and pattern.has_start else pattern


def settled(pattern: Pattern, here: Context) -> Iterator[tuple[Condition, Pattern]]:
    """The alternatives of a pattern here, without the assertions that come first in them."""
    if isinstance(pattern, _Choice):
        for part in pattern.parts:
            yield from settled(part, here)
        return
    first, second = pattern.parts if isinstance(pattern, _Sequence) else (pattern, EPSILON)
    if isinstance(first, _Choice):
        for part in first.parts:
            yield from settled(join(part, second), here)
    elif isinstance(first, _Assertion):
        passed = first.passes(here)
        if passed:
            for condition, rest in settled(second, here):
                yield both(passed, condition), rest
    elif isinstance(first, Language) and here.is_start and started(second) is not second:
        later = started(second)
        if first.nullable:
            yield from settled(second, here)
            if not (isinstance(second, _Choice) and later in second.parts):
                first = first.nonempty()
        yield ALWAYS, join(first, later)
    elif pattern is not EMPTY:
        yield ALWAYS, pattern
