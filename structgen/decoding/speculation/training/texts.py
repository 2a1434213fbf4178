"""Answers and the hidden states that the model had when it wrote them, in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Text", "load_texts", "read_answers", "read_texts", "save_texts"]


@dataclass(frozen=True)
class Text:
    """An answer and where it came from.

    Attributes:
        name: Of its schema.
        tokens: The m tokens of the answer.
        states: float16[at most m, d]; row i is what the output head is given to choose token i.
    """

    name: str
    tokens: list[int]
    states: torch.Tensor


def read_texts(folder: Path) -> list[Text]:
    """All answers that have been written.

    Args:
        folder: Where the files are.
    """
    return [text for file in sorted(folder.glob("*.safetensors")) for text in load_texts(file)]


def read_answers(folder: Path) -> list[list[int]]:
    """The tokens of all answers, without their states.

    Args:
        folder: Where the files are.
    """
    from safetensors import safe_open

    found = []
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="np") as contents:
            keys = sorted(key for key in contents.keys() if key.endswith("/tokens"))
            found += [contents.get_tensor(key).tolist() for key in keys]
    return found


def save_texts(texts: Sequence[Text], file: Path) -> None:
    """Write a file, whole or not at all.

    Args:
        texts: Of different names.
        file: Where.
    """
    import torch
    from safetensors.torch import save_file

    contents = {}
    for text in texts:
        contents[f"{text.name}/tokens"] = torch.tensor(text.tokens, dtype=torch.int32)
        contents[f"{text.name}/states"] = text.states.clone()
    partial = file.with_suffix(".partial")
    save_file(contents, partial)
    partial.rename(file)


def load_texts(file: Path) -> list[Text]:
    """The answers of one file, by name.

    Args:
        file: That `save_texts` has written.
    """
    from safetensors.torch import load_file

    contents = load_file(file)
    names = [key.removesuffix("/tokens") for key in contents if key.endswith("/tokens")]
    return [
        Text(name, contents[f"{name}/tokens"].tolist(), contents[f"{name}/states"])
        for name in sorted(names)
    ]
