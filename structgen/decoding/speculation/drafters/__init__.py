"""Guesses how a text goes on, each kind a module."""
