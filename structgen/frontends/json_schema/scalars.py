"""Sets of strings and of numbers, closed under union, intersection and complement."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from structgen import regular
from structgen.backports import cached_property
from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.number_texts import number_texts
from structgen.frontends.json_schema.numbers import NumberBounds
from structgen.regular import Language

__all__ = ["Numbers", "NumberSpec", "StringSpec", "Strings"]

FEW_STRINGS = 8  # more alternatives become one language
MAX_NUMBERS = 1_024


class StringSpec(NamedTuple):
    """Strings in all of `languages` (none: every string) of so many characters.

    Attributes:
        languages: What the strings must all belong to.
        min_length: Least number of characters.
        max_length: Largest number of characters, or None.
        excluded: Strings that are left out.
    """

    languages: tuple[Language, ...] = ()
    min_length: int = 0
    max_length: int | None = None
    excluded: frozenset[str] = frozenset()

    @property
    def is_all_but(self) -> bool:
        """Whether it is every string but the excluded ones."""
        return not self.languages and self.min_length == 0 and self.max_length is None

    @property
    def texts(self) -> tuple[Language | None, int | None]:
        """(language, most characters): with None as language, `min_length` applies too.

        A limit stays a count beside the language where the engine can keep it as one; multiplied
        into the language it would make as many states as it has characters.
        """
        return _texts(self)

    @property
    def language(self) -> Language:
        """The same as one language."""
        parts = [*self.languages]
        if self.min_length or self.max_length is not None:
            parts.append(regular.length(self.min_length, self.max_length))
        if self.excluded:
            parts.append(~regular.union(map(regular.text, self.excluded)))
        return regular.intersection(parts)

    @property
    def has_room(self) -> bool:
        """Whether every beginning of a string can become one of infinitely many."""
        if self.max_length is not None:
            return False
        return not self.languages or regular.leaves_room(self.language)

    def is_empty(self) -> bool:
        """Whether no string is allowed."""
        if self.is_all_but:
            return False
        language, most = self.texts
        if language is None:
            return most is not None and most < self.min_length
        return language.is_empty()

    def contains(self, value: str) -> bool:
        """Whether a string is allowed."""
        return (
            value not in self.excluded
            and len(value) >= self.min_length
            and (self.max_length is None or len(value) <= self.max_length)
            and all(language.matches(value) for language in self.languages)
        )

    def meet(self, other: StringSpec) -> StringSpec:
        """The strings in both."""
        mosts = [m for m in (self.max_length, other.max_length) if m is not None]
        return StringSpec(
            tuple(dict.fromkeys(self.languages + other.languages)),
            max(self.min_length, other.min_length),
            min(mosts, default=None),
            self.excluded | other.excluded,
        )


@lru_cache(maxsize=1024)  # also keeps what has been found out about the language
def _texts(spec: StringSpec) -> tuple[Language | None, int | None]:
    """`StringSpec.texts`."""
    most = spec.max_length
    languages = spec.languages
    if spec.excluded:
        languages = (*languages, ~regular.union(map(regular.text, spec.excluded)))
    if not languages:
        return None, most
    parts = []
    for language in languages:
        language, longest = regular.without_last_counter(language)
        parts.append(language)
        if longest is not None:
            most = longest if most is None else min(most, longest)
    language = regular.intersection(parts)
    if spec.min_length > language.least_length:
        language &= regular.length(spec.min_length)
    if most is None or language.is_empty():
        return language, None
    if language.length_bound is None:
        return language & regular.length(0, most), None
    return (language, most) if language.shortest_length <= most else (regular.EMPTY, None)


class Strings:
    """A union of `StringSpec`.

    Args:
        specs: The alternatives.
    """

    ALL: Strings
    NONE: Strings

    def __init__(self, specs: Iterable[StringSpec]) -> None:
        distinct = tuple(dict.fromkeys(specs))
        if len(distinct) > FEW_STRINGS:
            distinct = (StringSpec((regular.union(spec.language for spec in distinct),)),)
        self._candidates = distinct

    @staticmethod
    def of_texts(texts: Iterable[str]) -> Strings:
        """Just these strings."""
        language = regular.union(map(regular.text, texts))
        return Strings.NONE if language is regular.EMPTY else Strings((StringSpec((language,)),))

    @staticmethod
    def but_texts(texts: Iterable[str]) -> Strings:
        """Every string but these."""
        return Strings((StringSpec(excluded=frozenset(texts)),))

    @cached_property
    def specs(self) -> tuple[StringSpec, ...]:
        """The alternatives that are not empty."""
        return tuple(spec for spec in self._candidates if not spec.is_empty())

    @property
    def language(self) -> Language:
        """The same as one language."""
        return regular.union(spec.language for spec in self._candidates)

    def contains(self, value: str) -> bool:
        """Whether a string is in it."""
        return any(spec.contains(value) for spec in self._candidates)

    def meet(self, other: Strings) -> Strings:
        """The strings in both."""
        if other is Strings.ALL or self is Strings.NONE:
            return self
        if self is Strings.ALL or other is Strings.NONE:
            return other
        return Strings(a.meet(b) for a in self._candidates for b in other._candidates)

    def join(self, other: Strings) -> Strings:
        """The strings in either."""
        if self is Strings.ALL or other is Strings.ALL:
            return Strings.ALL
        return Strings(self._candidates + other._candidates)

    @cached_property
    def complement(self) -> Strings:
        """The strings that are not in it."""
        found = Strings.ALL
        for spec in self._candidates:
            parts = [StringSpec((~language,)) for language in spec.languages]
            if spec.min_length:
                parts.append(StringSpec(max_length=spec.min_length - 1))
            if spec.max_length is not None:
                parts.append(StringSpec(min_length=spec.max_length + 1))
            if spec.excluded:
                parts.append(StringSpec((regular.union(map(regular.text, spec.excluded)),)))
            found = found.meet(Strings(parts))
        return found


Strings.ALL = Strings((StringSpec(),))
Strings.NONE = Strings(())


class NumberSpec(NamedTuple):
    """Numbers within bounds.

    Attributes:
        bounds: An interval, and what the numbers are multiples of.
        not_multiples: They are multiples of none of these.
        plain: True: written without a fraction and an exponent; False: with one; None: either.
    """

    bounds: NumberBounds = NumberBounds()
    not_multiples: frozenset[Fraction] = frozenset()
    plain: bool | None = None

    def is_empty(self) -> bool:
        """Whether no number is allowed."""
        return self.bounds.is_empty() or number_texts(*self) is None

    def contains(self, value: Fraction, plain: bool) -> bool:
        """Whether a number is allowed that is written so."""
        return (
            self.bounds.contains(value)
            and not any((value / step).denominator == 1 for step in self.not_multiples)
            and self.plain in (None, plain)
        )

    def meet(self, other: NumberSpec) -> NumberSpec | None:
        """The numbers in both; None: plainly none."""
        if None not in (self.plain, other.plain) and self.plain != other.plain:
            return None
        bounds = self.bounds.intersect(other.bounds)
        if bounds.is_empty():
            return None
        plain = self.plain if other.plain is None else other.plain
        return NumberSpec(bounds, self.not_multiples | other.not_multiples, plain)


class Numbers:
    """A union of `NumberSpec`.

    Args:
        specs: The alternatives.

    Raises:
        LimitExceededError: There are more than `MAX_NUMBERS` alternatives.
    """

    ALL: Numbers
    NONE: Numbers

    def __init__(self, specs: Iterable[NumberSpec]) -> None:
        self._candidates = tuple(dict.fromkeys(specs))
        if len(self._candidates) > MAX_NUMBERS:
            raise LimitExceededError(
                f"Numbers are cut into more than {MAX_NUMBERS} intervals", limit="intervals"
            )

    @cached_property
    def specs(self) -> tuple[NumberSpec, ...]:
        """The alternatives that are not empty."""
        return tuple(spec for spec in self._candidates if not spec.is_empty())

    def contains(self, value: Fraction, plain: bool) -> bool:
        """Whether a number is in it that is written so."""
        return any(spec.contains(value, plain) for spec in self._candidates)

    def meet(self, other: Numbers) -> Numbers:
        """The numbers in both."""
        if other is Numbers.ALL or self is Numbers.NONE:
            return self
        if self is Numbers.ALL or other is Numbers.NONE:
            return other
        both = (a.meet(b) for a in self._candidates for b in other._candidates)
        return Numbers(spec for spec in both if spec is not None)

    def join(self, other: Numbers) -> Numbers:
        """The numbers in either."""
        if self is Numbers.ALL or other is Numbers.ALL:
            return Numbers.ALL
        return Numbers(self._candidates + other._candidates)

    @cached_property
    def complement(self) -> Numbers:
        """The numbers that are not in it."""
        found = Numbers.ALL
        for bounds, not_multiples, plain in self._candidates:
            parts = [NumberSpec(NumberBounds(multiple_of=step)) for step in not_multiples]
            if bounds.minimum is not None:
                below = NumberBounds(
                    maximum=bounds.minimum, exclusive_maximum=not bounds.exclusive_minimum
                )
                parts.append(NumberSpec(below))
            if bounds.maximum is not None:
                above = NumberBounds(
                    minimum=bounds.maximum, exclusive_minimum=not bounds.exclusive_maximum
                )
                parts.append(NumberSpec(above))
            if isinstance(bounds.multiple_of, Fraction):
                if bounds.minimum is None or bounds.minimum != bounds.maximum:
                    parts.append(NumberSpec(not_multiples=frozenset((bounds.multiple_of,))))
            if plain is not None:
                parts.append(NumberSpec(plain=not plain))
            found = found.meet(Numbers(parts))
        return found


Numbers.ALL = Numbers((NumberSpec(),))
Numbers.NONE = Numbers(())
