"""Whether anything satisfies a node: the least fixpoint over what is required of it.

A node's *conditions* are a generator that asks whether other nodes are satisfiable (yields them,
gets the answers) and returns its own answer. They are monotone: a child that turns out satisfiable
never makes its parent unsatisfiable. So a node that is still open may be answered with 'no' for the
time being; whoever leaned on that answer is asked again if it changes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from structgen.frontends.json_schema.completion import (
    Conditions,
    array_completes,
    object_completes,
)
from structgen.frontends.json_schema.formula import FALSE, TRUE

if TYPE_CHECKING:
    from structgen.frontends.json_schema.nodes import Node

__all__ = [
    "array_conditions",
    "culprit",
    "decide",
    "is_surely_empty",
    "object_conditions",
    "settled",
]


def decide(node: Node) -> None:
    """Settle whether a node is satisfiable, and all nodes that had to be asked for that.

    Takes a stack of its own: schemas may be nested more deeply than Python calls.
    """
    settled: list[Node] = []  # the nodes met; what is not satisfiable in the end never will be
    leaning: defaultdict[Node, list[Node]] = defaultdict(list)
    met: set[Node] = set()
    agenda = [node]
    while agenda:
        stack = [_open(agenda.pop(), met, settled)]
        answer: bool | None = None
        while stack:
            current, conditions = stack[-1]
            try:
                child = conditions.send(answer)  # type: ignore[arg-type]
            except StopIteration as stop:
                stack.pop()
                answer = bool(stop.value)
                if answer:
                    current.satisfiable = True
                    agenda += leaning.pop(current, ())
                elif stack:
                    leaning[current].append(stack[-1][0])
                continue
            answer = child.satisfiable
            if answer is None and child in met:
                leaning[child].append(current)
                answer = False
            elif answer is None:
                stack.append(_open(child, met, settled))
    for each in settled:
        each.satisfiable = each.satisfiable or False


def _open(node: Node, met: set[Node], settled: list[Node]) -> tuple[Node, Conditions]:
    if node not in met:
        met.add(node)
        settled.append(node)
    return node, _conditions(node)


def _conditions(node: Node) -> Conditions:
    if not node.is_branch:
        for branch in node.branches:
            if (yield branch):
                return True
        return False
    if node.values is not None:
        return bool(node.values)
    if node.words or node.numbers.specs or node.strings.specs:
        return True
    if node.arrays is not FALSE and (yield from array_conditions(node)):
        return True
    return node.objects is not FALSE and (yield from object_conditions(node))


def array_conditions(node: Node) -> Conditions:
    """Whether there is an array."""
    spec = node.array
    return (yield from array_completes(spec, 0, spec.open, frozenset()))


def object_conditions(node: Node) -> Conditions:
    """Whether there is an object."""
    spec = node.object
    if spec.open is TRUE and spec.least <= len(spec.required_members):
        return (yield from object_completes(spec, spec.required_members, (), 0, TRUE, ()))
    others = spec.all_others
    used = (0,) * len(others)
    return (yield from object_completes(spec, spec.all_members, others, 0, spec.open, used))


def settled(conditions: Any) -> Any:
    """What conditions return, given what is decided about each node they ask for."""
    answer = None
    try:
        while True:
            answer = conditions.send(answer).is_satisfiable()
    except StopIteration as stop:
        return stop.value


def is_surely_empty(node: Node, depth: int = 3) -> bool:
    """Whether a quick look shows that nothing satisfies a node: types, constants, members."""
    if node.is_none or depth == 0:
        return node.is_none
    for branch in node.branches:
        if branch.values is not None:
            if branch.values:
                return False
            continue
        if branch.words or branch.numbers.specs or branch.strings.specs:
            return False
        if branch.objects is not FALSE:
            spec = branch.object
            required = spec.required_members
            if (spec.most is None or spec.most >= max(spec.least, len(required))) and not any(
                is_surely_empty(member.node, depth - 1) for member in required
            ):
                return False
        if branch.arrays is not FALSE:
            array = branch.array
            needed = range(min(array.least, array.prefix + 1))
            if (array.most is None or array.most >= array.least) and not any(
                is_surely_empty(array.item(index), depth - 1) for index in needed
            ):
                return False
    return True


def culprit(node: Node) -> str:
    """Where the innermost node is that makes an unsatisfiable one so, as far as there is one."""
    met: set[Node] = set()
    pointer = node.pointer
    while node not in met:
        met.add(node)
        asked: list[tuple[Node, str]] = []
        if len(node.branches) == 1 and node.branches[0].values is None:
            branch = node.branches[0]
            if branch.arrays is FALSE and branch.objects is not FALSE:
                spec = branch.object
                asked = [(each.node, spec.pointer(each.name)) for each in spec.required_members]
            elif branch.objects is FALSE and branch.arrays is not FALSE:
                array = branch.array
                items = map(array.item, range(min(array.least, array.prefix + 1)))
                asked = [(item, item.pointer) for item in items]
        for child, where in asked:
            if not child.is_satisfiable():
                node, pointer = child, where
                break
    return pointer
