"""What masks cost: constrained against unconstrained generation of the same text.

`python -m structgen.decoding.benchmark` measures the default model. Both sides take the most
probable token of one forward pass at a time. The unconstrained side has no mask and no grammar; it
is fed the constrained side's tokens, so that both compute the same logits. Runs alternate, and
medians are compared.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

from structgen.decoding.generator import Generator, default_generator
from structgen.decoding.prompt import encode_prompt

__all__ = ["Comparison", "compare"]

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 40},
        "born": {"type": "string", "format": "date"},
        "fields": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 4},
        "city": {"type": "string", "maxLength": 30},
    },
    "required": ["name", "born", "fields", "city"],
    "additionalProperties": False,
}
PROMPT = "Who was Ada Lovelace? Answer in JSON."


@dataclass(frozen=True)
class Comparison:
    """Tokens a second, medians over the rounds.

    Attributes:
        tokens: Tokens of the text.
        constrained: With the grammar, every token the model's choice.
        unconstrained: The same tokens without it.
        fast_forward: With the grammar and forced text taken at once.
        mask_seconds_per_token: Of the constrained run.
    """

    tokens: int
    constrained: float
    unconstrained: float
    fast_forward: float
    mask_seconds_per_token: float

    @property
    def ratio(self) -> float:
        """Constrained over unconstrained."""
        return self.constrained / self.unconstrained


def compare(
    generator: Generator, prompt: str, schema: Any, *, rounds: int = 5, max_new_tokens: int = 100
) -> Comparison:
    """Measure one prompt, after a round that is not counted.

    Args:
        generator: The model.
        prompt: The prompt.
        schema: What `Generator.generate` takes as `schema`.
        rounds: How many runs of each kind.
        max_new_tokens: How many tokens the text may have.

    Raises:
        GenerationError: As `Generator.generate`.
    """
    speeds: dict[str, list[float]] = {"constrained": [], "unconstrained": [], "fast_forward": []}
    masks = []
    tokens = 0
    for number in range(rounds + 1):
        plain, fast = (
            generator.generate(
                prompt,
                schema=schema,
                max_new_tokens=max_new_tokens,
                at_limit="complete",
                fast_forward=fast_forward,
            )
            for fast_forward in (False, True)
        )
        passes = plain.stats.forward_passes
        seconds = _unconstrained(generator, prompt, plain.tokens, passes)
        if number:
            speeds["constrained"].append(passes / plain.stats.seconds)
            speeds["unconstrained"].append(passes / seconds)
            speeds["fast_forward"].append(fast.stats.tokens / fast.stats.seconds)
            masks.append(plain.stats.mask_seconds / passes)
            tokens = plain.stats.tokens
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    return Comparison(tokens, **medians, mask_seconds_per_token=statistics.median(masks))


def _unconstrained(generator: Generator, prompt: str, tokens: list[int], passes: int) -> float:
    """Seconds for `passes` steps that are fed these tokens and take the most probable one."""
    fed = encode_prompt(generator.tokenizer, prompt, raw=False, window=generator.backend.window)
    session = generator.backend.start()
    start = time.perf_counter()
    for step in range(passes):
        session.forward([fed])[0].argmax().item()
        fed = tokens[step : step + 1]
    return time.perf_counter() - start


def main() -> None:
    """Measure the default model and print the figures."""
    found = compare(default_generator(), PROMPT, SCHEMA)
    print(f"tokens of the text           {found.tokens}")
    print(f"unconstrained, tokens/s      {found.unconstrained:.2f}")
    print(f"constrained, tokens/s        {found.constrained:.2f}  (ratio {found.ratio:.3f})")
    print(f"with fast-forward, tokens/s  {found.fast_forward:.2f}")
    print(f"masks, ms a token            {1000 * found.mask_seconds_per_token:.3f}")


if __name__ == "__main__":
    main()
