"""Regular languages as interned terms over code points.

A term is built by smart constructors that keep one form for terms that are plainly equal, so that
the derivatives of a term are few (Brzozowski, 'Derivatives of regular expressions', JACM 11(4),
1964; Owens, Reppy and Turon, 'Regular-expression derivatives re-examined', JFP 19(2), 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol
from weakref import WeakValueDictionary

from structgen.backports import cached_property
from structgen.regular.charset import SCALARS, Ranges, intersect, normalise
from structgen.regular.inclusion import FEW, without_held

if TYPE_CHECKING:
    from structgen.regular.automaton import Automaton
    from structgen.regular.live import Live

__all__ = [
    "ANY",
    "EMPTY",
    "EPSILON",
    "Definition",
    "Language",
    "characters",
    "defined",
    "intersection",
    "length",
    "text",
    "union",
]

Kind = Literal["empty", "epsilon", "chars", "cat", "or", "and", "not", "repeat", "defined"]

_terms: WeakValueDictionary[tuple[object, ...], Language] = WeakValueDictionary()


class Definition(Protocol):
    """A language by what follows each of its first characters; equal ones are the same object."""

    @property
    def nullable(self) -> bool:
        """Whether the empty text is in the language."""

    def compared(self) -> Iterable[Language]:
        """Languages whose first characters tell apart what `derive` answers."""

    def derive(self, step: Callable[[Language], Language]) -> Language:
        """The rest after a first character; `step` has that of any of the languages compared."""


class Language:
    """A set of texts. Equal terms are the same object; combine with `|`, `&`, `-`, `~`, `+`.

    Attributes:
        kind: What it is made by.
        terms: The languages that it is made from.
        ranges: The characters of a "chars".
        least: How often the one term of a "repeat" comes at least.
        most: How often at most; None: without a limit.
        definition: That of a "defined".
        nullable: Whether the empty text is in the language.
        extended: Whether an intersection, a complement or a definition is inside.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "definition",
        "extended",
        "kind",
        "least",
        "most",
        "nullable",
        "ranges",
        "terms",
    )

    kind: Kind
    terms: tuple[Language, ...]
    ranges: Ranges
    least: int
    most: int | None
    definition: Definition | None
    nullable: bool
    extended: bool

    def __or__(self, other: Language) -> Language:
        return union((self, other))

    def __and__(self, other: Language) -> Language:
        return intersection((self, other))

    def __invert__(self) -> Language:
        if self.kind == "not":
            return self.terms[0]
        if self is EMPTY:
            return ANY
        if self is ANY:
            return EMPTY
        return _term("not", (self,), not self.nullable, extended=True)

    def __sub__(self, other: Language) -> Language:
        return self & ~other

    def __add__(self, other: Language) -> Language:
        """All texts of this language followed by one of the other."""
        if self is EMPTY or other is EMPTY:
            return EMPTY
        if self is EPSILON:
            return other
        if other is EPSILON:
            return self
        if self is ANY and (other is ANY or (other.kind == "cat" and other.terms[0] is ANY)):
            return other
        if self.kind == "cat":
            first, second = self.terms
            return first + (second + other)
        return _term(
            "cat",
            (self, other),
            self.nullable and other.nullable,
            extended=self.extended or other.extended,
        )

    def repeat(self, least: int = 0, most: int | None = None) -> Language:
        """`least` to `most` texts of this language in a row (None: no limit)."""
        if most is not None and most < least:
            return EMPTY
        if most == 0 or self is EPSILON:
            return EPSILON
        if self is EMPTY:
            return EPSILON if least == 0 else EMPTY
        if (least, most) == (1, 1):
            return self
        if self.nullable:
            least = 0
        if self.kind == "repeat" and (self.least, self.most, least) == (0, None, 0):
            return self
        return _term("repeat", (self,), least == 0, extended=self.extended, counts=(least, most))

    def nonempty(self) -> Language:
        """The texts of this language but the empty one."""
        if not self.nullable:
            return self
        if self.kind == "repeat":
            part = self.terms[0].nonempty()
            return part + part.repeat(0, None if self.most is None else self.most - 1)
        return self - EPSILON

    def __repr__(self) -> str:
        # One level only: shared terms would be written again and again.
        kinds = tuple(term.kind for term in self.terms)
        return f"Language({self.kind}, {self.ranges or kinds!r})"

    # --- Questions ------------------------------------------------------------------------------

    @cached_property
    def is_live(self) -> bool:
        """Whether some text is in the language.

        Raises:
            LimitExceededError: Deciding takes too many steps (see `liveness.py`).
        """
        from structgen.regular.liveness import is_live

        return is_live(self)

    def is_empty(self) -> bool:
        """Whether no text is in the language.

        Raises:
            LimitExceededError: Deciding takes too many steps.
        """
        return not self.is_live

    @cached_property
    def derivatives(self) -> dict[Language, Ranges]:
        """What may follow each first character: {language of the rest: characters}.

        The ranges are disjoint and cover all scalar values; `EMPTY` takes those that cannot come.
        """
        from structgen.regular.derivatives import derivatives

        return derivatives(self)

    @cached_property
    def least_length(self) -> int:
        """No text has fewer characters; `shortest_length`, as far as is plain to see."""
        from structgen.regular.lengths import least_length

        return least_length(self)

    @cached_property
    def remaining(self) -> int:
        """How many characters a text seems to need: a guess, for the order of a search.

        What each part of an intersection needs counts by itself, so that a step towards any of
        them is one towards the end.
        """
        from structgen.regular.lengths import remaining

        return remaining(self)

    @cached_property
    def shortest_length(self) -> int:
        """The number of characters of a shortest text; the language must not be empty.

        Raises:
            LimitExceededError: Finding out takes too many steps (see `lengths.py`).
        """
        from structgen.regular.lengths import shortest_length

        return shortest_length(self)

    @cached_property
    def length_bound(self) -> int | None:
        """A bound on `shortest_length` of every language that reading on can lead to.

        None: the bound is too large, or reading on leads to too many languages to know.

        Raises:
            LimitExceededError: Whether some of them is empty takes too many steps to decide.
        """
        from structgen.regular.lengths import length_bound

        return length_bound(self)

    @cached_property
    def live(self) -> Live:
        """Characters of which every text can be continued to one in the language.

        As far as is plain to see: those of `x` in `x* + y`, which still holds after any of them has
        been read; all of them for a search, `ANY + x + ANY`.
        """
        from structgen.regular.live import live

        return live(self)

    def automaton(self) -> Automaton:
        """The deterministic automaton over UTF-8 bytes, made state by state.

        Raises:
            UnsatisfiableError: No text is in the language.
        """
        from structgen.regular.automaton import Automaton

        automaton: Automaton | None = self.__dict__.get("_automaton")
        if automaton is None:
            automaton = self.__dict__["_automaton"] = Automaton(self)
        return automaton

    def matches(self, value: str) -> bool:
        """Whether a text is in the language.

        Example:
            >>> (text("a") + text("b").repeat()).matches("abb")
            True
        """
        term = self
        for character in value:
            point = ord(character)
            term = next(
                (
                    target
                    for target, ranges in term.derivatives.items()
                    if any(low <= point <= high for low, high in ranges)
                ),
                EMPTY,
            )
            if term is EMPTY:
                return False
        return term.nullable


def _term(
    kind: Kind,
    terms: tuple[Language, ...] = (),
    nullable: bool = False,
    *,
    extended: bool = False,
    ranges: Ranges = (),
    counts: tuple[int, int | None] = (1, 1),
    definition: Definition | None = None,
) -> Language:
    # Parts are in the key by number: a key that held them would keep their derivatives, and with
    # them often the term itself, for ever. While the term is there its parts keep their numbers.
    key = (kind, *map(id, terms), ranges, counts, definition)
    term = _terms.get(key)
    if term is None:
        term = Language()
        term.kind = kind
        term.terms = terms
        term.ranges = ranges
        term.least, term.most = counts
        term.definition = definition
        term.nullable = nullable
        term.extended = extended
        _terms[key] = term
    return term


EMPTY = _term("empty")
EPSILON = _term("epsilon", nullable=True)
_CHARACTER = _term("chars", ranges=SCALARS)
ANY = _CHARACTER.repeat()
"""Every text."""


def characters(ranges: Iterable[tuple[int, int]]) -> Language:
    """The texts of one character from these ranges of code points.

    Example:
        >>> characters([(48, 57)]).matches("7")
        True
    """
    normal = normalise(ranges)
    return _term("chars", ranges=normal) if normal else EMPTY


def defined(definition: Definition) -> Language:
    """The language that a definition gives."""
    return _term("defined", (), definition.nullable, extended=True, definition=definition)


def text(value: str) -> Language:
    """Exactly this text."""
    term = EPSILON
    for character in reversed(value):
        term = characters([(ord(character), ord(character))]) + term
    return term


def length(least: int = 0, most: int | None = None) -> Language:
    """Texts of `least` to `most` characters."""
    return _CHARACTER.repeat(least, most)


def union(terms: Iterable[Language]) -> Language:
    """Texts in any of the languages."""
    members: dict[Language, None] = {}
    ranges: list[tuple[int, int]] = []
    for term in terms:
        for part in term.terms if term.kind == "or" else (term,):
            if part is ANY:
                return ANY
            if part.kind == "chars":
                ranges.extend(part.ranges)
            elif part is not EMPTY:
                members[part] = None
    if ranges:
        members[characters(ranges)] = None
    if (
        len(members) > 1
        and EPSILON in members
        and any(m.nullable for m in members if m is not EPSILON)
    ):
        del members[EPSILON]
    if _has_opposites(members):
        return ANY
    if not members:
        return EMPTY
    if len(members) >= FEW:
        members = dict.fromkeys(without_held(members))
    if len(members) == 1:
        return next(iter(members))
    ordered = tuple(sorted(members, key=id))
    return _term(
        "or",
        ordered,
        any(member.nullable for member in ordered),
        extended=any(member.extended for member in ordered),
    )


def intersection(terms: Iterable[Language]) -> Language:
    """Texts in all of the languages."""
    members: dict[Language, None] = {}
    ranges: Ranges | None = None
    for term in terms:
        for part in term.terms if term.kind == "and" else (term,):
            if part is EMPTY:
                return EMPTY
            if part.kind == "chars":
                ranges = part.ranges if ranges is None else intersect(ranges, part.ranges)
            elif part is not ANY:
                members[part] = None
    if EPSILON in members:
        nullable = ranges is None and all(member.nullable for member in members)
        return EPSILON if nullable else EMPTY
    if ranges is not None:
        members[characters(ranges)] = None
    if EMPTY in members:
        return EMPTY
    if _has_opposites(members):
        return EMPTY
    if not members:
        return ANY
    if len(members) == 1:
        return next(iter(members))
    ordered = tuple(sorted(members, key=id))
    return _term("and", ordered, all(member.nullable for member in ordered), extended=True)


def _has_opposites(members: dict[Language, None]) -> bool:
    """Whether a language and its complement are among them."""
    return any(member.kind == "not" and member.terms[0] in members for member in members)
