"""What commands print: progress, quoted bytes, a place in a text underlined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["output", "progress", "quoted", "underlined", "word_start"]

_SHOWN_COLUMNS = 76  # of a line that is underlined
_SHOWN_CHARACTERS = 40  # of quoted bytes


def output() -> Console:
    """Standard output, for text whose width and marks matter."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def progress(description: str) -> Iterator[Callable[[str], None]]:
    """A bar on standard error while something runs; gives the function that changes its words."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(description, total=None)
        yield lambda words: progress.update(task, description=words)


def quoted(data: bytes) -> str:
    """Bytes as a person reads them, shortened."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
        data = data[:_SHOWN_CHARACTERS]
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[: _SHOWN_CHARACTERS - 1]}…"
    return repr(text) if text else repr(data)


def word_start(text: str, position: int) -> int:
    """Where the word begins that a place is inside of; the place itself where there is none."""
    start = position
    while 0 < start < len(text) and _is_in_word(text[start - 1]) and _is_in_word(text[position]):
        start -= 1
    return start


def _is_in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def underlined(text: str, position: int) -> tuple[int, int, str, str]:
    """A place in a text: line, column (both from 1), that line, and the marks to print below it."""
    before = text[:position]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = text.find("\n", position)
    shown = text[start : len(text) if end < 0 else end]
    column = position - start
    stop = column + 1
    while stop < len(shown) and shown[column].isalnum() and shown[stop].isalnum():
        stop += 1
    first = max(0, column - _SHOWN_COLUMNS // 2)
    shown = "".join(
        character if character.isprintable() else " "
        for character in shown[first : first + _SHOWN_COLUMNS]
    )
    place = slice(column - first, stop - first)
    marks = " " * cell_len(shown[: place.start]) + "^" * max(1, cell_len(shown[place]))
    return line, column + 1, shown, marks
