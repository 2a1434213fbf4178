"""What a grammar expects at a place, in its own words: names of terminals, and literals.

Found by trying: a terminal is named if its texts can come there, whole. Keywords that begin as a
terminal does which is named already, such as a name, are left out; what no name accounts for is
told as bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from structgen.grammar import ContextFreeGrammar, Literal, Terminal
from structgen.grammar.tree import nodes
from structgen.inspect_mask import describe_bytes
from structgen.matcher import Matcher
from structgen.regular import Automaton

__all__ = ["describe_expected"]

MAX_STEPS = 200  # of the search for one text of a terminal
MAX_NAMES = 16
WIDE = 5  # a terminal whose texts begin with so many bytes stands for keywords that begin so, too
_IGNORED = "%"  # rules with such names read what `%ignore` says


def describe_expected(grammar: object, matcher: Matcher) -> str:
    r"""What may come next, in words.

    Args:
        grammar: What the matcher's grammar was compiled from.
        matcher: The place; it is left as it was.

    Raises:
        LimitExceededError: The answer needs more room than the engine's tables have.

    Example:
        >>> import structgen as sg
        >>> grammar = sg.lark('start: NUMBER ("+" NUMBER)*\nNUMBER: /[0-9]+/\n%ignore " "')
        >>> vocabulary = sg.Vocabulary([bytes([byte]) for byte in range(256)], eos_token_ids=[])
        >>> matcher = sg.compile(grammar, vocabulary).matcher()
        >>> describe_expected(grammar, matcher)
        'NUMBER'
        >>> matcher.accept_bytes(b"1 "), describe_expected(grammar, matcher)
        (True, '"+", or the end')
    """
    following = matcher.next_bytes()
    named, rest = _cover(grammar, matcher, following)
    parts = named[:MAX_NAMES]
    if len(named) > MAX_NAMES:
        parts.append(f"{len(named) - MAX_NAMES} more")
    if rest or not following:
        parts.append(describe_bytes(rest))
    if matcher.is_accepting:
        parts = [*parts, "or the end"] if following else ["the end"]
    return ", ".join(parts)


def _cover(
    grammar: object, matcher: Matcher, following: Sequence[int]
) -> tuple[list[str], set[int]]:
    """Names that account for the bytes that may come next, and the bytes that are left."""
    if not isinstance(grammar, ContextFreeGrammar):
        return [], set(following)
    literals, terminals, ignored = _words(grammar)
    found: dict[str, set[int]] = {}
    samples: dict[str, bytes] = {}
    keywords = [
        automaton for name in terminals if name[0] in "\"'" for automaton in terminals[name]
    ]
    for name, automata in terminals.items():
        others = [each for each in keywords if each not in automata]
        for automaton in automata:
            firsts = _firsts(automaton)
            if not firsts.issubset(following):
                continue
            texts = [_text(automaton, first, literals.values(), others) for first in firsts]
            # Where a terminal may come, all of its texts may.
            if all(_takes(matcher, text) for text in texts):
                found[name] = found.get(name, set()) | firsts
                samples[name] = texts[0]
    for name, text in literals.items():
        if text and text[0] in following and _takes(matcher, text):
            found[name] = {text[0]}
            samples[name] = text
    words = {name: text.lower() for name, text in samples.items() if len(found[name]) < WIDE}
    for name in words:
        if _only_begins(matcher, samples[name], words.values()):
            del found[name]
    left = set(following)
    named: list[str] = []
    for name in sorted(found, key=lambda name: (name in ignored, len(found[name]) < WIDE)):
        if found[name] & left and not (name in ignored and named):
            named.append(name)
        if len(found[name]) >= WIDE:
            left -= found[name]
    return named, set(following).difference(*found.values())


def _words(
    grammar: ContextFreeGrammar,
) -> tuple[dict[str, bytes], dict[str, list[Automaton]], set[str]]:
    """The literals and the named terminals of a grammar, and the names of those it ignores.

    What a lexer cuts has several languages by the same name, by what stands before and after.
    """
    literals: dict[str, bytes] = {}
    terminals: dict[str, list[Automaton]] = {}
    ignored: set[str] = set()
    read: set[str] = set()
    for rule in grammar.rules.values():
        names = ignored if rule.name.startswith(_IGNORED) else read
        for node in nodes(rule.body):
            if isinstance(node, Literal):
                name = f'"{node.text}"'
                literals[name] = node.text.encode()
                names.add(name)
            elif isinstance(node, Terminal) and node.name:
                automata = terminals.setdefault(node.name, [])
                automaton = node.language.automaton()
                if automaton not in automata:
                    automata.append(automaton)
                names.add(node.name)
    return literals, terminals, ignored - read


def _firsts(automaton: Automaton) -> set[int]:
    """The bytes that texts of an automaton begin with."""
    edges = automaton.edges(automaton.start)
    return {byte for low, high, _ in edges for byte in range(low, high + 1)}


def _takes(matcher: Matcher, text: bytes) -> bool:
    if not text or not matcher.accept_bytes(text):
        return False
    matcher.rollback(1)
    return True


def _only_begins(matcher: Matcher, text: bytes, words: Iterable[bytes]) -> bool:
    """Whether a text can come only as the beginning of longer words, as `in` does of `index`."""
    matcher.accept_bytes(text)
    following = matcher.next_bytes()
    is_accepting = matcher.is_accepting
    matcher.rollback(1)
    return not is_accepting and all(
        any(word.startswith((text + bytes([byte])).lower()) for word in words) for byte in following
    )


def _text(
    automaton: Automaton, first: int, literals: Iterable[bytes], keywords: Iterable[Automaton]
) -> bytes:
    """A short text of a terminal that begins with a byte; no beginning of a keyword, if it can be.

    A name that begins as a keyword does says nothing about whether a name may come.
    """
    queue = deque([(automaton.start, b"")])
    shortest = b""
    for _ in range(MAX_STEPS):
        if not queue:
            break
        state, text = queue.popleft()
        if text and automaton.is_accepting(state):
            shortest = shortest or text
            if not (
                any(literal.startswith(text) for literal in literals)
                or any(_begins(keyword, text) for keyword in keywords)
            ):
                return text
        for low, high, target in automaton.edges(state):
            if text:
                queue.append((target, text + bytes([low])))
            elif low <= first <= high:
                queue.append((target, bytes([first])))
    return shortest


def _begins(automaton: Automaton, text: bytes) -> bool:
    """Whether a text of the automaton begins so."""
    state = automaton.start
    for byte in text:
        after = [target for low, high, target in automaton.edges(state) if low <= byte <= high]
        if not after:
            return False
        (state,) = after
    return True
