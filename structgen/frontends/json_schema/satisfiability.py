"""Whether anything satisfies a node: the least fixpoint over what is required of it.

A node's *conditions* are a generator that asks whether other nodes are satisfiable (yields them,
gets the answers) and returns its own answer. They are monotone: a child that turns out satisfiable
never makes its parent unsatisfiable. So a node that is still open may be answered with 'no' for the
time being; whoever leaned on that answer is asked again if it changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Node
    from structgen.frontends.json_schema.specs import ArraySpec, ObjectSpec

__all__ = ["Conditions", "culprit", "decide", "object_conditions"]

Conditions = Generator["Node", bool, bool]


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
    meaning = node.meaning
    if meaning.branches is not None:
        for branch in meaning.branches:
            if (yield branch):
                return True
        return False
    if meaning.values is not None:
        return bool(meaning.values)
    types = meaning.types
    if "null" in types or "boolean" in types:
        return True
    if "number" in types and not meaning.numbers.is_empty():
        return True
    if "string" in types and not meaning.strings.is_empty():
        return True
    if "array" in types and (yield from _array_conditions(node.array)):
        return True
    return "object" in types and (yield from object_conditions(node.object))


def _array_conditions(spec: ArraySpec) -> Conditions:
    """Whether there is an array."""
    if spec.most is not None and spec.most < spec.least:
        return False
    for index in range(min(spec.least, spec.prefix + 1)):
        if not (yield spec.item(index)):
            return False
    return True


def object_conditions(spec: ObjectSpec) -> Conditions:
    """Whether there is an object."""
    required = spec.required_nodes
    if spec.most is not None and spec.most < max(spec.least, len(required)):
        return False
    for child in required:
        if not (yield child):
            return False
    missing = spec.least - len(required)
    if missing <= 0:
        return True
    for _, child in spec.other_classes:
        if (yield child):
            return True
    for child in spec.optional_nodes:
        if (yield child):
            missing -= 1
            if missing == 0:
                return True
    return False


def culprit(node: Node) -> Node:
    """The innermost node that makes an unsatisfiable one so, as far as there is only one."""
    met: set[Node] = set()
    while node not in met:
        met.add(node)
        meaning = node.meaning
        asked: list[Node] = []
        if meaning.branches is not None:
            asked = list(meaning.branches) if len(meaning.branches) == 1 else []
        elif meaning.types == {"object"}:
            asked = node.object.required_nodes
        elif meaning.types == {"array"}:
            asked = [
                node.array.item(i) for i in range(min(node.array.least, node.array.prefix + 1))
            ]
        node = next((child for child in asked if not child.is_satisfiable()), node)
    return node
