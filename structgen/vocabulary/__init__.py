"""Exact bytes of every token, and the trie over them."""

from structgen.vocabulary.special import (
    MARK,
    SPELLING_BYTES,
    id_of_spelling,
    special_spelling,
    without_special_tokens,
)
from structgen.vocabulary.trie import TokenTrie
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = [
    "MARK",
    "SPELLING_BYTES",
    "TokenTrie",
    "Vocabulary",
    "id_of_spelling",
    "special_spelling",
    "without_special_tokens",
]
