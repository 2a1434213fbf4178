"""What a generation gives back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

__all__ = ["DraftStats", "Result", "Stats"]

FinishReason = Literal["complete", "length"]


@dataclass
class DraftStats:
    """What speculation did.

    Attributes:
        drafted: Tokens in trees.
        accepted: How many of them are in the text.
        by_drafter: For each drafter, (drafted, accepted) of the tokens that it proposed; a token
            that several proposed counts for each.
        by_depth: The same by place in the tree, from 1.
        draft_seconds: Time spent on drafting and learning.
    """

    drafted: int = 0
    accepted: int = 0
    by_drafter: dict[str, tuple[int, int]] = field(default_factory=dict)
    by_depth: dict[int, tuple[int, int]] = field(default_factory=dict)
    draft_seconds: float = 0.0


@dataclass
class Stats:
    """What a generation cost. In a batch, forward passes and times are those of the whole batch
    while this request was in it.

    Attributes:
        prompt_tokens: Tokens of the prompt.
        tokens: Tokens generated, end-of-sequence not counted.
        forced_tokens: How many of them fast-forward took instead of the model.
        forward_passes: Forward passes of the model, the prompt's included.
        mask_seconds: Time spent on masks and forced text.
        model_seconds: Time spent in forward passes.
        seconds: All time.
        drafts: What speculation did; None where every token had its own forward pass.
    """

    prompt_tokens: int = 0
    tokens: int = 0
    forced_tokens: int = 0
    forward_passes: int = 0
    mask_seconds: float = 0.0
    model_seconds: float = 0.0
    seconds: float = 0.0
    drafts: DraftStats | None = None

    @property
    def tokens_per_pass(self) -> float:
        """Tokens for each forward pass; 0 without any."""
        return self.tokens / self.forward_passes if self.forward_passes else 0.0


@dataclass
class Result:
    """A finished generation.

    Attributes:
        text: The text; always in the language.
        tokens: The tokens generated, without end-of-sequence. With finish_reason "length" the text
            may go on after them: the shortest completion is text, not tokens.
        finish_reason: "complete" (the text was ended by the model, or could not go on) or "length"
            (`max_new_tokens` or the model's window was reached).
        stats: What it cost.
    """

    text: str
    tokens: list[int]
    finish_reason: FinishReason
    stats: Stats = field(default_factory=Stats)

    @cached_property
    def value(self) -> Any:
        """The text, parsed as JSON.

        Raises:
            ValueError: The text is no JSON, as a regular expression's may be.
        """
        return json.loads(self.text)
