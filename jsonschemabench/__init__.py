"""structgen and its peers side by side on MaskBench data, through public interfaces only."""
