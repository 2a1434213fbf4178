"""Regular languages: terms, their algebra, automata over UTF-8 bytes, pattern readers."""

from structgen.regular.alphabet import within
from structgen.regular.automaton import Automaton
from structgen.regular.charset import Ranges, intersect
from structgen.regular.language import (
    ANY,
    EMPTY,
    EPSILON,
    Language,
    characters,
    intersection,
    length,
    text,
    union,
)
from structgen.regular.lengths import without_last_counter
from structgen.regular.live import Live
from structgen.regular.machine import Machine, machine
from structgen.regular.pattern import regex
from structgen.regular.room import leaves_room, spare_texts

__all__ = [
    "ANY",
    "EMPTY",
    "EPSILON",
    "Automaton",
    "Language",
    "Live",
    "Machine",
    "Ranges",
    "any_text",
    "characters",
    "intersect",
    "intersection",
    "leaves_room",
    "length",
    "machine",
    "regex",
    "spare_texts",
    "text",
    "union",
    "within",
    "without_last_counter",
]


def any_text() -> Language:
    """Every text."""
    return ANY
