"""Real texts of one language through its grammar: how fast they are read, and masks.

    python -m tests.grammars.language_benchmark NAME FOLDER RANKS

FOLDER has the archive with the language's texts (see `evidence.py`), RANKS is Llama 3's
`tokenizer.model`. Texts that the grammar refuses are left out, and counted.
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
from tests.grammars.evidence import texts_of
from tests.grammars.languages import LANGUAGES, read

MOST = 2_000  # texts that are read
LONGEST, FILES = 20_000, 30  # characters of a text whose masks are timed, and how many of them


def accept(compiled: sg.CompiledGrammar, texts: list[str]) -> tuple[list[str], float]:
    """Read texts: those that are accepted, and how many MB in a second of this process."""
    accepted = []
    seconds = 0.0
    for text in texts:
        matcher, data = compiled.matcher(), text.encode()
        begin = time.process_time()
        is_accepted = matcher.accept_bytes(data) and matcher.is_accepting
        seconds += time.process_time() - begin
        if is_accepted:
            accepted.append(text)
    return accepted, sum(len(text.encode()) for text in accepted) / 1e6 / seconds


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


def time_masks(name: str, texts: list[str], ranks: Path) -> None:
    """Print the times of masks of Llama 3's tokens, as they are first met and a second time."""
    encoding = encoding_of(ranks)
    vocabulary = sg.Vocabulary.from_tiktoken(str(ranks), eos_token_ids=[END], size=SIZE)
    compiled = sg.compile(read(name), vocabulary)
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
    parser.add_argument("name", choices=LANGUAGES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("ranks", type=Path)
    options = parser.parse_args()
    texts = texts_of(options.name, options.folder)
    chosen = random.Random(0)
    if len(texts) > MOST:
        texts = chosen.sample(texts, MOST)
    compiled = sg.compile(read(options.name), VOCABULARY)
    accepted, first = accept(compiled, texts)
    size = sum(len(text.encode()) for text in accepted) / 1e6
    print(f"{len(accepted):,} of {len(texts):,} texts accepted, {size:.1f} MB")
    print(f"read at {first:.2f} MB/s, again at {accept(compiled, accepted)[1]:.2f} MB/s")
    short = [text for text in accepted if len(text) < LONGEST]
    time_masks(options.name, chosen.sample(short, min(len(short), FILES)), options.ranks)


if __name__ == "__main__":
    main()
