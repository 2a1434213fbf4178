"""What a grammar accepts, asked one text at a time."""

from __future__ import annotations

from typing import Any

import structgen as sg

VOCABULARY = sg.Vocabulary([*(bytes([byte]) for byte in range(256)), b""], eos_token_ids=[256])


def accepts(source: Any, text: str) -> bool:
    """Whether a text is in the language of a grammar."""
    return state_after(source, text) == "complete"


def state_after(source: Any, text: str) -> str:
    """ "complete", "open" (it can still become complete) or "wrong"."""
    matcher = sg.compile(source, VOCABULARY).matcher()
    if not matcher.accept_bytes(text.encode()):
        return "wrong"
    return "complete" if matcher.is_accepting else "open"


def check(source: Any, accepted: list[str], refused: list[str]) -> None:
    """Assert what a grammar accepts and refuses; every beginning of an accepted text is viable."""
    compiled = sg.compile(source, VOCABULARY)
    for text in accepted:
        matcher = compiled.matcher()
        for byte in text.encode():
            assert matcher.accept_token(byte), (text, byte)
        assert matcher.is_accepting, text
    for text in refused:
        assert state_after(source, text) != "complete", text
