"""Keywords that apply schemas in place, as Boolean combinations: `anyOf`, `not`, `if`, ...

Also `unevaluatedProperties` and `unevaluatedItems`: whether a member is evaluated depends on which
schemas in place hold. So for each class of names that the same schemas evaluate, either one of
those schemas holds or the members of the class are as the keyword says.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from structgen import regular
from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.core import Core
from structgen.frontends.json_schema.items import ItemRule
from structgen.frontends.json_schema.keywords import SHAPES
from structgen.frontends.json_schema.members import Has, MemberRule
from structgen.frontends.json_schema.parts import Each
from structgen.regular import Language

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.load import Place
    from structgen.frontends.json_schema.nodes import Node

__all__ = ["unfold"]

MAX_ONE_OF_PAIRS = 20_000
MAX_GUARDED_CONTAINS = 6
MAX_NAME_CLASSES = 64
_IN_PLACE = frozenset(
    "allOf anyOf oneOf not if then else dependentSchemas unevaluatedProperties unevaluatedItems "
    "$ref $dynamicRef $recursiveRef $id id $anchor".split()
)
_OWN = frozenset(SHAPES) - _IN_PLACE


def unfold(schemas: Schemas, place: Place) -> Node:
    """What a schema means, over schemas' own keywords only.

    Raises:
        LimitExceededError: It has too many combinations of branches.
    """
    schema = place.schema
    if schema is False:
        return schemas.none
    parts = [schemas.unfolded(target) for target in place.targets]
    if schema is True:
        return schemas.both(parts)
    if not _OWN.isdisjoint(schema):
        parts.append(schemas.literal(Core(schemas, place)))
    if not _IN_PLACE.isdisjoint(schema):
        parts += _in_place(schemas, place, parts)
    if "dependencies" in schema:
        parts += _dependencies(schemas, place, "dependencies")
    return parts[0] if len(parts) == 1 else schemas.both(parts)


def _in_place(schemas: Schemas, place: Place, before: list[Node]) -> Iterator[Node]:
    schema = place.schema

    def branches(keyword: str) -> list[Node]:
        return [
            schemas.unfolded(place.child(keyword, index)) for index in range(len(schema[keyword]))
        ]

    if "allOf" in schema:
        yield from branches("allOf")
    if "anyOf" in schema:
        yield schemas.either(branches("anyOf"))
    if "oneOf" in schema:
        yield _exactly_one(schemas, place, branches("oneOf"), schemas.both(before))
    if "not" in schema:
        yield schemas.unfolded(place.child("not")).negation
    if "if" in schema:
        condition = schemas.unfolded(place.child("if"))
        for keyword, holds in (("then", condition), ("else", condition.negation)):
            if keyword in schema:
                yield schemas.either(
                    [holds.negation, schemas.both([holds, schemas.unfolded(place.child(keyword))])]
                )
    if "dependentSchemas" in schema:
        yield from _dependencies(schemas, place, "dependentSchemas")
    if "unevaluatedProperties" in schema:
        yield from _unevaluated_members(schemas, place)
    if "unevaluatedItems" in schema:
        yield from _unevaluated_items(schemas, place)


def _exactly_one(schemas: Schemas, place: Place, branches: list[Node], beside: Node) -> Node:
    """One branch, and none of those that can hold together with it."""
    if len(branches) * (len(branches) - 1) // 2 > MAX_ONE_OF_PAIRS:
        raise LimitExceededError(
            f"'oneOf' at {place.pointer} has too many branches to compare", limit="one_of_pairs"
        )
    others: list[list[Node]] = [[] for _ in branches]
    for j, second in enumerate(branches):
        for i in range(j):
            if not schemas.are_apart((beside, branches[i], second)):
                others[i].append(second.negation)
                others[j].append(branches[i].negation)
    return schemas.either(
        [schemas.both([branch, *rest]) for branch, rest in zip(branches, others, strict=True)]
    )


def _has(schemas: Schemas, place: Place, name: str) -> Node:
    """An object with a member of this name."""
    core = Core(schemas, place.inside({"type": "object"}, {}))
    return schemas.both(
        [schemas.literal(core), schemas.literal(Core(schemas, place, objects=Has(name, True)))]
    )


def _dependencies(schemas: Schemas, place: Place, keyword: str) -> Iterator[Node]:
    for name in place.schema[keyword]:
        child = place.children.get((keyword, name))
        if child is not None:
            yield schemas.either([_has(schemas, place, name).negation, schemas.unfolded(child)])


# --- What is evaluated ------------------------------------------------------------------------


class _Evaluator(NamedTuple):
    """A schema that evaluates members or items of the value where `guard` holds."""

    guard: Node
    place: Place


def _evaluators(schemas: Schemas, place: Place, guard: Node) -> Iterator[_Evaluator]:
    """A schema and those that it applies in place."""
    yield _Evaluator(guard, place)
    for target in place.targets:
        yield from _evaluators(schemas, target, guard)
    for (keyword, index), child in place.children.items():
        if keyword == "allOf":
            inner = guard
        elif keyword in ("anyOf", "oneOf", "if"):
            inner = schemas.both([guard, schemas.unfolded(child)])
        elif keyword in ("then", "else") and "if" in place.schema:
            condition = schemas.unfolded(place.child("if"))
            holds = condition if keyword == "then" else condition.negation
            inner = schemas.both([guard, holds, schemas.unfolded(child)])
        elif keyword in ("dependentSchemas", "dependencies"):
            inner = schemas.both([guard, _has(schemas, place, index), schemas.unfolded(child)])
        else:
            continue
        yield from _evaluators(schemas, child, inner)


def _unevaluated_members(schemas: Schemas, place: Place) -> Iterator[Node]:
    allowed = schemas.node([place.child("unevaluatedProperties")])
    evaluators = []
    for guard, each in _evaluators(schemas, place, schemas.all):
        schema = each.schema
        if type(schema) is bool:
            continue
        everything = "additionalProperties" in schema or (
            each is not place and "unevaluatedProperties" in schema
        )
        patterns = [
            regular.regex(p, "ecma", search=True) for p in schema.get("patternProperties", ())
        ]
        if everything or patterns or schema.get("properties"):
            evaluators.append((guard, schema.get("properties", {}), patterns, everything))
    named = dict.fromkeys(name for _, names, _, _ in evaluators for name in names)
    declared = regular.union(map(regular.text, named))
    classes: list[Language] = [regular.ANY & ~declared]
    for language in dict.fromkeys(each for _, _, found, _ in evaluators for each in found):
        classes = [
            part
            for names in classes
            for part in (names & language, names & ~language)
            if not part.is_empty()
        ]
        if len(classes) > MAX_NAME_CLASSES:
            raise LimitExceededError(
                f"Patterns cut names into more than {MAX_NAME_CLASSES} classes",
                limit="name_classes",
            )
    groups: dict[tuple[int, ...], tuple[list[str], list[Language]]] = {}
    for name in named:
        group = tuple(
            number
            for number, (_, names, found, everything) in enumerate(evaluators)
            if everything or name in names or any(each.matches(name) for each in found)
        )
        groups.setdefault(group, ([], []))[0].append(name)
    for names in classes:
        group = tuple(
            number
            for number, (_, _, found, everything) in enumerate(evaluators)
            if everything or any((names & ~each).is_empty() for each in found)
        )
        groups.setdefault(group, ([], []))[1].append(names)
    for group, (own, languages) in groups.items():
        guards = [evaluators[number][0] for number in group]
        if any(guard.is_all for guard in guards):
            continue
        divided = len(classes) > 1
        rule = MemberRule(
            schemas,
            {name: allowed if name in own else schemas.all for name in named},
            [(names, allowed) for names in languages] if divided else (),
            allowed if languages and not divided else None,
        )
        fact = schemas.literal(Core(schemas, place, objects=Each(rule)))
        yield schemas.either([fact, *guards])


def _unevaluated_items(schemas: Schemas, place: Place) -> Iterator[Node]:
    allowed = schemas.node([place.child("unevaluatedItems")])
    evaluators: list[tuple[Node, int, bool]] = []
    found: list[tuple[Node, Node]] = []  # what `contains` evaluates, and where
    for guard, each in _evaluators(schemas, place, schemas.all):
        schema = each.schema
        if type(schema) is bool:
            continue
        as_list = isinstance(schema.get("items"), list)
        first = len(schema["items"]) if as_list else len(schema.get("prefixItems", ()))
        rest = ("additionalItems" if as_list else "items") in schema or (
            each is not place and "unevaluatedItems" in schema
        )
        if first or rest:
            evaluators.append((guard, first, rest))
        if "contains" in schema and each.dialect.contains_evaluates:
            found.append((guard, schemas.node([each.child("contains")])))
    always = [node for guard, node in found if guard.is_all]
    sometimes = [(guard, node) for guard, node in found if not guard.is_all]
    if len(sometimes) > MAX_GUARDED_CONTAINS:
        raise LimitExceededError(
            f"'unevaluatedItems' at {place.pointer} depends on more than {MAX_GUARDED_CONTAINS} "
            "'contains'",
            limit="guarded_contains",
        )
    longest = max((first for _, first, _ in evaluators), default=0)
    groups: dict[tuple[int, ...], list[int]] = {}
    for index in range(longest + 1):
        group = tuple(
            number for number, (_, first, rest) in enumerate(evaluators) if rest or index < first
        )
        groups.setdefault(group, []).append(index)
    for group, indices in groups.items():
        guards = [evaluators[number][0] for number in group]
        if any(guard.is_all for guard in guards):
            continue
        options = list(guards)
        for size in range(len(sometimes) + 1):
            for chosen in combinations(sometimes, size):
                item = schemas.either([allowed, *always, *(node for _, node in chosen)])
                rule = ItemRule(
                    schemas,
                    [item if index in indices else None for index in range(longest)],
                    item if longest in indices else None,
                )
                fact = schemas.literal(Core(schemas, place, arrays=Each(rule)))
                options.append(schemas.both([fact, *(guard for guard, _ in chosen)]))
        yield schemas.either(options)
