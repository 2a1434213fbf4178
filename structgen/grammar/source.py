"""How a grammar was made, so that it can be made again."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["SourceCall"]


class SourceCall(NamedTuple):
    """A call of a front end.

    Attributes:
        kind: The public name of the front end, such as "lark".
        arguments: Its arguments, by name.
    """

    kind: str
    arguments: dict[str, Any]
