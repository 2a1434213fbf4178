"""Hugging Face fast tokenizers, read from their own JSON description.

What the description says is checked step by step, and then every token's bytes are compared with
what the tokenizer itself decodes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from structgen.errors import VocabularyError
from structgen.vocabulary.byte_level import byte_level_bytes, metaspace_bytes, pad_tokens
from structgen.vocabulary.prepared import prepared
from structgen.vocabulary.vocabulary import Vocabulary

__all__ = ["read_tokenizer"]

# Steps that cut a text without dropping any of it; those with a `behavior` may drop what they cut
# at, which is checked.
_CUTS = {"ByteLevel", "Digits", "FixedLength", "Metaspace", "Punctuation", "Split"}
_CUTS |= {"UnicodeScripts"}


def read_tokenizer(
    tokenizer: Any, *, size: int | None, eos_token_ids: Sequence[int] | None
) -> Vocabulary:
    """Read a fast tokenizer (see `Vocabulary.from_tokenizer`)."""
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        raise VocabularyError(
            f"{type(tokenizer).__name__} is no fast tokenizer: its tokens' bytes are unknown"
        )
    if eos_token_ids is None:
        eos = getattr(tokenizer, "eos_token_id", None)
        eos_token_ids = () if eos is None else (eos,) if isinstance(eos, int) else tuple(eos)
    return prepared(
        "tokenizer",
        _identity(backend),
        (size, eos_token_ids),
        lambda: _read(backend, json.loads(backend.to_str()), size, eos_token_ids),
    )


def _identity(backend: Any) -> list[bytes]:
    """Bytes that differ for tokenizers whose tokens may differ.

    The whole description will do, but a large tokenizer needs 100 ms and more to write it, much of
    that for merges, which say nothing about a token's bytes. Of a byte-level BPE the tokens are
    had in one call: decoded without a decoder they stand side by side with a space between, and
    the byte alphabet has no space. Where an id is left out or a token has a space, the number of
    spaces is another one and the whole description is taken. (One of each would make up for each
    other, but the reader refuses a byte-level token with a space.)
    """
    from tokenizers import Tokenizer, decoders, models

    model = getattr(backend, "model", None)
    if not isinstance(model, models.BPE) or not isinstance(backend.decoder, decoders.ByteLevel):
        return [backend.to_str().encode()]
    bare = Tokenizer(model)  # the same model, without decoder and added tokens
    count = bare.get_vocab_size(with_added_tokens=False)
    tokens = bare.decode(range(count), skip_special_tokens=False)
    if tokens.count(" ") != count - 1:
        return [backend.to_str().encode()]
    steps = (backend.normalizer, backend.pre_tokenizer, backend.decoder)
    marks = (model.unk_token, model.continuing_subword_prefix, model.end_of_word_suffix)
    added = sorted(backend.get_added_tokens_decoder().items())
    return [
        tokens.encode(),
        *(b"" if step is None else step.__getstate__() for step in steps),
        repr((count, marks, added)).encode(),
    ]


def _read(
    backend: Any, description: dict[str, Any], size: int | None, eos_token_ids: Sequence[int]
) -> Vocabulary:
    model = description["model"]
    to_bytes = _token_reader(description)
    texts = model["vocab"]
    if not isinstance(texts, dict):  # a list of tokens with their scores
        texts = {text: token_id for token_id, (text, _) in enumerate(texts)}
    added = {int(token["id"]): token for token in description.get("added_tokens", ())}
    count = max([*texts.values(), *added], default=-1) + 1
    tokens = [b""] * count
    for text, token_id in texts.items():
        if token_id not in added:
            tokens[token_id] = to_bytes(text)
    special = {token_id for token_id, token in added.items() if token["special"]}
    unknown = model.get("unk_id")  # of a unigram model; others name it
    if unknown is None:
        unknown = texts.get(model.get("unk_token"))
    if unknown is not None:
        special.add(unknown)
    for token_id in special:
        tokens[token_id] = b""
    letters = (text for text in texts if len(text) == 1 and text.isascii() and text.isalpha())
    decode = _decoder(backend, texts, next(letters, None))
    literal = sorted(added.keys() - special)
    for token_id, text in zip(literal, decode(literal), strict=True):
        # Such a token may also stand for the space before it, which only the decoder knows.
        content = added[token_id]["content"]
        if text not in (content, " " + content):
            raise VocabularyError(
                f"The added token {content!r} decodes to {text!r}, so its bytes are not certain"
            )
        tokens[token_id] = text.encode()
    plain = [token_id for token_id, token in enumerate(tokens) if token]
    for token_id, text in zip(plain, decode(plain), strict=True):
        if tokens[token_id].decode(errors="replace") != text:
            raise VocabularyError(
                f"Token {token_id} decodes to {text!r}, which is not what its bytes "
                f"{tokens[token_id]!r} say: the tokenizer cannot be read byte-exactly"
            )
    if size is not None and size < count and not any(tokens[size:]):
        tokens = tokens[:size]
        special = {token for token in special if token < size}
    named = {token["content"]: token_id for token_id, token in added.items() if token_id in special}
    return Vocabulary(
        pad_tokens(tokens, size),
        eos_token_ids=eos_token_ids,
        special_token_ids=special,
        special_tokens=named,
    )


def _decoder(
    backend: Any, ids: dict[str, int], letter: str | None
) -> Callable[[list[int]], list[str]]:
    """What the tokenizer decodes single tokens to: behind a letter, for a first space is dropped.

    Args:
        backend: The tokenizer.
        ids: The ids of the model's tokens.
        letter: A token that is one letter, if there is one.
    """
    before = [] if letter is None else [ids[letter]]

    def decode(token_ids: list[int]) -> list[str]:
        together = [[*before, token] for token in token_ids]
        texts = backend.decode_batch(together, skip_special_tokens=False)
        return [text.removeprefix(letter or "") for text in texts]

    return decode


def _steps(part: dict[str, Any] | None, key: str) -> list[dict[str, Any]]:
    if part is None:
        return []
    if part["type"] == "Sequence":
        return [step for inner in part[key] for step in _steps(inner, key)]
    return [part]


def _token_reader(description: dict[str, Any]) -> Callable[[str], bytes]:
    """The function from a token's text to its bytes.

    Raises:
        VocabularyError: The tokenizer is of a kind whose tokens have no exact bytes.
    """
    model = description["model"]
    for step in _steps(description.get("normalizer"), "normalizers"):
        _check_normalizer(step)
    decoders = _steps(description.get("decoder"), "decoders")
    decoder_types = {step["type"] for step in decoders}
    if model.get("type") == "WordPiece" or "WordPiece" in decoder_types:
        raise VocabularyError("WordPiece drops white space: its tokens have no exact bytes")
    for step in _steps(description.get("pre_tokenizer"), "pretokenizers"):
        if step["type"] not in _CUTS or step.get("behavior") == "Removed":
            raise VocabularyError(
                f"The pre-tokenizer {step['type']} may drop text: tokens have no exact bytes"
            )
        _check_mark(step)
    if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        raise VocabularyError("The tokenizer marks words inside its tokens, so white space is lost")
    if decoder_types <= {"ByteLevel", "Fuse"} and "ByteLevel" in decoder_types:
        return byte_level_bytes
    spaces = False
    for step in decoders:
        spaces |= _decodes_space(step)
    if not spaces:
        raise VocabularyError(
            f"The tokenizer ({model.get('type')}) neither works on bytes nor marks spaces: its "
            "tokens have no exact bytes"
        )
    return partial(metaspace_bytes, byte_fallback="ByteFallback" in decoder_types)


def _check_normalizer(step: dict[str, Any]) -> None:
    """Only three steps leave the text that tokens stand for as it is.

    A mark in front of the text, a mark for each space, and canonical composition (NFC), which
    changes what is encoded but never what a token decodes to.
    """
    kind = step["type"]
    space_mark = {"pattern": {"String": " "}, "content": "▁"}
    if kind == "NFC" or (kind == "Prepend" and step["prepend"] == "▁"):
        return
    if kind == "Replace" and space_mark.items() <= step.items():
        return
    raise VocabularyError(
        f"The tokenizer normalises text ({kind}): what it decodes is not what was encoded, so its "
        "tokens have no exact bytes"
    )


def _decodes_space(step: dict[str, Any]) -> bool:
    """Whether the decoder's step turns `▁` into a space.

    Raises:
        VocabularyError: The step does something else to the text.
    """
    kind = step["type"]
    _check_mark(step)
    if kind == "Metaspace":
        return True
    if kind == "Replace" and step["pattern"] == {"String": "▁"} and step["content"] == " ":
        return True
    if kind in ("ByteFallback", "Fuse"):
        return False
    if kind == "Strip" and step["content"] == " " and not step["stop"]:
        return False  # the space that was put in front of the text
    raise VocabularyError(
        f"The tokenizer's decoder rewrites text ({kind}): its tokens have no exact bytes"
    )


def _check_mark(step: dict[str, Any]) -> None:
    if step["type"] == "Metaspace" and step["replacement"] != "▁":
        raise VocabularyError(
            f"The tokenizer marks spaces as {step['replacement']!r} instead of '▁', which is not "
            "read"
        )
