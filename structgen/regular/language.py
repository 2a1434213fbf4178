"""Regular languages as interned terms over code points.

A term is built by smart constructors that keep one form for terms that are plainly equal, so that
the derivatives of a term are few (Brzozowski, 'Derivatives of regular expressions', JACM 11(4),
1964; Owens, Reppy and Turon, 'Regular-expression derivatives re-examined', JFP 19(2), 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol
from weakref import WeakValueDictionary

from structgen.backports import cached_property
from structgen.errors import LimitExceededError
from structgen.regular.charset import (
    SCALAR_COUNT,
    SCALARS,
    Ranges,
    intersect,
    normalise,
)

if TYPE_CHECKING:
    from structgen.regular.automaton import Automaton

__all__ = ["ANY", "EMPTY", "EPSILON", "Language", "Live", "characters", "length", "text"]

_terms: WeakValueDictionary[tuple[object, ...], Language] = WeakValueDictionary()

MAX_LIVENESS_STEPS = 20_000
MAX_LIVENESS_WORK = 300_000  # terms derived, parts of others included
MAX_LENGTH_BOUND = 10_000
MAX_BOUND_STEPS = 100


class Live(NamedTuple):
    """Characters of which every text can be continued (see `Language.live`).

    Attributes:
        characters: The characters.
        shortest: With at most this many characters there is a text that continues none of them.
        tail: After n of them, max(`shortest` - n, `tail`) more are enough; None: not known.
    """

    characters: Ranges
    shortest: int
    tail: int | None

    @property
    def size(self) -> int:
        """How many characters they are."""
        return sum(high - low + 1 for low, high in self.characters)

    def then(self, length: int) -> Live:
        """The same where a text of `length` characters must follow."""
        tail = None if self.tail is None else self.tail + length
        return Live(self.characters, self.shortest + length, tail)


_NOT_LIVE = Live((), 0, None)


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
        kind: "empty", "epsilon", "chars", "cat", "or", "and", "not", "repeat" or "defined".
        parts: What the kind needs: ranges, terms, counts, a definition.
        nullable: Whether the empty text is in the language.
        work: How many terms had to be derived for `derivatives`; 0 before that.
    """

    __slots__ = ("__dict__", "__weakref__", "extended", "kind", "nullable", "parts", "work")

    kind: str
    parts: tuple[object, ...]
    nullable: bool
    extended: bool
    work: int

    def __or__(self, other: Language) -> Language:
        return union((self, other))

    def __and__(self, other: Language) -> Language:
        return intersection((self, other))

    def __invert__(self) -> Language:
        if self.kind == "not":
            return self.parts[0]  # type: ignore[return-value]
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
        if self is ANY and (other is ANY or (other.kind == "cat" and other.parts[0] is ANY)):
            return other
        if self.kind == "cat":
            first, second = self.parts
            return first + (second + other)  # type: ignore[operator, no-any-return]
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
        if self.kind == "repeat" and self.parts[1:] == (0, None) and least == 0:
            return self
        return _term("repeat", (self, least, most), least == 0, extended=self.extended)

    def nonempty(self) -> Language:
        """The texts of this language but the empty one."""
        if not self.nullable:
            return self
        if self.kind == "repeat":
            part, _, most = self.parts
            part = part.nonempty()  # type: ignore[attr-defined]
            return part + part.repeat(0, None if most is None else most - 1)  # type: ignore
        return self - EPSILON

    def __repr__(self) -> str:
        # One level only: shared parts would be written again and again.
        parts = (part.kind if isinstance(part, Language) else part for part in self.parts)
        return f"Language({self.kind}, {tuple(parts)!r})"

    # --- Questions ------------------------------------------------------------------------------

    @cached_property
    def is_live(self) -> bool:
        """Whether some text is in the language.

        Raises:
            LimitExceededError: Deciding takes more than `MAX_LIVENESS_STEPS` states or
                `MAX_LIVENESS_WORK`.
        """
        if not self.extended:
            return self is not EMPTY
        seen = {self}
        queue = [self]
        work = 0
        for term in queue:
            if term.nullable:
                return True
            for target in term.derivatives:
                if target is EMPTY or target in seen:
                    continue
                if not target.extended or target.__dict__.get("is_live"):
                    return True
                seen.add(target)
                queue.append(target)
            work += term.work
            if work > MAX_LIVENESS_WORK or len(seen) > MAX_LIVENESS_STEPS:
                raise LimitExceededError(
                    "Whether a combination of patterns has any match could not be decided in time",
                    limit="regex_states",
                )
        for term in seen:  # from none of them is a match reached
            term.__dict__["is_live"] = False
        return False

    def is_empty(self) -> bool:
        """Whether no text is in the language."""
        return not self.is_live

    @cached_property
    def derivatives(self) -> dict[Language, Ranges]:
        """What may follow each first character: {language of the rest: characters}.

        The ranges are disjoint and cover all scalar values; `EMPTY` takes those that cannot come.
        """
        # Sweep over the points where some set begins or ends.
        changes: dict[int, list[Language]] = {0: [], 0xD800: [], 0xE000: [], 0x110000: []}
        for chars in _first_characters(self):
            ranges: Ranges = chars.parts  # type: ignore[assignment]
            for low, high in ranges:
                changes.setdefault(low, []).append(chars)
                changes.setdefault(high + 1, []).append(chars)
        classes: dict[frozenset[Language], list[tuple[int, int]]] = {}
        members: set[Language] = set()
        points = sorted(changes)
        for start, end in zip(points, points[1:], strict=False):
            members.symmetric_difference_update(changes[start])
            if start != 0xD800:  # surrogates are no scalar values
                classes.setdefault(frozenset(members), []).append((start, end - 1))
        found: dict[Language, list[tuple[int, int]]] = {}
        for kind, spans in classes.items():
            memo: dict[Language, Language] = {}
            found.setdefault(_derive(self, kind, memo), []).extend(spans)
            self.work += len(memo)
        return {target: normalise(spans) for target, spans in found.items()}

    @cached_property
    def shortest_length(self) -> int:
        """The number of characters of a shortest text; the language must not be empty."""
        if self.nullable:
            return 0
        if self.kind == "chars":
            return 1
        if not self.extended:
            parts: tuple[Language, ...] = self.parts  # type: ignore[assignment]
            if self.kind == "cat":
                return parts[0].shortest_length + parts[1].shortest_length
            if self.kind == "or":
                return min(part.shortest_length for part in parts)
            return parts[0].shortest_length * self.parts[1]  # type: ignore[operator]
        seen = {self}
        level = [self]
        distance = 0
        while not any(term.nullable for term in level):
            distance += 1
            following = {
                target
                for term in level
                for target in term.derivatives
                if target is not EMPTY and target not in seen
            }
            seen |= following
            level = list(following)
        return distance

    @cached_property
    def length_bound(self) -> int | None:
        """A bound on `shortest_length` of every language that reading on can lead to.

        None: the bound is too large, or reading on leads to too many languages to know.
        """
        bound = self._structural_bound if not self.extended else _explored_bound(self)
        return bound if bound is not None and bound <= MAX_LENGTH_BOUND else None

    @cached_property
    def _structural_bound(self) -> int:
        """A `length_bound` from the parts; kept, as terms share parts."""
        parts: tuple[Language, ...] = self.parts  # type: ignore[assignment]
        if self.kind == "cat":
            return sum(max(part.shortest_length, part._structural_bound) for part in parts)
        if self.kind == "or":
            return max(part._structural_bound for part in parts)
        if self.kind == "repeat":
            inner, least, _ = self.parts
            return inner._structural_bound + least * inner.shortest_length  # type: ignore
        return 1 if self.kind == "chars" else 0

    @cached_property
    def live(self) -> Live:
        """Characters of which every text can be continued to one in the language.

        As far as is plain to see: those of `x` in `x* + y`, which still holds after any of them has
        been read; all of them for a search, `ANY + x + ANY`.
        """
        if self.kind == "cat":
            first, second = self._terms
            return first.live.then(second.shortest_length) if second.is_live else _NOT_LIVE
        if self.kind == "repeat":
            (part,), least = self._terms, self.parts[1]
            if part.kind == "chars" and self.parts[2] is None:
                return Live(part.parts, least, 0)  # type: ignore[arg-type]
            live = part.live
            return live.then((least - 1) * part.shortest_length) if least > 1 else live  # type: ignore[operator]
        if self.kind == "or":
            return max((part.live for part in self._terms), key=lambda live: live.size)
        if self.kind == "and":
            # Continue to a text of one after the other; each stays satisfied by those that follow.
            if all(part.live.size == SCALAR_COUNT and part._is_extensible for part in self._terms):
                return Live(SCALARS, 0, None)
        elif self.kind == "not" and _is_finite(self._terms[0]):
            return Live(SCALARS, 0, None)
        return _NOT_LIVE

    @property
    def _is_extensible(self) -> bool:
        """Whether its texts stay in the language whatever follows them, as far as is plain."""
        if self.kind == "cat":
            return self._terms[1]._is_extensible
        if self.kind in ("or", "and"):
            return all(part._is_extensible for part in self._terms)
        return self is ANY

    @property
    def _terms(self) -> tuple[Language, ...]:
        """The parts that are languages."""
        return tuple(part for part in self.parts if isinstance(part, Language))

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
    kind: str, parts: tuple[object, ...], nullable: bool, *, extended: bool = False
) -> Language:
    key = (kind, *parts)
    term = _terms.get(key)
    if term is None:
        term = Language()
        term.kind = kind
        term.parts = parts
        term.nullable = nullable
        term.extended = extended  # whether an intersection or complement is inside
        term.work = 0
        _terms[key] = term
    return term


EMPTY = _term("empty", (), nullable=False)
EPSILON = _term("epsilon", (), nullable=True)
_CHARACTER = _term("chars", SCALARS, nullable=False)
ANY = _term("repeat", (_CHARACTER, 0, None), nullable=True)
"""Every text."""


def characters(ranges: Iterable[tuple[int, int]]) -> Language:
    """The texts of one character from these ranges of code points.

    Example:
        >>> characters([(48, 57)]).matches("7")
        True
    """
    normal = normalise(ranges)
    return _term("chars", normal, nullable=False) if normal else EMPTY


def defined(definition: Definition) -> Language:
    """The language that a definition gives."""
    return _term("defined", (definition,), definition.nullable, extended=True)


def _is_finite(term: Language) -> bool:
    """Whether the language has finitely many texts, as far as is plain to see."""
    if term.kind in ("not", "defined"):
        return False
    if term.kind == "repeat":
        return term.parts[2] is not None and _is_finite(term._terms[0])
    if term.kind == "and":
        return any(_is_finite(part) for part in term._terms)
    return all(_is_finite(part) for part in term._terms)


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
        for part in term.parts if term.kind == "or" else (term,):
            if part is ANY:
                return ANY
            if part.kind == "chars":  # type: ignore[union-attr]
                ranges.extend(part.parts)  # type: ignore[union-attr]
            elif part is not EMPTY:
                members[part] = None  # type: ignore[index]
    if ranges:
        members[characters(ranges)] = None
    if (
        len(members) > 1
        and EPSILON in members
        and any(m.nullable for m in members if m is not EPSILON)
    ):
        del members[EPSILON]
    if not members:
        return EMPTY
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
        for part in term.parts if term.kind == "and" else (term,):
            if part is EMPTY:
                return EMPTY
            if part.kind == "chars":  # type: ignore[union-attr]
                parts: Ranges = part.parts  # type: ignore[union-attr]
                ranges = parts if ranges is None else intersect(ranges, parts)
            elif part is not ANY:
                members[part] = None  # type: ignore[index]
    if EPSILON in members:
        nullable = ranges is None and all(member.nullable for member in members)
        return EPSILON if nullable else EMPTY
    if ranges is not None:
        members[characters(ranges)] = None
    if EMPTY in members:
        return EMPTY
    if not members:
        return ANY
    if len(members) == 1:
        return next(iter(members))
    ordered = tuple(sorted(members, key=id))
    return _term("and", ordered, all(member.nullable for member in ordered), extended=True)


def _first_characters(term: Language) -> list[Language]:
    """The character sets that the first character is compared with."""
    found: dict[Language, None] = {}
    seen: set[Language] = set()
    stack = [term]
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        if term.kind == "chars":
            found[term] = None
        elif term.kind == "cat":
            first, second = term.parts
            stack.append(first)  # type: ignore[arg-type]
            if first.nullable:  # type: ignore[attr-defined]
                stack.append(second)  # type: ignore[arg-type]
        elif term.kind in ("or", "and"):
            stack.extend(term.parts)  # type: ignore[arg-type]
        elif term.kind in ("not", "repeat"):
            stack.append(term.parts[0])  # type: ignore[arg-type]
        elif term.kind == "defined":
            stack.extend(term.parts[0].compared())  # type: ignore[attr-defined]
    return list(found)


def _explored_bound(term: Language) -> int | None:
    seen = {term}
    queue = [term]
    for reached in queue:
        for target in reached.derivatives:
            if target not in seen and target is not EMPTY and target.is_live:
                seen.add(target)
                queue.append(target)
        if len(seen) > MAX_BOUND_STEPS:
            return None
    return max(reached.shortest_length for reached in seen)


def without_last_counter(term: Language) -> tuple[Language, int | None]:
    """The language with the limit of a last repetition taken out: (language, longest text).

    `[a-z][a-z0-9]{0,254}` is `[a-z][a-z0-9]*` of at most 255 characters. The second part is None
    where the language has no such form and stays as it is. An intersection with `length(0, n)` is
    taken apart as well.
    """
    if term.kind == "and":
        members: tuple[Language, ...] = term.parts  # type: ignore[assignment]
        for part in members:
            if part.kind == "repeat" and part.parts[:2] == (_CHARACTER, 0):
                rest = intersection(other for other in members if other is not part)
                return rest, part.parts[2]  # type: ignore[return-value]
        return term, None
    fixed = 0
    before: list[Language] = []
    while term.kind == "cat":
        first, term = term.parts  # type: ignore[assignment]
        if first.kind != "chars":
            return _joined(before, first + term), None
        before.append(first)
        fixed += 1
    if term.kind == "repeat" and term.parts[0].kind == "chars":  # type: ignore[attr-defined]
        inner, least, most = term.parts
        if most is not None:
            endless = inner.repeat(least)  # type: ignore[attr-defined]
            return _joined(before, endless), fixed + most  # type: ignore[operator]
    return _joined(before, term), None


def _joined(before: list[Language], last: Language) -> Language:
    for term in reversed(before):
        last = term + last
    return last


def _derive(
    term: Language, members: frozenset[Language], memo: dict[Language, Language]
) -> Language:
    """The rest after a first character that is in exactly the character sets `members`.

    `memo`: the parts that have been derived by these members, for terms share their parts.
    """
    found = memo.get(term)
    if found is None:
        found = memo[term] = _derived(term, members, memo)
    return found


def _derived(
    term: Language, members: frozenset[Language], memo: dict[Language, Language]
) -> Language:
    kind = term.kind
    if kind == "chars":
        return EPSILON if term in members else EMPTY
    parts = term._terms
    if kind == "cat":
        first, second = parts
        rest = _derive(first, members, memo) + second
        return union((rest, _derive(second, members, memo))) if first.nullable else rest
    if kind == "repeat":
        _, least, most = term.parts
        fewer = None if most is None else most - 1  # type: ignore[operator]
        again = parts[0].repeat(max(least - 1, 0), fewer)  # type: ignore[operator, type-var]
        return _derive(parts[0], members, memo) + again
    if kind == "or":
        return union(_derive(part, members, memo) for part in parts)
    if kind == "and":
        return intersection(_derive(part, members, memo) for part in parts)
    if kind == "not":
        return ~_derive(parts[0], members, memo)
    if kind == "defined":
        definition: Definition = term.parts[0]  # type: ignore[assignment]
        return definition.derive(lambda part: _derive(part, members, memo))
    return EMPTY
