"""Configurations, steps and masks over a vocabulary: the engine under every grammar."""

from structgen.automaton.engine import ENDED, Engine, Grammar, TablesFull, engine_of
from structgen.automaton.saved import SavedGrammar, SavedTables, check_tables

__all__ = [
    "ENDED",
    "Engine",
    "Grammar",
    "SavedGrammar",
    "SavedTables",
    "TablesFull",
    "check_tables",
    "engine_of",
]
