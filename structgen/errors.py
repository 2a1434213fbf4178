"""The exception tree: every error that structgen raises on purpose.

StructgenError
|-- GrammarError             the source is malformed (a regex, a grammar text, a JSON Schema)
|   `-- UnsupportedSchemaError   a JSON Schema keyword that cannot be enforced exactly
|-- UnsatisfiableError       nothing satisfies the source
|-- LimitExceededError       a stated limit on time, depth or memory was reached
|-- VocabularyError          a tokenizer cannot be read byte-exactly, or does not fit
`-- GenerationError          a generation could not be completed
"""

from __future__ import annotations

__all__ = [
    "GenerationError",
    "GrammarError",
    "LimitExceededError",
    "StructgenError",
    "UnsatisfiableError",
    "UnsupportedSchemaError",
    "VocabularyError",
]


class StructgenError(Exception):
    """Base of all errors that structgen raises on purpose."""


class GrammarError(StructgenError):
    """The source is malformed.

    Args:
        message: One sentence: what is wrong and what to do.
        pointer: JSON Pointer (RFC 6901) of the place in a schema, or None.
        span: (start, end) character offsets in a source text, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        pointer: str | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message if pointer is None else f"{message} (at {pointer or 'the root'})")
        self.pointer = pointer
        self.span = span


class UnsupportedSchemaError(GrammarError):
    """A JSON Schema keyword that cannot be enforced exactly.

    Args:
        message: One sentence: what cannot be enforced.
        pointer: JSON Pointer (RFC 6901) of the schema object that holds the keyword.
        keyword: The keyword.
    """

    def __init__(self, message: str, *, pointer: str, keyword: str) -> None:
        super().__init__(message, pointer=pointer)
        self.keyword = keyword


class UnsatisfiableError(StructgenError):
    """Nothing satisfies the source.

    Args:
        message: One sentence: why.
        pointer: JSON Pointer (RFC 6901) of the contradictory schema, or None.
    """

    def __init__(self, message: str, *, pointer: str | None = None) -> None:
        super().__init__(message if pointer is None else f"{message} (at {pointer or 'the root'})")
        self.pointer = pointer


class LimitExceededError(StructgenError):
    """A stated limit was reached.

    Args:
        message: One sentence: what ran out and what to do.
        limit: The name of the limit.
    """

    def __init__(self, message: str, *, limit: str) -> None:
        super().__init__(f"{message} (limit: {limit})")
        self.limit = limit


class VocabularyError(StructgenError):
    """A tokenizer cannot be read byte-exactly, or does not fit the request."""


class GenerationError(StructgenError):
    """A generation could not be completed as asked.

    Args:
        message: One sentence: what happened and what to do.
        partial_text: The text so far, where there is some.
    """

    def __init__(self, message: str, *, partial_text: str | None = None) -> None:
        super().__init__(message)
        self.partial_text = partial_text
