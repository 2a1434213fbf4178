"""Speculation: many tokens in one forward pass, exactly those of one-by-one decoding."""
