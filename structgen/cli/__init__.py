"""The command line: generate, validate, mask, sample, explain, warmup, train-heads and bench.

Exit codes: 0 done; 1 the text that `validate` read is not valid; 2 an error, told in one sentence
on standard error (and shown in its line, if it is in a grammar's text).
"""

from structgen.cli.main import main

__all__ = ["main"]
