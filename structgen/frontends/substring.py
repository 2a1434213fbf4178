"""Any span of a passage, as a network whose states are made where a text reaches them.

A text that occurs in the passage is an interval of the sorted list of all suffixes that begin at a
character: those that begin with it. Reading a byte narrows the interval. Where one suffix is left,
the state is only a place in the passage, so that all ways to it meet.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structgen.errors import GrammarError, LimitExceededError
from structgen.grammar import EMPTY_TEXT, Alternatives, Embedded, Expression, SourceCall
from structgen.network import RETURN, Definition, Network, Scan

__all__ = ["SubstringGrammar", "substring"]

MAX_BYTES = 1 << 24
READ_ONE_BY_ONE = 64  # suffixes of an interval; more are read at once,
READ_AT_ONCE = 1 << 13  # and yet more are searched


def substring(text: str) -> SubstringGrammar:
    """Any span of a passage: zero or more characters of it in a row.

    Args:
        text: The passage.

    Raises:
        GrammarError: The passage holds a lone surrogate.
        LimitExceededError: It is longer than `MAX_BYTES` bytes.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([b"ana", b"na", b"b", b"n"], eos_token_ids=[])
        >>> matcher = sg.compile(substring("banana"), vocabulary).matcher()
        >>> matcher.accept_token(0), matcher.accept_token(2), matcher.accept_token(1)
        (True, False, True)
    """
    return SubstringGrammar(text)


class SubstringGrammar:
    """The spans of a passage; made by `substring`."""

    __slots__ = ("_passage", "source")

    def __init__(self, text: str) -> None:
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise GrammarError(
                "The passage holds a lone surrogate, which no valid text contains"
            ) from None
        if len(data) > MAX_BYTES:
            raise LimitExceededError(
                f"A passage may have {MAX_BYTES:,} bytes, not {len(data):,}", limit="passage_bytes"
            )
        self._passage = _Passage(data)
        self.source = SourceCall("substring", {"text": text})

    def start(self, network: Network) -> int:
        """The piece that reads a span."""
        if not self._passage.size:
            return network.state(_Place(self._passage, 0))
        return network.choice([self._passage.start(network), RETURN])

    @property
    def expression(self) -> Expression:
        """A span inside another grammar."""
        if not self._passage.size:
            return EMPTY_TEXT
        return Alternatives((Embedded(self._passage), EMPTY_TEXT))


class _Passage:
    """A passage of n bytes and its suffixes that begin at a character, sorted."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        padded = np.full(self.size + 1, -1, np.int16)
        padded[:-1] = np.frombuffer(data, np.uint8)
        self.bytes = padded  # int16[n + 1], -1 after the last
        self.ends = (padded & 0xC0) != 0x80  # bool[n + 1]: whether a character may end here
        self.ends[-1] = True
        suffixes = _sorted_suffixes(padded[:-1].astype(np.int64))
        self.suffixes = suffixes[self.ends[suffixes]]
        # One value of these is read in a third of the time.
        self._byte, self._place = self.bytes.data, self.suffixes.data

    def start(self, network: Network) -> int:
        """The piece that reads a span that is not empty."""
        return network.state(_Interval(self, 0, len(self.suffixes), 0))

    def parts(self, low: int, high: int, depth: int) -> list[tuple[int, int, int]]:
        """(byte, first, end) of the intervals that the bytes after `depth` split one into."""
        place, byte = self._place, self._byte
        first = byte[place[low] + depth]
        if first == byte[place[high - 1] + depth]:  # they are sorted
            return [(first, low, high)]
        parts = []
        if high - low > READ_AT_ONCE:
            while low < high:
                found = byte[place[low] + depth]
                end = bisect_right(
                    place, found, lo=low, hi=high, key=lambda start: byte[start + depth]
                )
                parts.append((found, low, end))
                low = end
            return parts
        if high - low > READ_ONE_BY_ONE:
            following = self.bytes[self.suffixes[low:high] + depth]
            begins = [0, *((following[1:] != following[:-1]).nonzero()[0] + 1).tolist()]
            return [
                (byte[place[low + begin] + depth], low + begin, low + end)
                for begin, end in zip(begins, [*begins[1:], high - low], strict=True)
            ]
        begin = low
        for index in range(low + 1, high):
            other = byte[place[index] + depth]
            if other != first:
                parts.append((first, begin, index))
                first, begin = other, index
        parts.append((first, begin, high))
        return parts


class _Interval(NamedTuple):
    """What has been read is how the suffixes low..high begin; it is `depth` bytes long."""

    passage: _Passage
    low: int
    high: int
    depth: int

    def expand(self, network: Network) -> Definition:
        """The bytes that follow one of its occurrences."""
        passage, low, high, depth = self
        edges = []
        for byte, first, end in passage.parts(low, high, depth):
            if byte < 0:  # the end of the passage
                continue
            if end - first == 1:
                place = int(passage.suffixes[first]) + depth + 1
                state = network.state(_Place(passage, place))
            else:
                state = network.state(_Interval(passage, first, end, depth + 1))
            edges.append((byte, byte, state))
        ends = depth > 0 and bool(passage.ends[passage.suffixes[low] + depth])
        return Scan(tuple(edges), ends)


class _Place(NamedTuple):
    """What has been read occurs once, and ends before byte `position`."""

    passage: _Passage
    position: int

    def expand(self, network: Network) -> Definition:
        """The one byte that follows."""
        passage, position = self
        if position == passage.size:
            return Scan((), True)
        byte = int(passage.bytes[position])
        following = network.state(_Place(passage, position + 1))
        return Scan(((byte, byte, following),), bool(passage.ends[position]))


def _sorted_suffixes(data: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of a text, in the order of the suffixes that begin there.

    Ranks by the first 7 bytes are refined by doubling: the rank by 2k bytes is that by k bytes and
    that of the place k bytes further. Only places whose rank is shared are sorted again.

    Args:
        data: int64[n], values 0 to 255.

    Returns:
        int64[n].

    Source:
        Larsson and Sadakane, 'Faster suffix sorting', Theoretical Computer Science 387(3), 2007.

    Example:
        >>> _sorted_suffixes(np.frombuffer(b"banana", np.uint8).astype(np.int64)).tolist()
        [5, 3, 1, 0, 4, 2]
    """
    size = len(data)
    keys = np.zeros(size, np.int64)
    length = 7
    for offset in range(length):
        keys <<= 9
        keys[: max(size - offset, 0)] += data[offset:] + 1
    order = np.argsort(keys)
    rank = np.empty(size, np.int64)
    slots = np.arange(size)
    keys = keys[order]
    while size:
        is_first = np.diff(keys, prepend=-1) != 0
        ranks = np.maximum.accumulate(np.where(is_first, slots, 0))
        rank[order[slots]] = ranks
        is_shared = ~is_first | ~np.append(is_first[1:], True)
        slots = slots[is_shared]
        if not len(slots):
            break
        places = order[slots]
        further = np.where(places + length < size, rank[np.minimum(places + length, size - 1)], -1)
        keys = rank[places] * (size + 1) + further + 1
        sorting = np.argsort(keys)
        order[slots] = places[sorting]
        keys = keys[sorting]
        length *= 2
    return order
