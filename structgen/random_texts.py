"""Random texts of a language: test data from a schema, a pattern or any other grammar.

A text is a walk over the bytes that may come next. Drawing them evenly would give texts that nobody
reads: control characters and escapes in every string, numbers with exponents, arrays that never
end. So bytes have weights (`_TEXT` where nearly any may come, `_CHOICE` elsewhere), whatever closes
something grows heavier as the text grows longer, and at a limit the walk takes a shortest way out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from structgen.compiler import compile as compile_source
from structgen.matcher import Matcher
from structgen.vocabulary import Vocabulary

__all__ = ["sample"]

_BYTES = [bytes([byte]) for byte in range(256)]
_DIGITS = frozenset(b"0123456789")
_CLOSING = frozenset(b'"}]')
_MANY = 64  # where more bytes may come, the text is free
_END = 0.25  # how often a complete text ends where it could go on
_LETTERS_BY_FREQUENCY = b"etaoinshrdlcumwfgypbvkjxqz"


def _text_weights() -> list[float]:
    """Weights inside free text: words of small letters, now and then something else."""
    weights = [0.002] * 256
    for rank, letter in enumerate(_LETTERS_BY_FREQUENCY):
        weights[letter] = 1.0 / (1 + rank / 4)
        weights[letter - 32] = 0.05
    for byte in _DIGITS:
        weights[byte] = 0.06
    for byte in b"-_.!?'":
        weights[byte] = 0.02
    for byte in b"\xc3\xce\xd0\xe4\xe6":  # Latin, Greek, Cyrillic, Chinese
        weights[byte] = 0.02
    for byte in b":/@":
        weights[byte] = 0.1
    weights[ord(" ")] = 0.8
    weights[ord('"')] = 1.0
    return weights


def _choice_weights() -> list[float]:
    """Weights where few bytes may come: even, but for what makes numbers and layout long."""
    weights = [1.0] * 256
    weights[ord("-")] = 0.7
    weights[ord(".")] = 0.3
    weights[ord("\\")] = 0.001
    for byte in b" \t\n\r+":
        weights[byte] = 0.05
    for byte in b",}]":
        weights[byte] = 3.0
    weights[ord('"')] = 2.0
    return weights


_TEXT = _text_weights()
_CHOICE = _choice_weights()


def sample(source: Any, *, seed: int, limit: int = 1000) -> Iterator[str]:
    """Random texts of a language, without end; the same texts for the same seed.

    Args:
        source: What `structgen.compile` takes: a grammar, a JSON Schema, a Python type.
        seed: Chooses the texts.
        limit: A text that is longer, in bytes, is completed by a shortest way.

    Yields:
        A complete text.

    Raises:
        GrammarError: The source is malformed.
        UnsupportedSchemaError: It cannot be enforced exactly.
        UnsatisfiableError: No text is in the language.
        LimitExceededError: A stated limit was reached.
        TypeError: The source is none of these.

    Example:
        >>> import structgen as sg
        >>> texts = sg.sample(sg.regex("[a-c]{3}"), seed=1)
        >>> all(len(next(texts)) == 3 for _ in range(9))
        True
    """
    matcher = compile_source(source, Vocabulary(_BYTES, eos_token_ids=[])).matcher()
    generator = random.Random(seed)
    while True:
        yield _walk(matcher, generator, limit)
        matcher.reset()


def _walk(matcher: Matcher, generator: random.Random, limit: int) -> str:
    text = bytearray()
    while len(text) < limit:
        following = matcher.next_bytes()
        if not following or (matcher.is_accepting and generator.random() < _END):
            break
        if len(following) == 1:
            byte = following[0]
        else:
            weights = _weights(following, len(text) / limit)
            byte = generator.choices(following, weights)[0]
        matcher.accept_bytes(bytes([byte]))
        text.append(byte)
    text += matcher.shortest_completion()
    return text.decode()


def _weights(following: list[int], fullness: float) -> list[float]:
    """How often each of these bytes is drawn in a text that is so full, 0 to 1."""
    table = _TEXT if len(following) > _MANY else _CHOICE
    closing = 1 + 8 * fullness
    exponent = {ord("e"), ord("E")} if _may_be_exponent(following) else ()
    return [
        table[byte] * (closing if byte in _CLOSING else 0.02 if byte in exponent else 1.0)
        for byte in following
    ]


def _may_be_exponent(following: list[int]) -> bool:
    letters = {byte for byte in following if chr(byte).isalpha() and byte < 0x80}
    return letters == {ord("e"), ord("E")} and not _DIGITS.isdisjoint(following)
