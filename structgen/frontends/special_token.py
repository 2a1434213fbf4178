"""One special token of the vocabulary, which no text can be."""

from __future__ import annotations

import re

from structgen.grammar import Alternatives, Embedded, Expression, SourceCall, error_at
from structgen.network import Network

__all__ = ["BRACKETED", "SpecialToken", "special_token", "tokens_between_brackets"]

BRACKETED = r"<[\[|a-zA-Z_/][^>\n]*>"
"""How grammar texts write special tokens: a name, or ids in square brackets."""

MAX_IDS = 4096
_IDS = re.compile(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*")


def special_token(token: str | int) -> SpecialToken:
    """The grammar of one special token, such as `<|tool_call|>`.

    Only that token is allowed there, never text that looks like it; and no other grammar allows it.
    Among bytes (`forced_bytes`, `accept_bytes`) it is `structgen.vocabulary.special_spelling`.

    Args:
        token: Its name in the vocabulary, or its id.

    Raises:
        TypeError: `token` is neither.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"<", b""], eos_token_ids=[], special_tokens={"<x>": 1})
        >>> matcher = sg.compile(special_token("<x>"), vocabulary).matcher()
        >>> matcher.accept_token(0), matcher.accept_token(1), matcher.is_accepting
        (False, True, True)
    """
    return SpecialToken(token)


class SpecialToken:
    """One special token; made by `special_token`."""

    __slots__ = ("source", "special_tokens", "token")

    def __init__(self, token: str | int) -> None:
        if not isinstance(token, str | int) or isinstance(token, bool):
            raise TypeError(
                f"A special token is a name or an id, not {type(token).__name__} {token!r}"
            )
        self.token = token
        self.special_tokens: frozenset[str | int] = frozenset([token])
        self.source = SourceCall("special_token", {"token": token})

    def start(self, network: Network) -> int:
        """The piece that reads the token."""
        return network.special_token(self.token)

    @property
    def expression(self) -> Expression:
        """The token inside another grammar."""
        return Embedded(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpecialToken) and self.token == other.token

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        return f"special_token({self.token!r})"


def tokens_between_brackets(text: str, span: tuple[int, int]) -> Expression:
    """What `<name>`, `<[id]>` or `<[id,id-id]>` (`BRACKETED`) at a place of a grammar text reads.

    Raises:
        GrammarError: What is between the brackets are no ids, or too many.
    """
    written = text[slice(*span)]
    if not written.startswith("<["):
        return special_token(written).expression
    ids: list[int] = []
    for part in written[2:-2].split(","):
        found = _IDS.fullmatch(part)
        if found is None or written[-2] != "]":
            raise error_at("expected ids of special tokens, as in <[5]> or <[5,7-9]>", text, span)
        some = range(int(found[1]), int(found[2] or found[1]) + 1)
        if len(ids) + len(some) > MAX_IDS:
            raise error_at(f"more than {MAX_IDS} special tokens", text, span)
        ids += some
    if not ids:
        raise error_at("no id is in this range", text, span)
    return Alternatives(tuple(special_token(token_id).expression for token_id in ids))
