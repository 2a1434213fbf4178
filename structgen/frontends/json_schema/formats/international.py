"""The format `idn-hostname`: labels by the rules of IDNA, as an automaton written out by hand.

Every text of the language is an international host name; what is left out is in docs/formats.md.
As terms the rules would multiply: each is small, but there are a dozen, and characters fall into
a hundred kinds. So a state says what each rule has to know, and `_after` what a character does.

Sources:
    RFC 5891 section 4.2.3 (shape), RFC 5892 appendix A (contexts), RFC 5893 section 2 (directions),
    RFC 5890 section 2.3.2.1 (normal form C).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from structgen.frontends.json_schema.formats.hostnames import hostname
from structgen.frontends.json_schema.formats.label_characters import LENGTHS, Kind, kinds
from structgen.regular import EMPTY, EPSILON, Language, characters, union
from structgen.regular.language import defined

__all__ = ["idn_hostname"]

MOST_LABELS = 3  # of at most 63 octets: a name has at most 253

_SEPARATORS = characters([(0x2E, 0x2E), (0x3002, 0x3002), (0xFF0E, 0xFF0E), (0xFF61, 0xFF61)])
_WEAK = frozenset({"EN", "ES", "CS", "ET", "ON", "BN", "NSM"})
_LEFTWARD = frozenset({"R", "AL", "AN"})


def idn_hostname() -> Language:
    """Names of at most three labels, some of them beyond ASCII, and host names."""
    return hostname() | _language(_Name(0, True, False, _Label()))


class _Label(NamedTuple):
    """How far a label is.

    Attributes:
        length: How many characters have come.
        ranges: Which of `LENGTHS` it may still be counted by, as bits.
        last: The kind of the last character.
        has_third_hyphen: Whether the third of three characters is a hyphen.
        needs: What the next character must be ("l", "Greek" or "joining"), or "".
        kana: Whether a katakana dot has come, and whether a character that it needs has.
        digits: Which of the two kinds of Arabic digits has come, or "".
        direction: Where the first character leads: "L", "R", or "" for neither.
        is_ruled: Whether all characters fit into that direction.
        may_end: Whether that direction may end here.
        numbers: Whether European digits have come, and whether Arabic ones have.
    """

    length: int = 0
    ranges: int = (1 << len(LENGTHS)) - 1
    last: Kind | None = None
    has_third_hyphen: bool = False
    needs: str = ""
    kana: tuple[bool, bool] = (False, False)
    digits: str = ""
    direction: str = ""
    is_ruled: bool = True
    may_end: bool = False
    numbers: tuple[bool, bool] = (False, False)

    @property
    def may_close(self) -> bool:
        """Whether it may end here, but for its direction."""
        return (
            self.last is not None
            and self.last.role != "hyphen"
            and not self.needs
            and self.kana != (True, False)
        )

    def after(self, kind: Kind) -> _Label | None:
        """The label with one character more; None: there is none."""
        length, last, role = self.length + 1, self.last, kind.role
        ranges = self.ranges & kind.ranges & _within(length)
        if not ranges:
            return None
        if last is None:
            if kind.is_mark or role in ("hyphen", "geresh", "middle dot", "joiner", "non-joiner"):
                return None
        elif (
            (role == "hyphen" and length == 4 and self.has_third_hyphen)
            or (last.composes[0] and kind.composes[1])
            or (last.combines and kind.combines)
            or (role == "middle dot" and last.role != "l")
            or (role == "geresh" and last.script != "Hebrew")
            or (role == "joiner" and last.role != "virama")
            or (role == "non-joiner" and last.role != "virama" and last.joins != "both")
        ):
            return None
        if (
            (self.needs == "l" and role != "l")
            or (self.needs == "Greek" and kind.script != "Greek")
            or (self.needs == "joining" and not kind.joins)
        ):
            return None
        digits = role if role in ("arabic digit", "extended digit") else self.digits
        if self.digits and digits != self.digits:
            return None
        needs = {"middle dot": "l", "keraia": "Greek"}.get(role, "")
        if role == "non-joiner" and last is not None and last.role != "virama":
            needs = "joining"
        kana, dot = kind.script == "kana" and role != "katakana dot", role == "katakana dot"
        made = self._replace(
            length=length,
            ranges=ranges,
            last=kind,
            has_third_hyphen=role == "hyphen" if length == 3 else self.has_third_hyphen,
            needs=needs,
            kana=(self.kana[0] or dot, self.kana[1] or kana),
            digits=digits,
        )
        return made._directed(kind.direction)

    def _directed(self, direction: str) -> _Label | None:
        """With the direction of its last character; None: it breaks a rule in any name."""
        first = self.length == 1
        whole = self.direction
        if first:
            whole = "L" if direction == "L" else "R" if direction in ("R", "AL") else ""
        fits = direction in _WEAK or (direction == "L") == (whole == "L")
        is_ruled = self.is_ruled and whole != "" and fits
        numbers = (self.numbers[0] or direction == "EN", self.numbers[1] or direction == "AN")
        if whole == "R" and numbers == (True, True):
            is_ruled = False
        if not is_ruled and (whole == "R" or direction in _LEFTWARD):
            return None
        may_end = self.may_end
        if direction != "NSM":
            may_end = direction in ("L", "EN") if whole != "R" else direction in (*_LEFTWARD, "EN")
        return self._replace(direction=whole, is_ruled=is_ruled, may_end=may_end, numbers=numbers)


def _within(length: int) -> int:
    return sum(1 << number for number, (_, _, most) in enumerate(LENGTHS) if length <= most)


class _Name(NamedTuple):
    """How far a name is (a `regular.Definition`).

    Attributes:
        labels: How many labels have come before this one.
        is_ruled: Whether all of those keep the rules of RFC 5893.
        is_leftward: Whether one of those is written from right to left.
        label: The last label.
    """

    labels: int
    is_ruled: bool
    is_leftward: bool
    label: _Label

    @property
    def nullable(self) -> bool:
        """Whether the name may end here."""
        return self.label.may_close and self._ended() is not None

    def _ended(self) -> tuple[bool, bool] | None:
        """(`is_ruled`, `is_leftward`) with the last label, if its directions allow its end."""
        label = self.label
        is_ruled = self.is_ruled and label.is_ruled and label.may_end
        is_leftward = self.is_leftward or label.direction == "R"
        return (is_ruled, is_leftward) if is_ruled or not is_leftward else None

    def after(self, kind: Kind | None) -> _Name | None:
        """The name with one character more (None: a separator); None: there is none."""
        if kind is None:
            ended = self._ended() if self.label.may_close else None
            if ended is None or self.labels + 1 == MOST_LABELS:
                return None
            return _Name(self.labels + 1, *ended, _Label())
        label = self.label.after(kind)
        if label is None:
            return None
        is_leftward = self.is_leftward or label.direction == "R"
        if is_leftward and not (self.is_ruled and label.is_ruled):
            return None
        return self._replace(label=label)

    def compared(self) -> Iterable[Language]:
        """The characters that lead to the same name, each set once."""
        return [ranges for ranges, _ in _ways(self)]

    def derive(self, step: Callable[[Language], Language]) -> Language:
        """The rest of the name after a character."""
        for ranges, target in _ways(self):
            if step(ranges) is EPSILON:
                return _language(target)
        return EMPTY


def _language(name: _Name) -> Language:
    term = defined(name)
    term.__dict__["is_live"] = True
    return term


@cache
def _ways(name: _Name) -> tuple[tuple[Language, _Name], ...]:
    """(characters, what they lead to); each can be completed."""
    found: dict[_Name, list[Kind]] = {}
    for kind in kinds():
        target = name.after(kind)
        if target is not None:
            found.setdefault(target, []).append(kind)
    ways = [
        (_together(tuple(group)), target) for target, group in found.items() if _completes(target)
    ]
    following = name.after(None)
    return tuple(ways) if following is None else (*ways, (_SEPARATORS, following))


@cache
def _together(group: tuple[Kind, ...]) -> Language:
    return union(kinds()[kind] for kind in group)


@cache
def _completes(name: _Name) -> bool:
    """Whether the last label can end: each step makes it longer, so the search does end."""
    return name.nullable or any(
        target is not None and _completes(target) for target in map(name.after, _helpful())
    )


@cache
def _helpful() -> tuple[Kind, ...]:
    """Kinds of characters that may be asked for, or may stand at an end."""
    return tuple(
        kind
        for kind in kinds()
        if kind.role in ("", "l")
        and not (kind.is_mark or kind.combines or kind.composes[1])
        and kind.direction in ("L", "R", "AL", "EN")
    )
