r"""Characters by their Unicode properties, `\p{XID_Start}`, written out for Python's `re`."""

from __future__ import annotations

import re

from structgen.errors import GrammarError
from structgen.regular.charset import SCALARS, complement, intersect
from structgen.regular.properties import unicode_property

__all__ = ["with_properties"]

_WORDS = re.compile(r"\\(?P<kind>[pP])\{(?P<name>[^{}]*)\}|\\.|\[\^?\]?|\]", re.DOTALL)


def with_properties(pattern: str) -> str:
    r"""A regular expression in which ranges of characters stand for `\p{...}` and `\P{...}`.

    Args:
        pattern: An expression in Python's syntax, or with properties by the names that ECMA-262
            gives them (`structgen.regular.properties`).

    Raises:
        GrammarError: There is no such property.

    Example:
        >>> with_properties(r"[_\p{Script=Ogham}]")
        '[_\\U00001680-\\U0000169c]'
    """
    kept: list[str] = []
    at = 0
    is_in_set = False
    for word in _WORDS.finditer(pattern):
        if word["kind"] is not None:
            ranges = unicode_property(word["name"])
            if ranges is None:
                raise GrammarError(f"There is no Unicode property {word['name']!r}")
            if word["kind"] == "P":
                ranges = intersect(complement(ranges), SCALARS)
            shown = "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in ranges)
            kept += [pattern[at : word.start()], shown if is_in_set else f"[{shown}]"]
            at = word.end()
        elif word[0] == "]":
            is_in_set = False
        elif word[0].startswith("["):
            is_in_set = True
    return "".join([*kept, pattern[at:]])
