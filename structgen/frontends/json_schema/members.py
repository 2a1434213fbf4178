"""Objects: facts about members, and what a conjunction of facts makes of names and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from structgen import regular
from structgen.backports import cached_property
from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.formula import (
    FALSE,
    TRUE,
    Combination,
    Fact,
    Formula,
    conjunction,
)
from structgen.frontends.json_schema.load import Place
from structgen.frontends.json_schema.parts import AtLeast, AtMost, Each, Some
from structgen.frontends.json_schema.values import is_text
from structgen.regular import Language

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["Has", "Member", "MemberRule", "ObjectSpec"]

MAX_NAME_CLASSES = 64
MAX_COUNTED = 1_000  # texts of a language
SHORT_NAMES = 64  # characters up to which texts are counted by their length


class Name(NamedTuple):
    """A member's name, as far as rules tell names apart.

    Attributes:
        text: The name; None: one that no rule names.
        matched: Which of the languages in the rules it belongs to.
    """

    text: str | None
    matched: frozenset[Language]


class MemberRule:
    """What the value of a member must be, by its name.

    Args:
        schemas: Makes the nodes.
        named: By the whole name.
        patterns: By languages that the name may belong to.
        rest: For all other names; None: anything.
    """

    def __init__(
        self,
        schemas: Schemas,
        named: Mapping[str, Place | Node],
        patterns: Iterable[tuple[Language, Place | Node]] = (),
        rest: Place | Node | None = None,
    ) -> None:
        self._schemas = schemas
        self.named = named
        self.patterns = tuple(patterns)
        self._rest = rest

    def node(self, name: Name) -> Node:
        """What the value of the member must be."""
        if not self.patterns:  # most rules
            only = self.named.get(name.text, self._rest)  # type: ignore[arg-type]
            if only is None:
                return self._schemas.all
            return self._schemas.of(only) if isinstance(only, Place) else only
        found = [each for language, each in self.patterns if language in name.matched]
        if name.text is not None and name.text in self.named:
            found.append(self.named[name.text])
        if not found and self._rest is not None:
            found.append(self._rest)
        return self._schemas.conjoin(found)


@dataclass(eq=False, frozen=True)
class Has(Fact):
    """There is a member of this name (`there`), or there is none."""

    name: str
    there: bool

    @cached_property
    def negation(self) -> Formula:
        """The other one."""
        return Has(self.name, not self.there)

    @property
    def at_end(self) -> bool:
        """Whether it is about absence."""
        return not self.there

    def child(self, part: Name) -> bool:
        """Whether it is this member."""
        return part.text == self.name

    def after(self, counts: bool, value: Any) -> Formula:
        """Settled once the member comes."""
        if not counts:
            return self
        return TRUE if self.there else FALSE


Has.opposite = Has


class Member(NamedTuple):
    """A declared member: its name, what its value must be, whether it must be there."""

    name: str
    part: Name
    node: Node
    required: bool


class NameClass(NamedTuple):
    """Other names that all rules treat alike.

    Attributes:
        names: The names; None: any that no rule names.
        part: One of them, to rules.
        node: What their values must be.
        size: How many names there are; None: more than will ever be asked for.
        whole: The names and declared ones that are like them; None: any name at all.
        roomy: The names and declared ones, if every beginning of one is one of infinitely many;
            None: any name at all, or not so (see `has_room`).
    """

    names: Language | None
    part: Name
    node: Node
    size: int | None
    whole: Language | None = None
    roomy: Language | None = None

    @property
    def has_room(self) -> bool:
        """Whether every beginning of a name can become one that has not come."""
        return self.names is None or self.roomy is not None


class ObjectSpec:
    """Objects that a formula allows: declared members in order, others by classes of names.

    Attributes:
        least: Smallest number of members.
        most: Largest number, or None.
        open: What the members must satisfy together beyond that; `TRUE` in most schemas.
        names: All names that are not 'other', in the order of the schema, whether or not they can
            occur. Members go by their index here.
        splits: What members leave open of a formula (a memo of `completion.member_cases`).
        completions: Which places can be completed (a memo of `lower_objects`).
    """

    def __init__(self, schemas: Schemas, formula: Formula) -> None:
        self.schemas = schemas
        self.splits: dict[Any, list[tuple[Node, Formula]]] = {}
        self.completions: dict[Any, bool] = {}
        self.least = 0
        self.most: int | None = None
        self._rules: list[MemberRule] = []
        self._required: dict[str, None] = {}
        forbidden: dict[str, None] = {}
        waiting: list[Formula] = []
        every = isinstance(formula, Combination) and formula.every
        for part in formula.parts if every else (formula,):  # type: ignore[attr-defined]
            if isinstance(part, Each):
                self._rules.append(part.rule)
            elif isinstance(part, Has):
                (self._required if part.there else forbidden)[part.name] = None
            elif isinstance(part, AtLeast):
                self.least = max(self.least, part.count)
            elif isinstance(part, AtMost):
                self.most = part.count if self.most is None else min(part.count, self.most)
            else:
                waiting.append(part)
        self.open = conjunction(waiting)
        rules = list(self._rules)
        named: dict[str, None] = {}
        for fact in self.open.facts():
            if isinstance(fact, Each | Some):
                rules.append(fact.rule)
            elif isinstance(fact, Has):
                named[fact.name] = None
        names: dict[str, None] = {}
        for rule in rules:
            names.update(dict.fromkeys(rule.named))
        names.update(self._required)
        names.update(forbidden)
        names.update(named)
        if not all(map(is_text, self._required)):
            self.least, self.most = 1, 0  # no text has such a member
        self.names = [name for name in names if is_text(name)]
        self._members: dict[str, Member] = {}
        self._spare: dict[tuple[int, str], int] = {}  # a memo of `leaves_names`
        self._forbidden = forbidden
        self._languages = tuple(
            dict.fromkeys(language for rule in rules for language, _ in rule.patterns)
        )
        self.open = self.open.replace(self._simplified)

    def _simplified(self, fact: Fact) -> Formula:
        """What is left of a fact, as far as a quick look at the required members can tell."""
        from structgen.frontends.json_schema.satisfiability import is_surely_empty

        if isinstance(fact, Has):
            if fact.name in self._required:
                return TRUE if fact.there else FALSE
            if is_surely_empty(self.base(self.part(fact.name)), 1):
                return FALSE if fact.there else TRUE
        elif isinstance(fact, Each | Some):
            for name in self._required:
                part = self.part(name)
                allowed = self.schemas.both([self.base(part), fact.rule.node(part)])
                if is_surely_empty(allowed, 2):
                    return TRUE if isinstance(fact, Some) else FALSE
        return fact

    def part(self, name: str) -> Name:
        """A declared name as rules see it."""
        if not self._languages:
            return Name(name, frozenset())
        return Name(name, frozenset(each for each in self._languages if each.matches(name)))

    def pointer(self, name: str) -> str:
        """Where it is said what a declared member must be."""
        found = [rule.named[name].pointer for rule in self._rules if name in rule.named]
        return found[0] if found else self.base(self.part(name)).pointer

    def base(self, part: Name) -> Node:
        """What the value of a member must be, whatever else is open."""
        if part.text is not None and part.text in self._forbidden:
            return self.schemas.none
        if len(self._rules) == 1:
            return self._rules[0].node(part)
        return self.schemas.both([rule.node(part) for rule in self._rules])

    def _member(self, name: str) -> Member:
        member = self._members.get(name)
        if member is None:
            part = self.part(name)
            member = Member(name, part, self.base(part), name in self._required)
            self._members[name] = member
        return member

    def member(self, index: int) -> Member:
        """A declared member, whether or not it can occur."""
        return self._member(self.names[index])

    def may_occur(self, index: int) -> bool:
        """Whether some value satisfies what a declared member must be."""
        return self._member(self.names[index]).node.is_satisfiable()

    @property
    def all_members(self) -> list[Member]:
        """The declared members, whether or not they can occur."""
        return [self._member(name) for name in self.names]

    @property
    def required_members(self) -> list[Member]:
        """The declared members that must be there."""
        return [self._member(name) for name in self._required]

    @cached_property
    def required_bits(self) -> int:
        """Which members are required, as bits."""
        return sum(1 << i for i, name in enumerate(self.names) if name in self._required)

    @cached_property
    def others(self) -> list[NameClass]:
        """The classes of other names whose members can occur (see `all_others`)."""
        return [each for each in self.all_others if each.node.is_satisfiable()]

    def leaves_names(self, number: int, met: list[str]) -> bool:
        """Whether every beginning of a name of a class can become one that is not taken.

        As far as is plain: there are more names that begin so than names that are declared or met.

        Args:
            number: Which class of `others`.
            met: The names of the class that have come.
        """
        whole = self.others[number].whole
        if whole is None:
            return True
        taken = [*self.names, *met]
        for name in taken:
            spare = self._spare.get((number, name))
            if spare is None:
                spare = self._spare[number, name] = regular.spare_texts(whole, name, MAX_COUNTED)
            if spare <= len(taken):
                return False
        return True

    @cached_property
    def all_others(self) -> list[NameClass]:
        """Members with other names; names whose members are forbidden outright are left out.

        Raises:
            LimitExceededError: There are more than `MAX_NAME_CLASSES` classes.
        """
        classes: list[tuple[Language, frozenset[Language]]] = [(regular.ANY, frozenset())]
        for language in self._languages:
            classes = [
                part
                for names, matched in classes
                for part in (
                    (names & language, matched | {language}),
                    (names & ~language, matched),
                )
                if not part[0].is_empty()
            ]
            if len(classes) > MAX_NAME_CLASSES:
                raise LimitExceededError(
                    f"Patterns cut names into more than {MAX_NAME_CLASSES} classes",
                    limit="name_classes",
                )
        found = []
        declared: Language | None = None
        for names, matched in classes:
            part = Name(None, matched)
            node = self.base(part)
            if node.is_none:
                continue
            if not self._languages:
                return [NameClass(None, part, node, None)]
            if declared is None:
                declared = regular.union(regular.text(name) for name in self.names)
            whole, roomy = names, names if regular.leaves_room(names) else None
            names &= ~declared
            if not names.is_empty():
                found.append(NameClass(names, part, node, count_texts(names), whole, roomy))
        return found


def count_texts(language: Language) -> int | None:
    """How many texts a language has; None: more than any object has members.

    Example:
        >>> [count_texts(regular.regex(each)) for each in ("[ab]{1,2}", "a{2000}", "a*")]
        [6, 1, None]
    """
    total = 0
    level = {language: 1}
    for _ in range(SHORT_NAMES):
        total += sum(ways for term, ways in level.items() if term.nullable)
        if total > MAX_COUNTED:
            return None
        following: dict[Language, int] = {}
        for term, ways in level.items():
            for target, size in _followers(term):
                following[target] = following.get(target, 0) + ways * size
        if not following:
            return total
        level = following
    return _count_by_terms(language)


def _followers(term: Language) -> list[tuple[Language, int]]:
    """(what can follow a character, how many characters it follows)."""
    return [
        (target, sum(high - low + 1 for low, high in ranges))
        for target, ranges in term.derivatives.items()
        if target.is_live
    ]


def _count_by_terms(language: Language) -> int | None:
    """The same for texts of any length: a term that leads to itself has infinitely many."""
    counts: dict[Language, int] = {}
    path: dict[Language, None] = {}
    waiting = [(language, False)]
    while waiting:
        term, is_left = waiting.pop()
        if is_left:
            del path[term]
            ways = sum(size * counts[target] for target, size in _followers(term))
            counts[term] = min(term.nullable + ways, MAX_COUNTED + 1)
        elif term in path:
            return None
        elif term not in counts:
            path[term] = None
            waiting.append((term, True))
            waiting += [(target, False) for target, _ in _followers(term)]
    return counts[language] if counts[language] <= MAX_COUNTED else None
