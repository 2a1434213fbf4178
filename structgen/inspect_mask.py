"""Why tokens may come next: a mask as a report that people can read.

Pure functions from a compiled grammar and a text; the command line prints what they return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from structgen.bitmask import allocate_bitmask, allowed_tokens
from structgen.compiler import CompiledGrammar
from structgen.errors import LimitExceededError
from structgen.matcher import Matcher
from structgen.vocabulary import MARK, special_spelling

__all__ = ["MaskReport", "TokenGroup", "describe_bytes", "inspect_mask", "longest_prefix"]

MANY_FIRST_BYTES = 5  # from here on the tokens of a class are one group
EXAMPLES = 8

_NAMES = {0x09: "tab", 0x0A: "newline", 0x0D: "carriage return", 0x20: "space"}
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True)
class TokenGroup:
    """Allowed tokens that begin alike.

    Attributes:
        begins: What they begin with, in words.
        count: How many they are.
        examples: Some of them, the lowest ids first.
        witness: A complete text of the language that goes on with the first example; None where
            none was found within the limits of the search.
    """

    begins: str
    count: int
    examples: tuple[bytes, ...]
    witness: bytes | None


@dataclass(frozen=True)
class MaskReport:
    """What may come after a text.

    Attributes:
        taken: How much of the text the language takes. The rest of the report is about that place.
        vocabulary_size: V.
        allowed: How many tokens may come next, end-of-sequence included.
        may_end: Whether the text may end here.
        end_tokens: The allowed end-of-sequence ids.
        forced: The text that is the only way on, up to the first choice.
        next_bytes: The bytes that may come next, ascending.
        groups: The allowed tokens that have text, largest group first.
    """

    taken: bytes
    vocabulary_size: int
    allowed: int
    may_end: bool
    end_tokens: tuple[int, ...]
    forced: bytes
    next_bytes: tuple[int, ...]
    groups: tuple[TokenGroup, ...]


def inspect_mask(compiled: CompiledGrammar, text: bytes) -> MaskReport:
    """Say which tokens may come after a text, and show for each kind that a complete text follows.

    Args:
        compiled: The grammar over a vocabulary.
        text: The text so far, UTF-8; where the language does not take all of it, the report is
            about the longest part that it takes.

    Raises:
        LimitExceededError: The text or its mask needs more room than the engine's tables have.

    Example:
        >>> import structgen as sg
        >>> tokens = [b"y", b"yes", b"e", b"no", b""]
        >>> compiled = sg.compile(
        ...     sg.choice(["yes", "no"]), sg.Vocabulary(tokens, eos_token_ids=[4])
        ... )
        >>> for group in inspect_mask(compiled, b"").groups:
        ...     print(group.begins, group.count, group.examples, group.witness)
        'y' 2 (b'y', b'yes') b'yes'
        'n' 1 (b'no',) b'no'
        >>> inspect_mask(compiled, b"y").forced
        b'es'
    """
    matcher = compiled.matcher()
    taken = text[: longest_prefix(matcher, text)]
    matcher.accept_bytes(taken)
    vocabulary = compiled.vocabulary
    row = allocate_bitmask(1, vocabulary.size)[0]
    matcher.fill_bitmask(row)
    allowed = allowed_tokens(row).tolist()
    special = set(vocabulary.readable_special_token_ids)
    spellings = [
        special_spelling(token) if token in special else vocabulary.tokens[token]
        for token in allowed
    ]
    groups = []
    for begins, members in _grouped(list(filter(None, spellings))):
        examples = tuple(map(vocabulary.with_names, members[:EXAMPLES]))
        witness = _witness(matcher, taken, members[0])
        groups.append(TokenGroup(begins, len(members), examples, witness))
    return MaskReport(
        taken=taken,
        vocabulary_size=vocabulary.size,
        allowed=len(allowed),
        may_end=matcher.is_accepting,
        end_tokens=tuple(token for token in allowed if token in vocabulary.eos_token_ids),
        forced=vocabulary.with_names(matcher.forced_bytes()),
        next_bytes=tuple(matcher.next_bytes()),
        groups=tuple(sorted(groups, key=lambda group: -group.count)),
    )


def longest_prefix(matcher: Matcher, text: bytes) -> int:
    """How many bytes of a text the matcher can take; the matcher is left as it was.

    Raises:
        LimitExceededError: The text needs more room than the engine's tables have.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"a", b"b"], eos_token_ids=[])
        >>> longest_prefix(sg.compile(sg.regex("a*b"), vocabulary).matcher(), b"aaca")
        2
    """
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if matcher.accept_bytes(text[:middle]):
            matcher.rollback(1)
            low = middle
        else:
            high = middle - 1
    return low


def describe_bytes(values: Iterable[int]) -> str:
    """A set of bytes in words.

    Args:
        values: Bytes, 0 to 255; of a text in UTF-8.

    Example:
        >>> print(describe_bytes(b"0123456789-"))
        '-', '0' to '9'
        >>> print(describe_bytes(set(range(32, 0xF5)) - set(b"~")))
        any printable character except '~'
    """
    chosen = set(values)
    control = {byte for byte in chosen if byte < 0x20 or byte == 0x7F}
    ascii_text = chosen.intersection(_PRINTABLE)
    starts = {byte for byte in chosen if 0xC0 <= byte < MARK}
    inner = {byte for byte in chosen if 0x80 <= byte < 0xC0}
    parts = []
    if len(ascii_text) > len(_PRINTABLE) * 3 // 4:
        missing = [byte for byte in _PRINTABLE if byte not in ascii_text]
        everywhere = starts >= set(range(0xC2, 0xF5))
        some = "any printable character" if everywhere else "any printable ASCII character"
        parts.append(some + (f" except {_ranges(missing)}" if missing else ""))
        control.discard(0x7F)  # the one control character that JSON lets into a string as itself
        if everywhere:
            starts.clear()
            inner.clear()
    elif ascii_text:
        parts.append(_ranges(sorted(ascii_text)))
    if control:
        parts.append(_ranges(sorted(control)))
    if starts:
        every = starts >= set(range(0xC2, 0xF5))
        parts.append(f"{'any' if every else 'some'} character beyond ASCII")
    if inner:
        parts.append("the rest of a character")
    if MARK in chosen:
        parts.append("a special token")
    return ", ".join(parts) or "nothing"


def _ranges(values: Sequence[int]) -> str:
    """Ascending ASCII bytes, neighbours of one kind as a range."""
    runs: list[list[int]] = []
    for byte in values:
        kind = _kind(byte)
        if runs and runs[-1][-1] + 1 == byte and kind in _RANGED and kind == _kind(runs[-1][-1]):
            runs[-1].append(byte)
        else:
            runs.append([byte])
    return ", ".join(
        _name(run[0])
        if len(run) == 1
        else f"{_name(run[0])}, {_name(run[1])}"
        if len(run) == 2
        else f"{_name(run[0])} to {_name(run[-1])}"
        for run in runs
    )


def _name(byte: int) -> str:
    if byte in _NAMES:
        return _NAMES[byte]
    return repr(chr(byte)) if byte in _PRINTABLE else f"0x{byte:02X}"


_RANGED = ("a letter", "a capital letter", "a digit", "a control character")


def _kind(byte: int) -> str:
    """The class of a token's first byte; a quotation mark and a backslash are their own."""
    character = chr(byte)
    if byte == MARK:
        return "a special token"
    if byte >= 0x80:
        return "a character beyond ASCII" if byte >= 0xC0 else "the rest of a character"
    if byte in _NAMES:
        return "white space"
    if character.isalpha():
        return "a letter" if character.islower() else "a capital letter"
    if character.isdigit():
        return "a digit"
    if character in '"\\':
        return repr(character)
    return "punctuation" if byte in _PRINTABLE else "a control character"


def _grouped(texts: Sequence[bytes]) -> list[tuple[str, list[bytes]]]:
    """Tokens by their first byte, or by its kind where many bytes of a kind occur."""
    kinds: dict[str, dict[int, list[bytes]]] = {}
    for text in texts:
        kinds.setdefault(_kind(text[0]), {}).setdefault(text[0], []).append(text)
    groups: list[tuple[str, list[bytes]]] = []
    for kind, firsts in kinds.items():
        if len(firsts) >= MANY_FIRST_BYTES or min(firsts) >= 0x80:
            groups.append((kind, [text for members in firsts.values() for text in members]))
        else:
            groups += [(_name(first), members) for first, members in firsts.items()]
    return groups


def _witness(matcher: Matcher, taken: bytes, token: bytes) -> bytes | None:
    """A complete text that begins with what was taken and a token."""
    other = matcher.fork()
    other.accept_bytes(token)
    try:
        text = taken + token + other.shortest_completion()
        return matcher.compiled.vocabulary.with_names(text)
    except LimitExceededError:
        return None
