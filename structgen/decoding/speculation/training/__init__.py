"""Making trained drafters: texts, then heads, then what they are worth."""
