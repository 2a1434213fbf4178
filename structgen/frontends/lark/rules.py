"""Lark's trees of rules and terminals as a grammar."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from lark import Token, Tree
from lark.grammar import Symbol
from lark.grammar import Terminal as TerminalName
from lark.lexer import Pattern, PatternRE, PatternStr
from lark.load_grammar import Grammar, PrepareLiterals, TerminalTreeToPattern, nr_deepcopy_tree
from lark.utils import get_regexp_width

from structgen import regular
from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.lark.directives import read_directives
from structgen.frontends.lark.intersections import Operand
from structgen.frontends.lark.patterns import terminal_language
from structgen.frontends.lark.properties import with_properties
from structgen.grammar import (
    Alternatives,
    Captured,
    Copy,
    Expression,
    Literal,
    Reference,
    Repetition,
    Rule,
    Sequence,
    Terminal,
    error_at,
)

__all__ = ["read_rules"]

MAX_TEMPLATES = 5_000

_IGNORE = "%ignore"
_START = "%start"
_OPERATORS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _Argument(NamedTuple):
    """What a template's parameter stands for; `name` where it is a rule's."""

    key: str
    expression: Expression
    name: str = ""


_Arguments = dict[str, _Argument]


class _Patterns(TerminalTreeToPattern):
    """lark's patterns of terminals, but `/a|b/ "c"` is `(a|b)c`: lark itself writes `a|bc`."""

    def expansion(self, items: list[Pattern]) -> Pattern:
        """The pattern of what stands in a row."""
        if len(items) > 1:
            items = [
                PatternRE(f"(?:{item.value})", item.flags) if _is_open_choice(item) else item
                for item in items
            ]
        return super().expansion(items)


def _is_open_choice(pattern: Pattern) -> bool:
    """Whether a pattern has a `|` that no parentheses hold together."""
    if not isinstance(pattern, PatternRE) or pattern.flags:
        return False
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]", "", pattern.value, flags=re.S)
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            return True
    return False


class _Lexeme(NamedTuple):
    """A terminal of a lexer, and where it comes in the order of precedence."""

    terminal: Terminal
    order: tuple[int, bool, int, int, str]

    @classmethod
    def of(cls, pattern: Pattern, terminal: Terminal, priority: int) -> _Lexeme:
        """By priority, literals before expressions, then as lark orders them."""
        is_expression = not isinstance(pattern, PatternStr)
        _, width = get_regexp_width(with_properties(pattern.to_regexp()))
        order = (-priority, is_expression, -width, -len(pattern.value), terminal.name)
        return cls(terminal, order)


class ReadRules(NamedTuple):
    """A grammar as read.

    Attributes:
        rules: The rules that the start rule leads to, by name.
        start: The name of the rule to start with.
        terminals: For a lexer, (name, language) of each terminal in order of precedence.
        ignored: For a lexer, the rules that read what is ignored.
        apart: The characters, as texts of one each, with which terminals do not touch; None: any.
    """

    rules: dict[str, Rule]
    start: str
    terminals: list[tuple[str, regular.Language]]
    ignored: list[str]
    apart: regular.Language | None


def read_rules(
    grammar: Grammar,
    start: str,
    text: str,
    embedded: dict[str, Expression],
    intersections: Mapping[str, tuple[Operand, ...]],
    for_lexer: bool,
) -> ReadRules:
    """The rules that the start rule leads to.

    Args:
        grammar: What lark's loader made of `text`.
        start: The start rule.
        text: The grammar text, for places.
        embedded: What some declared terminals stand for.
        intersections: The operands of the terminals that are intersections.
        for_lexer: Whether a lexer is to cut texts into terminals.

    Raises:
        GrammarError: A terminal is malformed or cannot be taken exactly.
        LimitExceededError: Templates make too many rules.
    """
    return _Rules(grammar, text, embedded, intersections, for_lexer).read(start)


class _Rules:
    def __init__(
        self,
        grammar: Grammar,
        text: str,
        embedded: dict[str, Expression],
        intersections: Mapping[str, tuple[Operand, ...]],
        for_lexer: bool,
    ) -> None:
        self._definitions = {
            str(name): (params, tree) for name, params, tree, _ in grammar.rule_defs
        }
        self._terminal_trees = {name: tree for name, (tree, _) in grammar.term_defs}
        self._priorities = {name: priority for name, (_, priority) in grammar.term_defs}
        self._lexemes: dict[Pattern | str, _Lexeme] | None = {} if for_lexer else None
        self._ignored = grammar.ignore
        self._text = text
        self._embedded = embedded
        self._intersections = intersections
        self._places = _definitions(text)
        self._directives = read_directives(text, self._terminal_trees)
        if for_lexer and (self._directives.captures or self._directives.apart is not None):
            raise GrammarError("Texts are captured, and words kept apart, only without a lexer")
        if self._directives.reserved and not for_lexer:
            raise GrammarError("Terminals are reserved only with a lexer")
        self._tokens: dict[Any, Expression] = {}
        self._rules: dict[str, Rule] = {}
        self._seen: set[str] = set()
        self._queue: deque[tuple[str, str, _Arguments]] = deque()

    def read(self, start: str) -> ReadRules:
        if start not in self._definitions or self._definitions[start][0]:
            names = ", ".join(map(repr, list(self._definitions)[:8])) or "none"
            raise GrammarError(f"The grammar has no rule {start!r} to start with; it has {names}")
        self._queue.append((start, start, {}))
        seen = self._seen
        seen.add(start)
        while self._queue:
            key, name, arguments = self._queue.popleft()
            body = self._expression(self._definitions[name][1], arguments)
            self._rules[key] = Rule(key, body, self._places.get(name))
            if len(seen) > len(self._definitions) + MAX_TEMPLATES:
                raise LimitExceededError(
                    f"The grammar's templates make more than {MAX_TEMPLATES:,} rules",
                    limit="grammar_templates",
                )
        if not self._ignored:
            return ReadRules(self._rules, start, self._in_order(), [], self._directives.apart)
        self._rules[_IGNORE] = Rule(_IGNORE, self._ignoring(), None, True)
        body = Sequence((Reference(_IGNORE), Reference(start)))
        self._rules[_START] = Rule(_START, body)
        return ReadRules(self._rules, _START, self._in_order(), [_IGNORE], self._directives.apart)

    def _ignoring(self) -> Expression:
        """Any number of ignored texts."""
        if self._lexemes is None:
            ignored = regular.union(self._language(name) for name in self._ignored)
            return Terminal(ignored.repeat(), _IGNORE)
        return Repetition(_one(Alternatives, [self._terminal(name) for name in self._ignored]))

    def _in_order(self) -> list[tuple[str, regular.Language]]:
        for name in self._directives.reserved:
            self._terminal(name)
        lexemes = sorted((self._lexemes or {}).values(), key=lambda lexeme: lexeme.order)
        return [(lexeme.terminal.name, lexeme.terminal.language) for lexeme in lexemes]

    # --- Rules ----------------------------------------------------------------------------------

    def _expression(self, tree: Any, arguments: _Arguments) -> Expression:
        if isinstance(tree, Symbol):
            return self._symbol(tree, arguments)
        kind, children = tree.data, tree.children
        if kind in ("alias", "value"):  # the first child is what is read
            return self._expression(children[0], arguments)
        if kind == "expansions":
            return _one(Alternatives, [self._expression(child, arguments) for child in children])
        if kind == "expansion":
            return _one(Sequence, [self._expression(child, arguments) for child in children])
        if kind == "maybe":
            return Repetition(self._expression(children[0], arguments), 0, 1)
        if kind == "expr":
            return self._repetition(children, arguments)
        if kind == "template_usage":
            return self._template(children, arguments)
        return self._literal(tree)

    def _repetition(self, children: list[Any], arguments: _Arguments) -> Expression:
        body = self._expression(children[0], arguments)
        operator = str(children[1])
        if operator in _OPERATORS:
            return Repetition(body, *_OPERATORS[operator])
        counts = [int(count) for count in children[2:]]
        least, most = counts[0], counts[-1]
        if least < 0 or most < least:
            line, column = children[1].line, children[1].column
            raise _error("a count is wrong", self._text, line, column)
        return body if least == most == 1 else Repetition(body, least, most)

    def _symbol(self, symbol: Symbol, arguments: _Arguments) -> Expression:
        name = str(symbol.name)
        if name in arguments:
            return arguments[name].expression
        if isinstance(symbol, TerminalName):
            return self._token(name)
        return self._rule(name, name, {})

    def _rule(self, key: str, name: str, arguments: _Arguments) -> Expression:
        if key not in self._seen:
            self._seen.add(key)
            self._queue.append((key, name, arguments))
        return Reference(key, self._places.get(name))

    def _template(self, children: list[Any], arguments: _Arguments) -> Expression:
        name = str(children[0].name)
        if name in arguments:
            name = arguments[name].name
        given = [self._argument(child, arguments) for child in children[1:]]
        params = self._definitions[name][0]
        key = f"{name}{{{','.join(argument.key for argument in given)}}}"
        return self._rule(key, name, dict(zip(params, given, strict=True)))

    def _argument(self, tree: Any, arguments: _Arguments) -> _Argument:
        while isinstance(tree, Tree) and tree.data == "value":
            tree = tree.children[0]
        if isinstance(tree, Symbol):
            name = str(tree.name)
            if name in arguments:
                return arguments[name]
            if name in self._definitions and self._definitions[name][0]:
                return _Argument(name, Sequence(()), name)  # a template, to be used in another
            return _Argument(name, self._symbol(tree, arguments), name)
        expression = self._expression(tree, arguments)
        if isinstance(expression, Reference):
            return _Argument(expression.name, expression, expression.name)
        return _Argument("".join(map(str, tree.scan_values(lambda _: True))), expression)

    # --- Terminals ------------------------------------------------------------------------------

    def _literal(self, tree: Any) -> Expression:
        """A text, an expression or a range that stands in a rule."""
        words = tuple(map(str, tree.children))
        key = (tree.data, words)
        if key not in self._tokens:
            pattern = PrepareLiterals().transform(nr_deepcopy_tree(tree)).children[0]
            place = _place(tree.children[0], self._text)
            self._tokens[key] = self._with_ignored(self._read(pattern, "..".join(words), place))
        return self._tokens[key]

    def _token(self, name: str) -> Expression:
        """A terminal by its name."""
        if name not in self._tokens:
            expression = self._parameter(name) or self._embedded.get(name)
            if expression is not None and self._lexemes is not None:
                raise GrammarError("What is embedded is no terminal that a lexer can look for")
            if expression is None:
                expression = self._terminal(name)
                if name in self._intersections and self._lexemes is None:
                    expression = self._shared(name, expression)
            self._tokens[name] = self._with_ignored(expression)
        return self._tokens[name]

    def _shared(self, name: str, terminal: Expression) -> Expression:
        """A terminal as a rule: an intersection has many states, which all its places share."""
        key = f"%{name}"
        self._rules[key] = Rule(key, terminal, self._places.get(name), True)
        return Reference(key)

    def _parameter(self, name: str) -> Expression | None:
        """A terminal that is captured or reads again what has been."""
        for directive in self._directives.captures:
            if name == directive.copy:
                return Copy(name, self._places.get(name) or _word(name, self._text))
            if name == directive.captured:
                language = self._language(name)
                if language.nullable:
                    raise error_at(
                        f"{name} is captured, but matches the empty text, too",
                        self._text,
                        self._places.get(name) or (0, 0),
                    )
                return Captured(language, directive.copy, directive.extends)
        return None

    def _with_ignored(self, token: Expression) -> Expression:
        return Sequence((token, Reference(_IGNORE))) if self._ignored else token

    def _terminal(self, name: str) -> Expression:
        pattern, place = self._pattern(name)
        if name in self._intersections:
            return self._lexeme(name, pattern, name, self._language(name), place)
        return self._read(pattern, name, place)

    def _pattern(self, name: str) -> tuple[Pattern, tuple[int, int]]:
        """What lark takes a terminal for, and where it is defined."""
        place = self._places.get(name)
        tree = self._terminal_trees.get(name)
        if tree is None:
            raise error_at(
                f"{name!r} is declared, but nothing says what its text is"
                if name in self._terminal_trees
                else f"{name!r} is no terminal with a definition",
                self._text,
                place or _word(name, self._text),
            )
        pattern = (PrepareLiterals() * _Patterns()).transform(nr_deepcopy_tree(tree))
        return pattern, place or (0, 0)

    def _read(self, pattern: Pattern, name: str, place: tuple[int, int]) -> Expression:
        if isinstance(pattern, PatternStr) and not pattern.flags and self._lexemes is None:
            return Literal(pattern.value)
        known = None if self._lexemes is None else self._lexemes.get(pattern)
        if known is not None:  # the same terminal by another name, but a place of its own
            return Terminal(known.terminal.language, known.terminal.name)
        return self._lexeme(pattern, pattern, name, self._matching(pattern, name, place), place)

    def _lexeme(
        self,
        key: Pattern | str,
        pattern: Pattern,
        name: str,
        language: regular.Language,
        place: tuple[int, int],
    ) -> Terminal:
        """A terminal with this language, known to the lexer, if there is one, by its key."""
        if language.is_empty():
            raise error_at(f"no text matches {name}", self._text, place)
        terminal = Terminal(language, name)
        if self._lexemes is not None:
            self._lexemes[key] = _Lexeme.of(pattern, terminal, self._priorities.get(name, 0))
        return terminal

    def _language(self, name: str) -> regular.Language:
        """The texts of a terminal."""
        operands = self._intersections.get(name)
        if operands is None:
            pattern, place = self._pattern(name)
            return self._matching(pattern, name, place)
        return regular.intersection(
            ~self._language(name) if is_negated else self._language(name)
            for name, is_negated in operands
        )

    def _matching(self, pattern: Pattern, name: str, place: tuple[int, int]) -> regular.Language:
        """The texts that a pattern matches."""
        try:
            return terminal_language(pattern.to_regexp())
        except GrammarError as error:
            raise error_at(f"{name}: {error}", self._text, place) from None


def _one(kind: type[Alternatives | Sequence], parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


# --- Places -------------------------------------------------------------------------------------


def _definitions(text: str) -> dict[str, tuple[int, int]]:
    """Where rules and terminals are defined or declared."""
    pattern = re.compile(r"^[ \t]*(?:%override\s+|%extend\s+)?[!?]*(\w+)[^\n:\"/]*:", re.MULTILINE)
    return {match[1]: match.span(1) for match in pattern.finditer(text)}


def _word(name: str, text: str) -> tuple[int, int]:
    match = re.search(rf"\b{re.escape(name)}\b", text)
    return match.span() if match else (0, 0)


def _place(token: Any, text: str) -> tuple[int, int]:
    if isinstance(token, Token) and token.start_pos is not None and token.end_pos is not None:
        return token.start_pos, min(token.end_pos, len(text))
    return 0, 0


def _error(message: str, text: str, line: int, column: int) -> GrammarError:
    start = sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1
    return error_at(message, text, (start, start + 1))
