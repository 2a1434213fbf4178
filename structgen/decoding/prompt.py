"""Prompts: text and chat messages to tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from structgen.errors import GenerationError

__all__ = ["Prompt", "encode_prompt", "is_batch"]

# A text, or the messages of a chat ({"role": ..., "content": ...}).
Prompt = str | Sequence[Mapping[str, Any]]


def is_batch(prompt: Prompt | Sequence[Prompt]) -> bool:
    """Whether several prompts were given.

    Raises:
        TypeError: The argument is no prompt and no list of prompts.

    Example:
        >>> is_batch("a"), is_batch([{"role": "user", "content": "a"}]), is_batch(["a", "b"])
        (False, False, True)
    """
    if isinstance(prompt, str):
        return False
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes):
        if prompt and all(isinstance(part, Mapping) for part in prompt):
            return False
        if all(
            isinstance(part, str) or (isinstance(part, Sequence) and not is_batch(part))
            for part in prompt
        ):
            return True
    raise TypeError(
        "A prompt is a string or a list of chat messages (dicts with role and content); several "
        f"are a list of those; not {type(prompt).__name__}"
    )


def encode_prompt(tokenizer: Any, prompt: Prompt, *, raw: bool, window: int | None) -> list[int]:
    """The tokens of a prompt.

    Args:
        tokenizer: A transformers tokenizer.
        prompt: A string is a user's message where the tokenizer has a chat template, and otherwise
            the text itself.
        raw: Take a string as the text itself in any case.
        window: How many tokens the model can look at, or None.

    Raises:
        GenerationError: The prompt is empty or too long or no text, or the tokenizer has no chat
            template for messages, or one that does not take these.
    """
    if isinstance(prompt, str):
        try:
            prompt.encode()
        except UnicodeEncodeError:
            raise GenerationError("The prompt holds a lone surrogate, which is no text") from None
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(prompt, str) and (raw or not template):
        tokens = tokenizer(prompt)["input_ids"]
    elif not template:
        raise GenerationError(
            "The tokenizer has no chat template for messages: give the prompt as a string"
        )
    else:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        try:
            text = tokenizer.apply_chat_template(
                [dict(message) for message in messages], add_generation_prompt=True, tokenize=False
            )
        except Exception as error:  # templates are programs, with errors of their own
            raise GenerationError(
                f"The tokenizer's chat template does not take these messages: {error}"
            ) from error
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    if not tokens:
        raise GenerationError("The prompt is empty: a model needs at least one token to go on from")
    if window is not None and len(tokens) >= window:
        raise GenerationError(
            f"The prompt has {len(tokens)} tokens, but the model's window is {window} tokens with "
            "the answer: shorten the prompt"
        )
    return list(tokens)
