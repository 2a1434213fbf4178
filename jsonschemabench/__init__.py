"""Constrained generation engines side by side, through public interfaces only."""
