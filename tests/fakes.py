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


class TreeSession:
    """One text, and trees after it; its logits are those that `Session` gives for each path."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits
        self.text: list[int] = []
        self.passes = 0
        self.tree: tuple[list[int], list[int]] = [], []

    def forward_tree(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]
    ) -> torch.Tensor:
        assert text and not self.tree[0], "the last tree's path has not been kept"
        self.passes += 1
        self.text.extend(text)
        self.tree = list(tokens), list(parents)
        lengths = [len(self.text)]
        for parent in parents:
            lengths.append(lengths[parent + 1] + 1)
        return torch.stack([self.row(length) for length in lengths])

    def row(self, length: int) -> torch.Tensor:
        return self.logits + torch.sin(torch.arange(len(self.logits)) * (length + 1))

    def keep_path(self, nodes: Sequence[int]) -> None:
        tokens, parents = self.tree
        assert [parents[node] for node in nodes] == [-1, *nodes][: len(nodes)], "not a path"
        self.text.extend(tokens[node] for node in nodes)
        self.tree = [], []


class TreeBackend(Backend):
    """The same model, which can look at trees; remembers its tree sessions."""

    def __init__(self, logits: torch.Tensor | None = None, window: int | None = None) -> None:
        super().__init__(logits, window)
        self.obstacle: str | None = None
        self.trees: list[TreeSession] = []

    def tree_obstacle(self) -> str | None:
        return self.obstacle

    def describe(self) -> None:
        return None

    def start_tree(self) -> TreeSession:
        self.trees.append(TreeSession(self.logits))
        return self.trees[-1]


def tree_generator(
    logits: torch.Tensor | None = None, window: int | None = None
) -> tuple[sg.Generator, TreeBackend]:
    """A generator that can speculate, and its model."""
    backend = TreeBackend(logits, window)
    return sg.Generator.from_backend(backend, Tokenizer(), VOCABULARY), backend
