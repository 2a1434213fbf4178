"""The standard library's files through Python's grammar: how many, how fast, masks.

    python -m tests.grammars.python_benchmark [--ranks RANKS]

RANKS is Llama 3's `tokenizer.model`; with it, masks and accepts of some files' tokens are timed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

import structgen as sg
from tests.frontends.texts import VOCABULARY
from tests.grammars.engines import END, SIZE, encoding_of
from tests.grammars.languages import read
from tests.grammars.standard_library import standard_library, text_of

LONGEST, FILES = 20_000, 30  # bytes of a file whose masks are timed, and how many of them


def accept(compiled: sg.CompiledGrammar, texts: list[bytes]) -> float:
    """Read texts; how many MB in a second of this process. Prints those that are not accepted."""
    begin = time.process_time()
    for text in texts:
        matcher = compiled.matcher()
        if not (matcher.accept_bytes(text) and matcher.is_accepting):
            print(f"not accepted: {text[:60]!r}...")
    return sum(map(len, texts)) / 1e6 / (time.process_time() - begin)


def mask_times(compiled: sg.CompiledGrammar, tokens: list[int]) -> list[float]:
    """Microseconds for a mask and an accept of each token."""
    times = []
    matcher = compiled.matcher()
    row = sg.allocate_bitmask(1, SIZE)[0]
    for token in tokens:
        begin = time.process_time_ns()
        matcher.fill_bitmask(row)
        is_accepted = matcher.accept_token(token)
        times.append((time.process_time_ns() - begin) / 1000)
        if not is_accepted:
            raise SystemExit(f"token {token} is not accepted")
    return times


def time_masks(texts: list[str], ranks: Path) -> None:
    """Print the times of masks of Llama 3's tokens, as they are first met and a second time."""
    encoding = encoding_of(ranks)
    vocabulary = sg.Vocabulary.from_tiktoken(str(ranks), eos_token_ids=[END], size=SIZE)
    compiled = sg.compile(read("python"), vocabulary)
    all_tokens = [encoding.encode(text) for text in texts]
    for title in ("first pass", "second pass"):
        times = sorted(time for tokens in all_tokens for time in mask_times(compiled, tokens))
        print(
            f"{title}: {len(times):,} masks, us: average {statistics.fmean(times):.1f}, median "
            f"{times[len(times) // 2]:.1f}, p99 {times[len(times) * 99 // 100]:.1f}, "
            f"largest {times[-1]:,.0f}"
        )


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=Path)
    options = parser.parse_args()
    files = standard_library()
    texts = [text for text in map(text_of, files) if text is not None]
    encoded = [text.encode() for text in texts]
    compiled = sg.compile(read("python"), VOCABULARY)
    print(
        f"{len(files):,} files, {len(texts):,} of them right, {sum(map(len, encoded)) / 1e6:.1f} MB"
    )
    print(f"first pass: {accept(compiled, encoded):.2f} MB/s")
    print(f"second pass: {accept(compiled, encoded):.2f} MB/s")
    if options.ranks is not None:
        short = [text for text in texts if len(text) < LONGEST]
        time_masks(random.Random(0).sample(short, FILES), options.ranks)


if __name__ == "__main__":
    main()
