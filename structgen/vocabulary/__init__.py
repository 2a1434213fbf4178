"""Exact bytes of every token, and the trie over them."""

from structgen.vocabulary.trie import TokenTrie
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["TokenTrie", "Vocabulary"]
