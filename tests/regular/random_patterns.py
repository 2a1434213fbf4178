r"""Random patterns with assertions, and what they match by the definition: a naive oracle.

    python -m tests.regular.random_patterns --count 10000 --length 6

compares that many patterns with the languages that `structgen.regular` makes of them, on every text
over `ALPHABET` up to a length, and with Python's `re` where it reads the pattern the same way.

A pattern relates the places of a text: (i, j) if it matches what is between them. The oracle makes
that relation out for every part, bottom up, as a list: for each i, the bits of its js.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import re
from functools import reduce
from operator import or_
from typing import Any

from structgen.errors import LimitExceededError
from structgen.regular import Language, regex

ALPHABET = "ab-"
_LOOKS = {
    ("ahead", False): "?=",
    ("ahead", True): "?!",
    ("behind", False): "?<=",
    ("behind", True): "?<!",
}
_PLACES = ("^", "$", r"\b", r"\B")
_COUNTS = ((0, None), (1, None), (0, 1), (2, 2), (0, 2), (1, 3), (2, None))


def random_tree(draw: random.Random, depth: int) -> Any:
    """A pattern: ("chars", set), ("place", mark), or (kind, *parts)."""
    kinds = ["chars"] * 4 + ["place"] * 2
    if depth:
        kinds += ["cat"] * 8 + ["or"] * 4 + ["repeat"] * 4 + ["look"] * 5
    kind = draw.choice(kinds)
    if kind == "chars":
        return kind, "".join(sorted(draw.sample(ALPHABET, draw.choice((1, 1, 1, 2, 3)))))
    if kind == "place":
        return kind, draw.choice(_PLACES)
    if kind in ("cat", "or"):
        return kind, *(random_tree(draw, depth - 1) for _ in range(draw.choice((1, 2, 2, 3))))
    inner = random_tree(draw, depth - 1)
    return (kind, inner, *(draw.choice(_COUNTS if kind == "repeat" else list(_LOOKS))))


def written(tree: Any) -> str:
    """The pattern as text, the same in both syntaxes."""
    kind, *parts = tree
    if kind == "chars":
        return f"[{parts[0]}]"
    if kind == "place":
        return str(parts[0])
    if kind == "cat":
        return "".join(map(written, parts))
    if kind == "or":
        return f"(?:{'|'.join(map(written, parts))})"
    if kind == "repeat":
        inner, least, most = parts
        return f"(?:{written(inner)}){{{least},{'' if most is None else most}}}"
    return f"({_LOOKS[parts[1], parts[2]]}{written(parts[0])})"


def places(tree: Any, text: str) -> list[int]:
    """For each place in the text, the places up to which the pattern matches from there."""
    kind, *parts = tree
    here = [1 << i for i in range(len(text) + 1)]
    if kind == "chars":
        return [here[i] << 1 if text[i : i + 1] in set(parts[0]) else 0 for i in range(len(here))]
    if kind == "place":
        word = [False, *(character != "-" for character in text), False]
        holds = {
            "^": [i == 0 for i in range(len(here))],
            "$": [i == len(text) for i in range(len(here))],
            r"\b": [a != b for a, b in itertools.pairwise(word)],
            r"\B": [a == b for a, b in itertools.pairwise(word)],
        }[parts[0]]
        return [bit if held else 0 for bit, held in zip(here, holds, strict=True)]
    if kind == "cat":
        found = here
        for part in parts:
            found = _then(found, places(part, text))
        return found
    if kind == "or":
        return [reduce(or_, ends) for ends in zip(*(places(p, text) for p in parts), strict=True)]
    inner = places(parts[0], text)
    if kind == "look":
        ahead = [bool(ends) for ends in inner]
        behind = [any(ends & bit for ends in inner) for bit in here]
        holds = ahead if parts[1] == "ahead" else behind
        return [bit if held != parts[2] else 0 for bit, held in zip(here, holds, strict=True)]
    _, least, most = parts
    found = here
    for _ in range(least):
        found = _then(found, inner)
    # More rounds than places find nothing new.
    for _ in range(len(here) if most is None else most - least):
        found = [a | b for a, b in zip(found, _then(found, inner), strict=True)]
    return found


def _then(first: list[int], second: list[int]) -> list[int]:
    return [
        reduce(or_, (onward for j, onward in enumerate(second) if ends >> j & 1), 0)
        for ends in first
    ]


def texts(length: int) -> list[str]:
    """Every text over the alphabet of at most that length."""
    return ["".join(t) for n in range(length + 1) for t in itertools.product(ALPHABET, repeat=n)]


def members(language: Language, length: int) -> set[str]:
    """The texts of a language among `texts(length)`."""
    found = set()
    layer = {"": language}
    for _ in range(length + 1):
        found |= {text for text, rest in layer.items() if rest.nullable}
        layer = {
            text + character: after
            for text, rest in layer.items()
            for character in ALPHABET
            for after, ranges in rest.derivatives.items()
            if any(low <= ord(character) <= high for low, high in ranges)
        }
    return found


def check(tree: Any, length: int) -> None:
    """Compare the language of a pattern, and of a search for it, with the oracles.

    Raises:
        AssertionError: They differ.
        LimitExceededError: The pattern is refused.
    """
    pattern = written(tree)
    whole, contains = set(), set()
    for text in texts(length):
        found = places(tree, text)
        if found[0] >> len(text) & 1:
            whole.add(text)
        if any(found):
            contains.add(text)
    for syntax, search, expected in (("ecma", False, whole), ("ecma", True, contains)):
        language = regex(pattern, syntax, search)
        difference = members(language, length) ^ expected
        assert not difference, (pattern, search, min(difference, key=len))
        assert language.is_live or not expected, (pattern, search)
    with contextlib.suppress(re.error):  # look-behind of many lengths
        compiled = re.compile(pattern)
        for text in texts(length)[1:]:  # Python's \B before 3.14 is special in the empty text
            assert (compiled.fullmatch(text) is not None) == (text in whole), (pattern, text)
            assert (compiled.search(text) is not None) == (text in contains), (pattern, text)


def main() -> None:
    """Check random patterns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many patterns")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--length", type=int, default=5, help="of the longest texts")
    arguments = parser.parse_args()
    refused = 0
    for seed in range(arguments.first, arguments.first + arguments.count):
        draw = random.Random(seed)
        try:
            check(random_tree(draw, draw.choice((2, 3, 4))), arguments.length)
        except LimitExceededError as error:
            refused += 1
            print(seed, error)
    print(f"{arguments.count} patterns, {refused} refused")


if __name__ == "__main__":
    main()
