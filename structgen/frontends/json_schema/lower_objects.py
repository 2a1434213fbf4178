"""Objects to network states: members in order or not, and what is still open after them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import NamedTuple

from structgen import regular
from structgen.frontends.json_schema import lower
from structgen.frontends.json_schema.completion import member_cases, object_completes
from structgen.frontends.json_schema.formula import TRUE, Formula
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.members import Member, NameClass, ObjectSpec
from structgen.frontends.json_schema.nodes import Node
from structgen.frontends.json_schema.satisfiability import settled
from structgen.frontends.json_schema.syntax import between, colon, inside
from structgen.network import NO_NAMES, Capture, Choice, Definition, Key, Names, Network

__all__ = ["object_state"]

NAMES_TOGETHER = 8  # of declared members in the order of the schema


def object_state(network: Network, node: Node, layout: Layout, depth: int) -> int:
    """An object of a branch, from its brace on."""
    return network.literal(b"{", network.state(FirstMember(node, layout, depth)))


class Progress(NamedTuple):
    """How far an object is.

    Attributes:
        left: The index of the next declared member (order of the schema), or the bits of those
            that have not come (any order).
        number: How many members have come, where their number is limited.
        open: What the members must still satisfy together.
        seen: The other names that have come of classes without room: (class, name), or (class, how
            many before) in the sketch of a name.
        met: Those of classes with room, by class (no entries: none have come); None in the sketch
            of a name.
    """

    left: int
    number: int
    open: Formula
    seen: frozenset[tuple[int, str | int]] = frozenset()
    met: tuple[Names | None, ...] = ()


class FirstMember(NamedTuple):
    """After `{`."""

    node: Node
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.node.schemas

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        spec = node.object
        left = 0
        if not node.schemas.in_order:
            left = sum(1 << index for index in range(len(spec.names)) if spec.may_occur(index))
        members = Members(node, Progress(left, 0, spec.open), layout, depth)
        first = members if members.may_go_on() else None
        close = members.may_close()
        return Choice((inside(network, layout, depth, first, b"}", may_close=close),))


class Members(NamedTuple):
    """A member that may come next."""

    node: Node
    progress: Progress
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.node.schemas

    # --- What may come --------------------------------------------------------------------------

    def _missing(self, end: int | None = None) -> Iterable[int]:
        """The declared members that have not come and still may, but for what is open.

        In the order of the schema, those before `end`.
        """
        spec, left = self.node.object, self.progress.left
        if self.node.schemas.in_order:
            return filter(spec.may_occur, range(len(spec.names))[left:end])
        return [index for index in range(len(spec.names)) if left >> index & 1]

    @property
    def _owes(self) -> bool:
        """Whether a required member has not come."""
        left, required = self.progress.left, self.node.object.required_bits
        return bool(required >> left if self.node.schemas.in_order else required & left)

    def may_close(self) -> bool:
        """Whether the object may end here."""
        progress = self.progress
        return progress.number >= self.node.object.least and progress.open.at_end and not self._owes

    def may_go_on(self) -> bool:
        """Whether a member may come."""
        return any(True for _ in self.declared()) or any(True for _ in self.others())

    def declared(self, end: int | None = None) -> Iterator[int]:
        """The declared members that may come; in the order of the schema, those before `end`."""
        spec, is_free = self.node.object, self._is_free
        in_order = self.node.schemas.in_order
        for index in self._missing(end):
            member = spec.member(index)
            if is_free or self.after(index).cases(member):
                yield index
            if in_order and member.required:
                break

    def others(self) -> Iterator[int]:
        """The classes of other names of which one may come."""
        if self.node.schemas.in_order and self._owes:
            return
        is_free = self._is_free
        for number, each in enumerate(self.node.object.others):
            if (each.size is None or self._used(number) < each.size) and (
                is_free or self.after_other(number, 0).cases(each)
            ):
                yield number

    @property
    def _is_free(self) -> bool:
        """Whether members have nothing to satisfy together, and may be as many as they like."""
        spec = self.node.object
        return self.progress.open is TRUE and spec.least == 0 and spec.most is None

    def _used(self, number: int) -> int:
        return sum(which == number for which, _ in self.progress.seen)

    def cases(self, member: Member | NameClass) -> list[tuple[Node, Formula]]:
        """What the value of the member before this place may be, and what is then left open."""
        spec, formula = self.node.object, self.progress.open
        if formula is TRUE:
            return [(member.node, TRUE)] if self.completes(TRUE) else []
        found = settled(member_cases(spec.schemas, member, formula, spec.splits))
        return [(node, rest) for node, rest in found if self.completes(rest)]

    def completes(self, formula: Formula) -> bool:
        """Whether the object can be completed from here where `formula` is open."""
        if formula is TRUE and self._is_free:
            return True
        spec, (left, count, *_) = self.node.object, self.progress
        missing = [spec.member(index) for index in self._missing()]
        if formula is TRUE:
            required = sum(member.required for member in missing)
            if spec.most is not None and count + required > spec.most:
                return False
            spare = 0
            for number, each in enumerate(spec.others):
                if each.size is None:
                    return True
                spare += each.size - self._used(number)
            return count + len(missing) + spare >= spec.least
        used = tuple(map(self._used, range(len(spec.others))))
        key = (left, count, used, formula)
        found = spec.completions.get(key)
        if found is None:
            found = spec.completions[key] = settled(
                object_completes(spec, missing, spec.others, count, formula, used, spec.splits)
            )
        return found

    # --- Going on -------------------------------------------------------------------------------

    def _counted(self) -> int:
        spec, count = self.node.object, self.progress.number
        return count + 1 if spec.most is not None else min(count + 1, spec.least)

    def after(self, index: int) -> Members:
        """The place after a declared member, but for what is open."""
        node, (left, _, formula, seen, met), layout, depth = self
        left = index + 1 if node.schemas.in_order else left & ~(1 << index)
        return Members(node, Progress(left, self._counted(), formula, seen, met), layout, depth)

    def after_other(self, number: int, name: str | int) -> Members:
        """The place after another member of a class, but for what is open."""
        left = len(self.node.object.names) if self.node.schemas.in_order else self.progress.left
        progress = self.progress._replace(left=left, number=self._counted())
        others = self.node.object.others
        if others[number].has_room:
            met = list(self.progress.met or (NO_NAMES,) * len(others))
            met[number] = self.met(number).add(name) if isinstance(name, str) else None
            progress = progress._replace(met=tuple(met))
        else:
            seen = self.progress.seen
            if isinstance(name, int):
                name = self._used(number)
                if others[number].size is None:
                    seen = frozenset(each for each in seen if each[0] != number)
            progress = progress._replace(seen=seen | {(number, name)})
        return self._replace(progress=progress)

    def expand(self, network: Network) -> Definition:
        node, spec = self.node, self.node.object
        in_order = node.schemas.in_order
        end = rest = None
        if in_order:
            # Names are read in blocks: places in the same block share all that come after it.
            left = self.progress.left
            end = (left // NAMES_TOGETHER + 1) * NAMES_TOGETHER
            is_last = spec.required_bits >> left & (1 << end - left) - 1 != 0
            if end < len(spec.names) and not is_last:
                rest = self._at(end)
        options = []
        names = [
            (
                spec.names[index],
                network.state(MemberValue(node, index, self.after(index))),
            )
            for index in self.declared(end)
        ]
        if names:
            options.append(network.json_names(names))
        if rest is not None:
            return Choice((*options, network.state(rest)))
        place = self._at(len(spec.names)) if in_order else self
        for number in self.others():
            if not self._is_unknown(number):
                options.append(network.state(OtherName(place, number)))
            elif spec.others[number].has_room:
                piece = network.json_string_except(spec.names, language=spec.others[number].roomy)
                options.append(network.call(piece, network.UNKNOWN))
            else:
                options.append(network.literal(b'"', network.UNKNOWN))
        return Choice(tuple(options))

    def _is_unknown(self, number: int) -> bool:
        """Whether some name of a class has come that a sketch does not know."""
        if self.node.object.others[number].has_room:
            return bool(self.progress.met) and self.progress.met[number] is None
        return any(which == number and isinstance(name, int) for which, name in self.progress.seen)

    def met(self, number: int) -> Names:
        """The names of a class with room that have come, as far as they are known."""
        return (self.progress.met and self.progress.met[number]) or NO_NAMES

    def _at(self, left: int) -> Members:
        """The same place but for which members are left."""
        return self._replace(progress=self.progress._replace(left=left))


class OtherName(NamedTuple):
    """Another name, of class `number`."""

    members: Members
    number: int

    @property
    def owner(self) -> object:
        return self.members.node.schemas

    def expand(self, network: Network) -> Definition:
        members, number = self
        spec: ObjectSpec = members.node.object
        other = spec.others[number]
        if other.has_room:
            piece = network.json_string_except(spec.names, members.met(number), other.roomy)
        else:
            assert other.names is not None
            seen = [
                name
                for which, name in sorted(members.progress.seen)
                if which == number and isinstance(name, str)
            ]
            if spec.leaves_names(number, seen):
                met = reduce(Names.add, seen, NO_NAMES)
                piece = network.json_string_except(spec.names, met, other.whole)
            else:
                piece = network.json_string(other.names & ~regular.union(map(regular.text, seen)))
        return Capture(piece, AfterName(members, number))


class AfterName(NamedTuple):
    """After another name, which must not come again (a `TextKey`)."""

    members: Members
    number: int

    def after(self, text: bytes) -> Key:
        """The place after this name."""
        members = self.members
        return OtherValue(
            members.node, self.number, members.after_other(self.number, json.loads(text))
        )

    def sketch(self) -> Key:
        """The place after a name that is not known."""
        return OtherValue(self.members.node, self.number, self.members.after_other(self.number, 0))


class MemberValue(NamedTuple):
    """After the name of declared member `which`; `following` is the place after the member."""

    node: Node
    which: int
    following: Members

    @property
    def owner(self) -> object:
        return self.node.schemas

    def expand(self, network: Network) -> Definition:
        return _values(network, self.node.object.member(self.which), self.following)


class OtherValue(NamedTuple):
    """After another name, of class `number`; `following` is the place after the member."""

    node: Node
    number: int
    following: Members

    @property
    def owner(self) -> object:
        return self.node.schemas

    def expand(self, network: Network) -> Definition:
        return _values(network, self.node.object.others[self.number], self.following)


def _values(network: Network, member: Member | NameClass, following: Members) -> Choice:
    """The colon and a value, in all the ways that leave something different open."""
    _, _, layout, depth = following
    options = []
    for child, rest in following.cases(member):
        value = lower.value_state(network, child, layout, depth + layout.counts_depth)
        after = following
        if rest is not following.progress.open:
            after = following._replace(progress=following.progress._replace(open=rest))
        options.append(colon(network, layout, value, network.state(AfterMember(after))))
    return Choice(tuple(options))


class AfterMember(NamedTuple):
    """After a member's value."""

    members: Members

    @property
    def owner(self) -> object:
        return self.members.node.schemas

    def expand(self, network: Network) -> Definition:
        _, _, layout, depth = self.members
        following = self.members if self.members.may_go_on() else None
        return between(
            network, layout, depth, following, b"}" if self.members.may_close() else None
        )
