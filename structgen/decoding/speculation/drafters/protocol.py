"""What growing a tree asks of a drafter."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from structgen.matcher import Matcher
from structgen.models.inner import InnerSession

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CONTEXT_TOKENS", "Drafter", "Guess", "Inside", "Point", "Row"]

CONTEXT_TOKENS = 16  # how far back a drafter can look

Guess = Sequence[tuple[int, float]]  # tokens and their chances, which add up to at most 1


@dataclass(frozen=True)
class Inside:
    """What the model has computed for a text.

    Attributes:
        session: The text's own.
        pending: The last tokens of the text, which the model has not seen yet.
    """

    session: InnerSession
    pending: tuple[int, ...]


@dataclass
class Point:
    """The end of the text or of a draft: a place where a guess is wanted.

    Attributes:
        context: The last tokens before it, at most `CONTEXT_TOKENS`, the prompt's included.
        answered: How many tokens of the answer are before it.
        matcher: The request there; not to be changed.
        parent: The point one token before it, in a draft.
        inside: What the model has computed for the text before the draft; None where it does not
            tell.
        mask: int32[W], what may come here; only while drafters are asked.
        said: What the drafters that were asked before said, by name: legal tokens.
        notes: What a drafter wants to find again at the points after this one, by its name.
    """

    context: tuple[int, ...]
    answered: int
    matcher: Matcher
    parent: Point | None = None
    inside: Inside | None = None
    mask: NDArray[np.int32] | None = None
    said: dict[str, Guess] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many tokens of a draft are before it."""
        depth, point = 0, self
        while point.parent is not None:
            depth, point = depth + 1, point.parent
        return depth

    @property
    def root(self) -> Point:
        """The end of the text that the draft is after."""
        point = self
        while point.parent is not None:
            point = point.parent
        return point


@dataclass(frozen=True)
class Row:
    """What the model said at one point of a tree, under the mask.

    Attributes:
        context: As of `Point`.
        place: Where in the grammar the point is (`Matcher.place`).
        guess: The model's most probable tokens and their chances, most probable first.
        token: What was taken there; None where the text went another way.
        mask: int32[W], what might come there; only while drafters are told.
    """

    context: tuple[int, ...]
    place: Hashable
    guess: Guess
    token: int | None
    mask: NDArray[np.int32]


class Drafter(Protocol):
    """One kind of guess.

    A drafter may be wrong in every way that costs only time: a token that the grammar forbids is
    left out, a chance that is too high is corrected by experience.

    A drafter with a true attribute `costly`, one that computes as a model does, is asked after the
    others, and only where none of them is nearly certain.

    Attributes:
        name: How statistics call it.
    """

    name: str

    def begin(self, prompt: Sequence[int]) -> None:
        """A new request starts.

        Args:
            prompt: Its tokens, and those of the answer that were forced before the first pass.
        """
        ...

    def propose(self, point: Point) -> Guess:
        """What may come at a point; nothing if nothing is known."""
        ...

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Learn from a forward pass.

        Args:
            rows: The model's words at the text's end and at every node of the tree, in order.
            added: The tokens that the text has gained.
        """
        ...
