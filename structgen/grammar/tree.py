"""The grammar tree: rules over texts, regular languages and other grammars.

A node is compared by identity: front ends make each place in a grammar once, and everything that is
known about a node is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from structgen.network import Network
    from structgen.regular import Language

__all__ = [
    "EMPTY_TEXT",
    "Alternatives",
    "Captured",
    "Copy",
    "Embedded",
    "Expression",
    "Literal",
    "Reference",
    "Repetition",
    "Rule",
    "Sequence",
    "Source",
    "Terminal",
    "expression_of",
    "nodes",
]

Span = tuple[int, int]


class Source(Protocol):
    """Whatever has a piece that reads its texts; see `structgen.compiler.Grammar`."""

    def start(self, network: Network) -> int:
        """The piece that is the whole language."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """Exactly this text."""

    text: str


@dataclass(frozen=True, eq=False, slots=True)
class Terminal:
    """A text of a regular language.

    Attributes:
        language: The language, not empty.
        name: What the source calls it, for printing; "" where it has no name.
    """

    language: Language
    name: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """A text of the rule with this name; `span` is where the source says so."""

    name: str
    span: Span | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Alternatives:
    """Any one of these; at least one."""

    options: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Repetition:
    """`least` to `most` times in a row (None: no limit)."""

    body: Expression
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Embedded:
    """A text of another source whose texts are never empty, such as a JSON Schema's."""

    source: Source


@dataclass(frozen=True, eq=False, slots=True)
class Captured:
    """A text of a regular language that stays known: a parameter of what follows in the rule.

    What follows in the rule, and rules used there, read it again by `Copy`.

    Attributes:
        language: The language, without the empty text.
        label: The name of the parameter.
        extends: Whether the text must be longer than that of the parameter before, if there is
            one, and begin with it.
    """

    language: Language
    label: str
    extends: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Copy:
    """The text that has been captured last under a label, in this rule or one that uses it."""

    label: str
    span: Span | None = None


Expression = (
    Literal
    | Terminal
    | Reference
    | Sequence
    | Alternatives
    | Repetition
    | Embedded
    | Captured
    | Copy
)

EMPTY_TEXT = Sequence(())


def nodes(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it consists of."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Sequence):
            stack.extend(reversed(node.parts))
        elif isinstance(node, Alternatives):
            stack.extend(reversed(node.options))
        elif isinstance(node, Repetition):
            stack.append(node.body)


@dataclass(frozen=True, eq=False)
class Rule:
    """A named expression.

    Attributes:
        name: The name that references use.
        body: What it stands for.
        span: Where the source defines it.
        is_shared: Whether it is to stay a piece of its own, though it may be small: many places
            go through it, and what is known of it is then known for all of them.
    """

    name: str
    body: Expression
    span: Span | None = None
    is_shared: bool = False

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The references in the body, from left to right."""
        return tuple(node for node in nodes(self.body) if isinstance(node, Reference))


def expression_of(source: Any) -> Expression:
    """What a structgen grammar is inside another one.

    Regular sources (`language`) become terminals; sources that may be empty say themselves what
    they are (`expression`); others are embedded.

    Raises:
        TypeError: The source is no grammar; a bare string is refused, never guessed.

    Example:
        >>> import structgen as sg
        >>> type(expression_of(sg.choice(["a", "b"]))).__name__
        'Terminal'
    """
    language = getattr(source, "language", None)
    if language is not None:
        return Terminal(language)
    expression: Expression | None = getattr(source, "expression", None)
    if expression is not None:
        return expression
    if isinstance(source, str | type) or not hasattr(source, "start"):
        raise TypeError(
            f"Expected a structgen grammar, such as json_schema(...), not {type(source).__name__}"
        )
    return Embedded(source)
