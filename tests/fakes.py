"""A model and a tokenizer small enough to know everything about."""

from __future__ import annotations

from collections.abc import Sequence

import torch

import structgen as sg

PIECES = [bytes([b]) for b in range(256)]
PIECES += [b'{"', b'":', b'", "', b'"}', b'":"', b"name", b"na", b"true", b"12", b' "', b"ab", b""]
EOS = len(PIECES) - 1
VOCABULARY = sg.Vocabulary(PIECES, eos_token_ids=[EOS])


class Encoding:
    def __init__(self, ids: list[int]) -> None:
        self.ids = ids


class Tokenizer:
    """Cuts text into longest pieces, from left to right."""

    def encode(self, text: str, add_special_tokens: bool = True) -> Encoding:
        data = text.encode()
        ids = []
        while data:
            best = max((p for p in PIECES if p and data.startswith(p)), key=len)
            ids.append(PIECES.index(best))
            data = data[len(best) :]
        return Encoding(ids)

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": self.encode(text).ids}


class Session:
    """Logits are those given, moved a little by how long the text is; remembers what it was fed."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits
        self.texts: list[list[int]] = []
        self.passes = 0

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        assert rows and all(rows)
        self.texts = self.texts or [[] for _ in rows]
        self.passes += 1
        for text, row in zip(self.texts, rows, strict=True):
            text.extend(row)
        turn = torch.arange(len(self.logits))
        return torch.stack([self.logits + torch.sin(turn * (len(text) + 1)) for text in self.texts])

    def keep(self, rows: Sequence[int]) -> None:
        self.texts = [self.texts[row] for row in rows]


class Backend:
    def __init__(self, logits: torch.Tensor | None = None, window: int | None = None) -> None:
        self.logits = torch.zeros(VOCABULARY.size) if logits is None else logits
        self.vocabulary_size = len(self.logits)
        self.window = window
        self.sessions: list[Session] = []

    def start(self) -> Session:
        self.sessions.append(Session(self.logits))
        return self.sessions[-1]


def generator(logits: torch.Tensor | None = None, window: int | None = None) -> sg.Generator:
    """A generator over the fakes."""
    return sg.Generator.from_backend(Backend(logits, window), Tokenizer(), VOCABULARY)
