"""What an engine must do to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

__all__ = ["Engine", "Session", "Source", "Unsatisfiable"]


class Unsatisfiable(Exception):
    """The engine says that no value satisfies the schema: it then rightly stops every one."""


@dataclass(frozen=True)
class Source:
    """A schema as the data give it.

    Attributes:
        schema: The parsed schema.
        resources: {uri: schema} that it may refer to.
        any_order: Members may come in an order other than the schema's (where the engine can).
    """

    schema: Any
    resources: Mapping[str, Any] = field(default_factory=dict)
    any_order: bool = False


class Session(Protocol):
    """One compiled schema and a text so far.

    Attributes:
        row: int32[ceil(V/32)], what `mask` writes: bit i of word w allows token 32*w + i.
    """

    row: NDArray[Any]

    def mask(self) -> None:
        """Compute which tokens may come next. Timed."""
        ...

    def accept(self, token: int) -> bool:
        """Take a token if the mask just computed allows it. Timed."""
        ...

    def reset(self) -> None:
        """Begin a new text of the same compiled schema."""
        ...


class Engine(Protocol):
    """An engine over one vocabulary; made from the path of the file of ranks."""

    def prepare(self, source: Source) -> Any:
        """Bring a schema into the form that the engine takes (a dict, a JSON text). Not timed."""
        ...

    def compile(self, prepared: Any) -> Session:
        """Compile; timed together with the first mask. Raises whatever the engine raises.

        Raises:
            Unsatisfiable: The engine says that nothing satisfies the schema.
        """
        ...
