"""Whether an array or object that has begun can be completed: a search for one witness.

All of this is *conditions* (see `satisfiability`): generators that ask whether nodes are
satisfiable and return an answer.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.formula import FALSE, TRUE, Fact, Formula
from structgen.frontends.json_schema.items import LATER, ArraySpec, Equal, ManyItems, settle
from structgen.frontends.json_schema.members import Has, Member, NameClass, ObjectSpec, count_texts
from structgen.frontends.json_schema.parts import split
from structgen.frontends.json_schema.values import value_key

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["Conditions", "array_completes", "few_values", "member_cases", "object_completes"]

Conditions = Generator["Node", bool, bool]

Cases = dict[Any, list[tuple["Node", Formula]]]
"""What members were found to leave open, by the member and the formula before it."""

MAX_STEPS = 20_000
SPARE_VALUES = 16


def _spend(seen: set[Any], what: str) -> None:
    if len(seen) > MAX_STEPS:
        raise LimitExceededError(
            f"Whether {what} can be completed could not be decided in time", limit="witnesses"
        )


# --- Objects ------------------------------------------------------------------------------------


def object_completes(
    spec: ObjectSpec,
    missing: Sequence[Member],
    others: Sequence[NameClass],
    count: int,
    formula: Formula,
    used: tuple[int, ...],
    known: Cases | None = None,
) -> Conditions:
    """Whether an object can be completed.

    Args:
        spec: The objects.
        missing: The declared members that may still come; each comes or does not.
        others: The classes of other names.
        count: How many members have come, up to what matters.
        formula: What is still open.
        used: How many names of each class have come.
        known: Keeps what `member_cases` finds.

    Raises:
        LimitExceededError: The search takes more than `MAX_STEPS` steps.
    """
    if formula is TRUE:
        return (yield from _plain_object_completes(spec, missing, others, count, used))
    seen: set[Any] = set()
    stack = [(0, count, formula, used)]
    while stack:
        state = stack.pop()
        if state in seen:
            continue
        seen.add(state)
        _spend(seen, "an object")
        position, count, formula, used = state
        if formula is FALSE or (spec.most is not None and count > spec.most):
            continue
        if formula is TRUE:
            left = missing[position:]
            if (yield from _plain_object_completes(spec, left, others, count, used)):
                return True
            continue
        following = count + 1 if spec.most is not None else min(count + 1, spec.least)
        if position < len(missing):
            member = missing[position]
            cases = yield from member_cases(spec.schemas, member, formula, known)
            steps = [(position + 1, following, rest, used) for _, rest in cases]
            without = formula.replace(lambda fact, name=member.name: _absent(fact, name))  # type: ignore[misc]
            matters = count < spec.least or any(step[2] is not formula for step in steps)
            if not member.required:
                skip = (position + 1, count, without, used)
                steps = [*steps, skip] if matters else [skip]
            # Last is looked at first: what could end here, then what leaves least open.
            steps.sort(key=lambda step: (step[2].at_end, -sum(1 for _ in step[2].facts())))
            stack += steps
            continue
        if formula.at_end and count >= spec.least:
            return True
        for number, each in enumerate(others):
            if each.size is not None and used[number] >= each.size:
                continue
            more = used
            if each.size is not None:
                more = (*used[:number], used[number] + 1, *used[number + 1 :])
            cases = yield from member_cases(spec.schemas, each, formula, known)
            stack += [(position, following, rest, more) for _, rest in cases]
    return False


def member_cases(
    schemas: Schemas, member: Member | NameClass, formula: Formula, known: Cases | None = None
) -> Generator[Node, bool, list[tuple[Node, Formula]]]:
    """What the value of a member may be, and what is then left open of a formula.

    Args:
        schemas: Makes the nodes.
        member: The member, or a class of names of which one comes.
        formula: What is open before it.
        known: Keeps what is found; None while what is satisfiable is being decided.

    Raises:
        LimitExceededError: The value must be told apart in too many ways.
    """
    key = (member.part, formula)
    found = None if known is None else known.get(key)
    if found is None:
        found = []
        if (yield member.node):
            cases = yield from split(schemas, member.node, formula, member.part)
            for node, rest in cases:
                if node is member.node or (yield node):
                    found.append((node, rest))
        if known is not None:
            known[key] = found
    return found


def _absent(fact: Fact, name: str) -> Formula:
    """A fact where a member does not come."""
    if isinstance(fact, Has) and fact.name == name:
        return FALSE if fact.there else TRUE
    return fact


def _plain_object_completes(
    spec: ObjectSpec,
    missing: Sequence[Member],
    others: Sequence[NameClass],
    count: int,
    used: tuple[int, ...],
) -> Conditions:
    required = [member for member in missing if member.required]
    if spec.most is not None and spec.most < max(spec.least, count + len(required)):
        return False
    for member in required:
        if not (yield member.node):
            return False
    needed = spec.least - count - len(required)
    if needed <= 0:
        return True
    for number, each in enumerate(others):
        if (yield each.node):
            if each.size is None:
                return True
            needed -= each.size - used[number]
    for member in missing:
        if needed > 0 and not member.required and (yield member.node):
            needed -= 1
    return needed <= 0


# --- Arrays -------------------------------------------------------------------------------------


def array_completes(
    spec: ArraySpec, index: int, formula: Formula, seen: frozenset[Any]
) -> Conditions:
    """Whether an array can be completed.

    Args:
        spec: The arrays.
        index: How many items have come, up to what matters.
        formula: What is still open.
        seen: The keys of the items, where all must differ.

    Raises:
        LimitExceededError: The search takes more than `MAX_STEPS` steps.
    """
    if spec.most is not None and spec.most < max(spec.least, index):
        return False
    if formula is TRUE:
        return (yield from _plain_array_completes(spec, index, seen))
    enough = max(spec.least, spec.prefix)
    met: set[Any] = set()
    stack = [(index, formula)]
    while stack:
        state = stack.pop()
        if state in met:
            continue
        met.add(state)
        _spend(met, "an array")
        index, formula = state
        if formula is FALSE:
            continue
        if formula is TRUE:
            if (yield from _plain_array_completes(spec, index, seen)):
                return True
            continue
        if formula.at_end and index >= spec.least:
            return True
        if spec.most is not None and index >= spec.most:
            continue
        base = spec.item(index)
        if not (yield base):
            continue
        following = index + 1 if spec.most is not None else min(index + 1, enough)
        compares = any(isinstance(fact, Equal) for fact in formula.facts())
        cases = yield from split(spec.schemas, base, formula, min(index, spec.prefix), LATER)
        steps = []
        for node, rest in cases:
            if node is not base and not (yield node):
                continue
            if not compares:
                steps.append((following, rest))
                continue
            few = yield from few_values(node, _most_items(spec, rest))
            values = [node] if few is None else few
            steps += [(following, settle(rest, value)) for value in values]
        steps.sort(key=lambda step: step[1] is not state[1])
        stack += steps
    return False


def _most_items(spec: ArraySpec, formula: Formula) -> int:
    """More items than a shortest witness has."""
    counts = sum(fact.count for fact in formula.facts() if isinstance(fact, ManyItems))
    return spec.least + spec.prefix + counts + SPARE_VALUES


def _plain_array_completes(spec: ArraySpec, index: int, seen: frozenset[Any]) -> Conditions:
    for position in range(index, min(spec.least, spec.prefix + 1)):
        if not (yield spec.item(position)):
            return False
    if index < spec.least and not (yield spec.item(spec.least - 1)):
        return False
    if not spec.unique or index >= spec.least:
        return True
    if index == spec.least - 1:
        unlike = (spec.schemas.constant_of(value).negation for value in seen)
        return (yield spec.schemas.both([spec.item(index), *unlike]))
    choices = yield from scarce_values(spec, index, seen)
    return can_differ(choices)


def scarce_values(
    spec: ArraySpec, index: int, seen: frozenset[Any]
) -> Generator[Node, bool, list[list[Any]]]:
    """The values of each item still needed of which there are not plenty; those not seen."""
    plenty = spec.least - index + len(seen)
    found: list[list[Any]] = []
    last: list[Any] | None = None
    for position in range(index, spec.least):
        if position <= spec.prefix or position == index:
            last = yield from few_values(spec.item(position), plenty)
        if last is not None:
            found.append([value for value in last if value not in seen])
        elif position >= spec.prefix:
            break
    return found


def can_differ(choices: list[list[Any]]) -> bool:
    """Whether one of each list can be chosen so that all differ: a bipartite matching."""
    taken: dict[Any, int] = {}

    def place(number: int, tried: set[Any]) -> bool:
        for value in choices[number]:
            if value not in tried:
                tried.add(value)
                if value not in taken or place(taken[value], tried):
                    taken[value] = number
                    return True
        return False

    return all(place(number, set()) for number in range(len(choices)))


# --- How many values ----------------------------------------------------------------------------


def few_values(node: Node, most: int) -> Generator[Node, bool, list[Any] | None]:
    """The keys of all values of a node if there are at most `most` of them; None: more.

    Raises:
        LimitExceededError: They are arrays or objects that may be few.
    """
    found: dict[Any, None] = {}
    for branch in node.branches:
        if branch.values is not None:
            found.update(dict.fromkeys(map(value_key, branch.values)))
            continue
        words = {"null": None, "true": True, "false": False}
        found.update(dict.fromkeys(value_key(words[word]) for word in branch.words))
        for spec in branch.numbers.specs:
            low, high, step = spec.bounds.minimum, spec.bounds.maximum, spec.bounds.multiple_of
            if low is None or high is None or (low != high and step is None):
                return None
            size = 1 if low == high else int((high - low) / step) + 1  # type: ignore[operator]
            if size > most + MAX_STEPS:
                return None
            for number in range(size):
                value = low + number * (step or 0)  # type: ignore[operator]
                if spec.contains(value, spec.plain is True):  # type: ignore[arg-type]
                    found[_number_key(value)] = None
                    if len(found) > most:
                        return None
        for text in branch.strings.specs:
            texts = _few_texts(text.language, most)
            if texts is None:
                return None
            found.update(dict.fromkeys(("string", each) for each in texts))
        if branch.arrays is not FALSE and (yield from _has_arrays(branch)):
            if (yield from _has_many_arrays(branch.array, most)):
                return None
            found["array", ()] = None
        if branch.objects is not FALSE and (yield from _has_objects(branch)):
            if (yield from _has_many_objects(branch.object, most)):
                return None
            found["object", frozenset()] = None
        if len(found) > most:
            return None
    return list(found)


def _has_arrays(branch: Node) -> Conditions:
    return (yield from array_completes(branch.array, 0, branch.array.open, frozenset()))


def _has_objects(branch: Node) -> Conditions:
    spec = branch.object
    used = (0,) * len(spec.all_others)
    return (
        yield from object_completes(spec, spec.all_members, spec.all_others, 0, spec.open, used)
    )


def _has_many_arrays(spec: ArraySpec, most: int) -> Conditions:
    """Whether there are more than `most`; otherwise there is only the empty one."""
    if spec.most == 0 or not (yield spec.item(0)):
        return False
    if spec.open is TRUE and spec.most is None and not spec.unique:
        for index in range(spec.prefix + 1):
            if not (yield spec.item(index)):
                break
        else:
            return True
    cases = yield from split(spec.schemas, spec.item(0), spec.open, 0, LATER)
    for node, rest in cases:
        if (yield node) and (yield from few_values(node, most)) is None:
            if (yield from array_completes(spec, 1, settle(rest, node), frozenset())):
                return True
    raise _unknown()


def _has_many_objects(spec: ObjectSpec, most: int) -> Conditions:
    """Whether there are more than `most`; otherwise there is only the empty one."""
    some = False
    used = (0,) * len(spec.all_others)
    parts: list[tuple[Member | NameClass, bool]] = [
        (each, each.size is None) for each in spec.all_others
    ]
    for part, plenty in [*parts, *((member, False) for member in spec.all_members)]:
        if spec.most == 0 or not (yield part.node):
            continue
        some = True
        missing = [member for member in spec.all_members if member is not part]
        cases = yield from split(spec.schemas, part.node, spec.open, part.part)
        for node, rest in cases:
            if not (yield node):
                continue
            if plenty or (yield from few_values(node, most)) is None:
                if (yield from object_completes(spec, missing, spec.all_others, 1, rest, used)):
                    return True
    if some:
        raise _unknown()
    return False


def _unknown() -> LimitExceededError:
    return LimitExceededError(
        "Arrays or objects must differ ('uniqueItems') that may be too few to", limit="few_values"
    )


def _number_key(value: Any) -> Any:
    from decimal import Decimal

    denominator, shift = value.denominator, 0
    while 10**shift % denominator:
        shift += 1
    digits = value.numerator * (10**shift // denominator)
    return value_key(Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -shift)))


def _few_texts(language: Any, most: int) -> list[str] | None:
    """All texts of a language; None: more than `most`."""
    count = count_texts(language)
    if count is None or count > most:
        return None
    found = []
    level = [("", language)]
    while level:
        found += [text for text, term in level if term.nullable]
        level = [
            (text + chr(point), target)
            for text, term in level
            for target, ranges in term.derivatives.items()
            if target.is_live
            for low, high in ranges
            for point in range(low, high + 1)
        ]
    return found
