"""A grammar over lexemes as a grammar over characters: its product with the lexer.

A rule becomes one rule for each pair (class of the boundary before it, class after it), which reads
the texts of the rule that lead from one to the other. That is the construction of Bar-Hillel,
Perles and Shamir ('On formal properties of simple phrase structure grammars', 1961) with the few
classes of `structgen.grammar.boundaries` as the states; only pairs that occur are made. What
results is an ordinary grammar: its texts are those whose lexemes the rules accept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Sequence as Ordered

from structgen.errors import GrammarError
from structgen.grammar.boundaries import Boundaries, Symbol
from structgen.grammar.checks import check_defined, check_productive, reachable_rules
from structgen.grammar.grammar import ContextFreeGrammar, build
from structgen.grammar.lexer import Lexer
from structgen.grammar.tree import (
    EMPTY_TEXT,
    Alternatives,
    Expression,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    nodes,
)
from structgen.regular import Language

__all__ = ["build_lexed"]

_START = "%text"
_At = tuple[Expression, int]  # a part of a rule, at a boundary of this class


def build_lexed(
    rules: Mapping[str, Rule],
    start: str,
    text: str,
    terminals: Ordered[tuple[str, Language]],
    ignored: Collection[str],
) -> ContextFreeGrammar:
    """Check rules over lexemes and make a grammar of them.

    Args:
        rules: All rules, by name; made of `Terminal` (each by a name of `terminals`), `Reference`,
            `Sequence`, `Alternatives` and `Repetition`.
        start: The name of the rule that is the whole language.
        text: The source that the rules' spans are places in.
        terminals: (name, language) of every terminal, in order of precedence.
        ignored: The names of the rules that read what is ignored between others.

    Raises:
        GrammarError: A rule is not defined, no text matches it, or the lexer leaves no text at all.
        LimitExceededError: The lexer has too many states.
    """
    check_defined(rules, start, text)
    rules = reachable_rules(rules, start)
    check_productive(rules, text)
    boundaries = Boundaries(rules, start, ignored, Lexer(terminals), dict(terminals))
    made = _Product(rules, ignored, boundaries).rules(start)
    if _START not in made:
        raise GrammarError(
            f"No text matches {start!r}: the lexer always finds a longer terminal, or one that "
            "comes first, in place of one that the rules need"
        )
    return build(made, _START, text)


class _Product:
    """The rules of the product.

    What a part of a rule can lead to depends on other rules, so it is a least fixpoint: `_outs`.
    """

    def __init__(
        self, rules: Mapping[str, Rule], ignored: Collection[str], boundaries: Boundaries
    ) -> None:
        self._bodies = {name: _paired(rule.body) for name, rule in rules.items()}
        self._given = rules
        self._is_ignored = {
            node for name in ignored for node in nodes(self._bodies[name]) if name in rules
        }
        self._boundaries = boundaries
        self._repetitions: dict[tuple[Expression, int, int | None], Repetition] = {}
        self._names: dict[Expression, str] = {}
        self._made: dict[str, Rule] = {}
        self._wanted: list[tuple[Rule, Expression, int, int]] = []
        self._outs: dict[_At, dict[int, None]] = {}
        self._users: dict[_At, dict[_At, None]] = {}

    def rules(self, start: str) -> dict[str, Rule]:
        """All rules that the start rule leads to; `_START` is the first of them."""
        first = self._boundaries.start
        body = Reference(start, self._given[start].span)
        self._solve((body, first))
        options = [self._expression(body, first, out) for out in self._outs[body, first]]
        if options:
            self._made[_START] = Rule(_START, _either(options))
        for rule, node, before, after in self._wanted:
            made = Alternatives(tuple(self._options(node, before, after)))
            self._made[rule.name] = Rule(rule.name, made, rule.span, rule.is_shared)
        return self._made

    # --- What leads where -----------------------------------------------------------------------

    def _solve(self, start: _At) -> None:
        self._outs[start] = {}
        queue: dict[_At, None] = {start: None}
        while queue:
            at, _ = queue.popitem()

            def outs(node: Expression, before: int, user: _At = at) -> Iterable[int]:
                asked = (node, before)
                if asked not in self._outs:
                    self._outs[asked] = {}
                    queue[asked] = None
                self._users.setdefault(asked, {})[user] = None
                return tuple(self._outs[asked])

            found = dict.fromkeys(self._find_outs(*at, outs))
            if len(found) > len(self._outs[at]):
                self._outs[at] = found
                queue.update(self._users.get(at, {}))

    def _find_outs(
        self, node: Expression, before: int, outs: Callable[[Expression, int], Iterable[int]]
    ) -> Iterator[int]:
        if isinstance(node, Terminal):
            yield from self._boundaries.ways(self._symbol(node), before)
        elif isinstance(node, Reference):
            yield from outs(self._bodies[node.name], before)
        elif isinstance(node, Alternatives):
            for option in node.options:
                yield from outs(option, before)
        elif isinstance(node, Repetition):
            if node.least == 0:
                yield before
            for between in outs(node.body, before):
                yield from outs(self._again(node), between)
        elif isinstance(node, Sequence) and node.parts:
            first, rest = node.parts
            for between in outs(first, before):
                yield from outs(rest, between)
        else:
            yield before

    def _symbol(self, node: Terminal) -> Symbol:
        return Symbol(node.name, node in self._is_ignored)

    def _again(self, node: Repetition) -> Expression:
        """What may follow the first time of a repetition."""
        most = None if node.most is None else node.most - 1
        if most == 0:
            return EMPTY_TEXT
        key = (node.body, max(node.least - 1, 0), most)
        if key == (node.body, node.least, node.most):
            return node
        return self._repetitions.setdefault(key, Repetition(*key))

    # --- Rules of the product -------------------------------------------------------------------

    def _expression(self, node: Expression, before: int, after: int) -> Expression:
        """The texts of a part of a rule that lead from one class to another; there are some."""
        if isinstance(node, Terminal):
            language = self._boundaries.ways(self._symbol(node), before)[after]
            return Terminal(language, node.name)
        if isinstance(node, Reference):
            rule = self._given[node.name]
            return self._reference(rule.name, rule, self._bodies[node.name], before, after)
        if isinstance(node, Repetition):
            if list(self._outs[node.body, before]) == [before]:
                body = self._expression(node.body, before, before)
                return Repetition(body, node.least, node.most)
            return self._helper(node, before, after)
        return _either(self._options(node, before, after))

    def _options(self, node: Expression, before: int, after: int) -> Iterator[Expression]:
        if isinstance(node, Alternatives):
            for option in node.options:
                if after in self._outs[option, before]:
                    yield self._expression(option, before, after)
        elif isinstance(node, Repetition) or (isinstance(node, Sequence) and node.parts):
            if isinstance(node, Repetition):
                first, rest = node.body, self._again(node)
                if node.least == 0 and before == after:
                    yield EMPTY_TEXT
            else:
                first, rest = node.parts
            ways = self._outs.get((first, before), {})
            for between in ways:
                if after in self._outs.get((rest, between), {}):
                    following = self._helper if len(ways) > 1 else self._expression
                    yield Sequence(
                        (
                            self._expression(first, before, between),
                            following(rest, between, after),
                        )
                    )
        else:
            yield (
                EMPTY_TEXT if isinstance(node, Sequence) else self._expression(node, before, after)
            )

    def _helper(self, node: Expression, before: int, after: int) -> Expression:
        """A rule of its own for a part that several ways lead to."""
        if isinstance(node, Terminal | Reference) or node is EMPTY_TEXT:
            return self._expression(node, before, after)
        name = self._names.setdefault(node, f"%part{len(self._names)}")
        return self._reference(name, Rule(name, node), node, before, after)

    def _reference(
        self, name: str, rule: Rule, body: Expression, before: int, after: int
    ) -> Reference:
        made = f"{name}@{before}>{after}"
        if made not in self._made:
            self._made[made] = rule
            self._wanted.append((Rule(made, body, rule.span, rule.is_shared), body, before, after))
        return Reference(made, rule.span)


def _either(options: Iterable[Expression]) -> Expression:
    given = tuple(options)
    return given[0] if len(given) == 1 else Alternatives(given)


def _paired(node: Expression) -> Expression:
    """The same expression with sequences of two parts only, each place a node of its own."""
    if isinstance(node, Sequence):
        rest: Expression = EMPTY_TEXT
        for part in reversed(node.parts):
            paired = _paired(part)
            rest = paired if rest is EMPTY_TEXT else Sequence((paired, rest))
        return rest
    if isinstance(node, Alternatives):
        return Alternatives(tuple(map(_paired, node.options)))
    if isinstance(node, Repetition):
        most = node.most
        return EMPTY_TEXT if most == 0 else Repetition(_paired(node.body), node.least, most)
    return node
