"""What an engine knows of one grammar, as arrays that a file can hold."""

from structgen.automaton.saved.collect import collect
from structgen.automaton.saved.restore import SavedGrammar
from structgen.automaton.saved.tables import SavedTables, check_tables

__all__ = ["SavedGrammar", "SavedTables", "check_tables", "collect"]
