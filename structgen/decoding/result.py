"""What a generation gives back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

__all__ = ["Result", "Stats"]

FinishReason = Literal["complete", "length"]


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
    """

    prompt_tokens: int = 0
    tokens: int = 0
    forced_tokens: int = 0
    forward_passes: int = 0
    mask_seconds: float = 0.0
    model_seconds: float = 0.0
    seconds: float = 0.0


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
