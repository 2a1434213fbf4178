"""Sources: each makes a grammar, independent of any vocabulary."""
