"""Other libraries' protocols."""
