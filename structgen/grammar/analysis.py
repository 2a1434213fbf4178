"""What is known of rules before a text is read: least fixpoints over the grammar.

Each fact of an expression follows from the facts of the rules that it refers to, and becomes true
at most once; so a rule is looked at again only when a rule that it refers to has changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from structgen.grammar.tree import (
    Alternatives,
    Captured,
    Copy,
    Embedded,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
)
from structgen.regular import EPSILON

__all__ = ["Facts", "components", "productive_rules"]


class _Uses(NamedTuple):
    """Which rules refer to which; `order` has rules after those that they refer to."""

    order: list[str]
    users: dict[str, list[str]]


def _uses(rules: Mapping[str, Rule]) -> _Uses:
    used = {
        name: list(dict.fromkeys(reference.name for reference in rule.references))
        for name, rule in rules.items()
    }
    users: dict[str, list[str]] = {name: [] for name in rules}
    for name, targets in used.items():
        for target in targets:
            users[target].append(name)
    return _Uses([name for component in components(used) for name in component], users)


def _fixpoint(
    rules: Mapping[str, Rule], uses: _Uses, holds: Callable[[Expression, set[str]], bool]
) -> set[str]:
    queue = deque(uses.order)
    waiting = set(queue)
    found: set[str] = set()
    while queue:
        name = queue.popleft()
        waiting.discard(name)
        if name not in found and holds(rules[name].body, found):
            found.add(name)
            users = uses.users[name]
            again = [user for user in users if user not in waiting and user not in found]
            waiting.update(again)
            queue.extend(again)
    return found


def productive_rules(rules: Mapping[str, Rule]) -> set[str]:
    """The rules that some text matches."""
    return _fixpoint(rules, _uses(rules), _is_productive)


def _is_productive(node: Expression, productive: set[str]) -> bool:
    if isinstance(node, Reference):
        return node.name in productive
    if isinstance(node, Sequence):
        return all(_is_productive(part, productive) for part in node.parts)
    if isinstance(node, Alternatives):
        return any(_is_productive(option, productive) for option in node.options)
    if isinstance(node, Repetition):
        return node.least == 0 or _is_productive(node.body, productive)
    return True


class Facts:
    """What expressions of a grammar without unproductive rules can match.

    Args:
        rules: All rules, by name.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        uses = _uses(rules)
        self._nullable_rules = _fixpoint(rules, uses, _is_nullable)
        self._rules_with_text = _fixpoint(rules, uses, _has_text)
        self._least_of_rules = _least_lengths(rules, uses)
        self._nullable: dict[Expression, bool] = {}
        self._with_text: dict[Expression, bool] = {}

    def is_nullable(self, node: Expression) -> bool:
        """Whether the empty text matches."""
        known = self._nullable.get(node)
        if known is None:
            known = self._nullable[node] = _is_nullable(node, self._nullable_rules)
        return known

    def has_text(self, node: Expression) -> bool:
        """Whether some text that is not empty matches."""
        known = self._with_text.get(node)
        if known is None:
            known = self._with_text[node] = _has_text(node, self._rules_with_text)
        return known

    def least_length(self, node: Expression) -> int:
        """No text that matches has fewer bytes."""
        return _least_length(node, self._least_of_rules)

    def starts(self, node: Expression) -> Iterator[Reference]:
        """The references with which a text of `node` that is not empty can begin."""
        if isinstance(node, Reference):
            yield node
        elif isinstance(node, Sequence):
            for part in node.parts:
                yield from self.starts(part)
                if not self.is_nullable(part):
                    return
        elif isinstance(node, Alternatives):
            for option in node.options:
                yield from self.starts(option)
        elif isinstance(node, Repetition):
            yield from self.starts(node.body)


def _least_lengths(rules: Mapping[str, Rule], uses: _Uses) -> dict[str, int]:
    """For each rule, the bytes that no text of it has fewer of; from above, to a fixpoint."""
    lengths: dict[str, int] = {}
    queue = deque(uses.order)
    while queue:
        name = queue.popleft()
        length = _least_length(rules[name].body, lengths)
        if length < lengths.get(name, _ENDLESS):
            lengths[name] = length
            queue.extend(uses.users[name])
    return lengths


_ENDLESS = 1 << 30


def _least_length(node: Expression, rules: Mapping[str, int]) -> int:
    if isinstance(node, Literal):
        return len(node.text.encode())
    if isinstance(node, Terminal):
        return node.language.least_length
    if isinstance(node, Reference):
        return rules.get(node.name, _ENDLESS)
    if isinstance(node, Sequence):
        return min(sum(_least_length(part, rules) for part in node.parts), _ENDLESS)
    if isinstance(node, Alternatives):
        return min(_least_length(option, rules) for option in node.options)
    if isinstance(node, Repetition):
        return min(node.least * _least_length(node.body, rules), _ENDLESS) if node.least else 0
    return 1


def _is_nullable(node: Expression, rules: set[str]) -> bool:
    if isinstance(node, Literal):
        return not node.text
    if isinstance(node, Terminal):
        return node.language.nullable
    if isinstance(node, Reference):
        return node.name in rules
    if isinstance(node, Sequence):
        return all(_is_nullable(part, rules) for part in node.parts)
    if isinstance(node, Alternatives):
        return any(_is_nullable(option, rules) for option in node.options)
    if isinstance(node, Repetition):
        return node.least == 0 or _is_nullable(node.body, rules)
    return False


def _has_text(node: Expression, rules: set[str]) -> bool:
    if isinstance(node, Literal):
        return bool(node.text)
    if isinstance(node, Terminal):
        language = node.language
        return not (language - EPSILON if language.nullable else language).is_empty()
    if isinstance(node, Reference):
        return node.name in rules
    if isinstance(node, Sequence):
        return any(_has_text(part, rules) for part in node.parts)
    if isinstance(node, Alternatives):
        return any(_has_text(option, rules) for option in node.options)
    if isinstance(node, Repetition):
        return node.most != 0 and _has_text(node.body, rules)
    return isinstance(node, Embedded | Captured | Copy)


def components(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected components of a graph, those that lead nowhere else first.

    Source:
        Tarjan, 'Depth-first search and linear graph algorithms', SIAM J. Comput. 1(2), 1972, with
        the recursion written out.

    Example:
        >>> components({"a": ["b"], "b": ["a", "c"], "c": []})
        [['c'], ['b', 'a']]
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    is_waiting: set[str] = set()
    found: list[list[str]] = []
    for root in edges:
        if root in index:
            continue
        path = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        waiting.append(root)
        is_waiting.add(root)
        while path:
            node, following = path[-1]
            for target in following:
                if target not in index:
                    index[target] = low[target] = len(index)
                    waiting.append(target)
                    is_waiting.add(target)
                    path.append((target, iter(edges[target])))
                    break
                if target in is_waiting:
                    low[node] = min(low[node], index[target])
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = waiting.pop()
                        is_waiting.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    found.append(component)
    return found
