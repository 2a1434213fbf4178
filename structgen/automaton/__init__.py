"""Configurations, steps and masks over a vocabulary: the engine under every grammar."""

from structgen.automaton.engine import ENDED, Engine, Grammar, TablesFull, engine_of

__all__ = ["ENDED", "Engine", "Grammar", "TablesFull", "engine_of"]
