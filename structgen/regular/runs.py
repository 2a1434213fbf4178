r"""The languages of patterns with assertions.

The texts that can follow at a place of a text are made out by moving over one character at a time,
as the derivatives of a `Language` are, with two additions:

- What is asserted of the text to come is an obligation: a language that the rest of the text must
  be in. Obligations are derived along with what remains of the pattern.
- What is asserted of the text before is known: each look-behind is searched for in the text so far,
  as one more pattern that is moved along. If it has a look-ahead inside, it was found only under
  obligations.

So at every place there is a set of branches for the pattern, and one for each look-behind that can
still matter; a branch is what remains of a pattern, with obligations. They are the states of an
alternating automaton (Chandra, Kozen and Stockmeyer, 'Alternation', JACM 28(1), 1981). A branch
that another implies by having fewer obligations is dropped, so there are finitely many such sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from weakref import WeakValueDictionary

from structgen.regular.assertions import (
    Node,
    Pattern,
    before,
    join,
    passes,
    reads,
    settled,
    started,
)
from structgen.regular.conditions import Condition, Obligations, both, check_size, least, some
from structgen.regular.language import (
    ANY,
    EMPTY,
    EPSILON,
    Language,
    defined,
    intersection,
    union,
)

__all__ = ["Context", "language"]

Branch = tuple[Pattern, Obligations]
Branches = frozenset[Branch]
Step = Callable[[Language], Language]


def language(pattern: Pattern) -> Language:
    """The texts that match a pattern as a whole.

    Raises:
        LimitExceededError: The pattern asserts too much at once.

    Example:
        >>> from structgen.regular.assertions import START, join, repeat
        >>> from structgen.regular.language import text
        >>> once = language(repeat(join(START, text("a")), 0, None))
        >>> once.matches(""), once.matches("a"), once.matches("aa")
        (True, True, False)
    """
    whole = before(pattern, EPSILON)
    if isinstance(whole, Language):
        return whole
    searches = {sought: frozenset(((sought, frozenset[Language]()),)) for sought in whole.sought}
    return _context(True, searches).follow(whole)


class Context:
    """What is known of the text before a place. Equal contexts are the same object.

    Attributes:
        is_start: Whether that text is empty.
        searches: For what each look-behind seeks, the branches to it.
    """

    __slots__ = ("__weakref__", "is_start", "searches")

    is_start: bool
    searches: dict[Pattern, Branches]

    def follow(self, pattern: Pattern) -> Language:
        """The texts that can follow here, up to their end, by a pattern."""
        if isinstance(pattern, Language):
            return pattern
        return _following(frozenset(((pattern, frozenset()),)), self)

    def found(self, sought: Pattern) -> Condition:
        """On which condition the text before ends with what a look-behind seeks."""
        return _ended(self.searches[sought], self)

    def only(self, sought: Iterable[Pattern]) -> Context:
        """As much of it as these look-behinds need."""
        return _context(self.is_start, {each: self.searches[each] for each in sought})

    def after(self, step: Step) -> Context:
        """One character later."""
        searches = self.searches.items()
        return _context(
            False, {sought: _moved(branches, self, step) for sought, branches in searches}
        )


_contexts: WeakValueDictionary[object, Context] = WeakValueDictionary()


def _context(is_start: bool, searches: dict[Pattern, Branches]) -> Context:
    key = (is_start, frozenset(searches.items()))
    context = _contexts.get(key)
    if context is None:
        context = _contexts[key] = Context()
        context.is_start = is_start
        context.searches = searches
    return context


class _Run:
    """What can follow at a place (a `Definition`). Equal runs are the same object.

    Attributes:
        branches: The ways to go on.
        here: What is known of the text before, as far as they need it.
        nullable: Whether the text may end here.
    """

    __slots__ = ("__weakref__", "branches", "here", "nullable")

    branches: Branches
    here: Context
    nullable: bool

    def compared(self) -> Iterator[Language]:
        for branches in (self.branches, *self.here.searches.values()):
            for pattern, obligations in branches:
                yield from obligations
                for condition, head, _ in reads(pattern, self.here):
                    yield head
                    for more in condition:
                        yield from more

    def derive(self, step: Step) -> Language:
        return _following(_moved(self.branches, self.here, step), self.here.after(step))


_runs: WeakValueDictionary[object, _Run] = WeakValueDictionary()


def _following(branches: Branches, here: Context) -> Language:
    branches = _needed(
        (rest, obligations | more)
        for pattern, obligations in branches
        for condition, rest in settled(pattern, here)
        for more in condition
    )
    plain = [(p, obligations) for p, obligations in branches if isinstance(p, Language)]
    if (ANY, frozenset()) in plain:
        return ANY
    if len(plain) == len(branches):
        return union(intersection((rest, *obligations)) for rest, obligations in plain)
    here = here.only({each for p, _ in branches if isinstance(p, Node) for each in p.sought})
    run = _runs.get((branches, here))
    if run is None:
        run = _runs[branches, here] = _Run()
        run.branches = branches
        run.here = here
        run.nullable = any(
            all(obligation.nullable for obligation in obligations)
            for obligations in _ended(branches, here)
        )
    return defined(run)


def _moved(branches: Branches, here: Context, step: Step) -> Branches:
    """The branches one character later."""
    found: list[Branch] = []
    for pattern, obligations in branches:
        left = _left(obligations, step)
        if left is None:
            continue
        for condition, head, rest in reads(pattern, here):
            remaining = join(step(head), started(rest))
            if remaining is not EMPTY:
                added = (_left(more, step) for more in condition)
                found.extend((remaining, left | more) for more in added if more is not None)
    return _needed(found)


def _left(obligations: Obligations, step: Step) -> Obligations | None:
    """What obligations come to one character later; None: they cannot be met."""
    left = frozenset(map(step, obligations))
    return None if EMPTY in left else left - {ANY}


def _needed(branches: Iterable[Branch]) -> Branches:
    """The branches that no other implies."""
    conditions: dict[Pattern, set[Obligations]] = {}
    for pattern, obligations in branches:
        conditions.setdefault(pattern, set()).add(obligations)
    found = frozenset(
        (pattern, obligations)
        for pattern, condition in conditions.items()
        for obligations in least(condition)
    )
    check_size(len(found))
    return found


def _ended(branches: Branches, here: Context) -> Condition:
    """On which condition one of the branches ends here."""
    return some(
        both(frozenset((obligations,)), passes(pattern, here)) for pattern, obligations in branches
    )
