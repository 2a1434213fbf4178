"""A vocabulary from a file or folder, whichever tokenizer family it is of."""

from __future__ import annotations

import re
from pathlib import Path

from structgen.errors import VocabularyError
from structgen.vocabulary import Vocabulary

__all__ = ["read_tokenizer_file"]

_RANKS = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\r?\n")


def read_tokenizer_file(path: Path) -> Vocabulary:
    """Read a tokenizer; its family is told by the file's first bytes.

    Args:
        path: A folder or a `tokenizer.json` of Hugging Face, a GGUF file, a file of tiktoken ranks
            or a SentencePiece model. A `tokenizer.json` alone and ranks name no end-of-sequence.

    Raises:
        VocabularyError: It cannot be read, or not byte-exactly.
        OSError: The file is not there or cannot be opened.
    """
    try:
        return _read(path)
    except (VocabularyError, OSError):
        raise
    except Exception as error:  # readers of other packages raise anything on a damaged file
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise VocabularyError(f"Cannot read a tokenizer from {path} ({reason})") from error


def _read(path: Path) -> Vocabulary:
    if path.is_dir():
        if not (path / "tokenizer.json").exists():
            raise VocabularyError(f"The folder {path} has no tokenizer.json")
        from transformers import AutoTokenizer

        return Vocabulary.from_tokenizer(AutoTokenizer.from_pretrained(path, local_files_only=True))
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"GGUF"):
        return Vocabulary.from_gguf(path)
    if start.lstrip().startswith(b"{"):
        from tokenizers import Tokenizer

        return Vocabulary.from_tokenizer(Tokenizer.from_file(str(path)))
    if _RANKS.match(start):
        return Vocabulary.from_tiktoken(path, eos_token_ids=[])
    return Vocabulary.from_sentencepiece(path)
