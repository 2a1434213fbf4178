r"""The string formats that JSON Schema names, as regular languages.

One row of `FORMATS` is one format. A format without a row is unknown: it is an annotation, and
`language_of_format` warns about it once.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

from structgen.regular import Language, characters, regex, text, union

__all__ = ["FORMATS", "language_of_format"]

_HEX = "[0-9A-Fa-f]"

# Dates and times.

_LONG_MONTH = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_FOURS = "(?:0[48]|[2468][048]|[13579][26])"  # Two digits, a multiple of 4 but not 00.
_LEAP_YEAR = f"(?:[0-9]{{2}}{_FOURS}|(?:00|{_FOURS})00)"
_DATE = f"(?:[0-9]{{4}}-(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
_HOUR, _MINUTE, _FRACTION = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]", r"(?:\.[0-9]+)?"
_OFFSET = f"(?:[Zz]|[+-]{_HOUR}:{_MINUTE})"
_TIME = f"{_HOUR}:{_MINUTE}:{_MINUTE}{_FRACTION}{_OFFSET}"


# Internet addresses.

_BYTE = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"


def _ipv6() -> str:
    group = f"{_HEX}{{1,4}}"
    last_two = f"(?:{group}:{group}|{_IPV4})"
    forms = [f"(?:{group}:){{6}}{last_two}"]
    for after in range(7, -1, -1):  # How many groups there may be before and after the `::`.
        before = f"(?:{group}(?::{group}){{0,{6 - after}}})?" if after < 7 else ""
        if after >= 2:
            forms.append(f"{before}::(?:{group}:){{{after - 2}}}{last_two}")
        else:
            forms.append(f"{before}::{group if after else ''}")
    return f"(?:{'|'.join(forms)})"


_IPV6 = _ipv6()

# URIs (RFC 3986) and IRIs (RFC 3987), with the same names as there.

_PERCENT = f"%{_HEX}{{2}}"
_IRI_CHARACTERS = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane << 16 | (0x1000 if plane == 14 else 0))}-{chr(plane << 16 | 0xFFFD)}"
    for plane in range(1, 15)
)
_PRIVATE_CHARACTERS = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"


def _reference(more: str = "", query_more: str = "", *, relative: bool) -> str:
    """A URI, or with `relative` also a relative reference.

    Args:
        more: Characters that are unreserved beyond those of a URI.
        query_more: Characters that only a query may hold as well.
    """
    plain = rf"A-Za-z0-9._~!$&'()*+,;=\-{more}"

    def some(others: str = "") -> str:
        return f"(?:[{plain}{others}]|{_PERCENT})"

    character = some(":@")
    future = r"[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:\-]+"
    host = rf"(?:\[(?:{_IPV6}|{future})\]|{some()}*)"
    authority = f"(?:{some(':')}*@)?{host}(?::[0-9]*)?"
    rest = f"(?:/{character}*)*"
    rooted = f"//{authority}{rest}|/(?:{character}+{rest})?"
    tail = f"(?:[?]{some(':@/?' + query_more)}*)?(?:#{some(':@/?')}*)?"
    absolute = rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{rooted}|{character}+{rest})?"
    if not relative:
        return absolute + tail
    return f"(?:{absolute}|{rooted}|(?:{some('@')}+{rest})?){tail}"


# The languages.


def _pattern(pattern: str) -> Callable[[], Language]:
    return functools.cache(lambda: regex(pattern, syntax="ecma"))


def _duration() -> str:
    minutes = "[0-9]+M(?:[0-9]+S)?"
    time = f"T(?:[0-9]+H(?:{minutes})?|{minutes}|[0-9]+S)"
    months = "[0-9]+M(?:[0-9]+D)?"
    date = f"(?:[0-9]+Y(?:{months})?|{months}|[0-9]+D)"
    return f"P(?:{date}(?:{time})?|{time}|[0-9]+W)"


@functools.cache
def _leap_seconds() -> Language:
    """Times whose second is 60 and which are 23:59:60 in UTC.

    Offsets are multiples of 15 minutes, as all have been since there are leap seconds: each local
    time has its own offsets, so all 1,440 of them would make most of the states of `date-time`.
    """
    fraction = regex(_FRACTION, syntax="ecma")
    times = [text("23:59:60") + fraction + characters([(ord("Z"), ord("Z")), (ord("z"), ord("z"))])]
    for hour in range(24):
        offsets = []
        for minute in (14, 29, 44, 59):
            later = f"+{(hour + minute // 59) % 24:02}:{(minute + 1) % 60:02}"
            earlier = f"-{23 - hour:02}:{59 - minute:02}"
            offsets.append(text(f"{minute}:60") + (fraction + (text(later) | text(earlier))))
        times.append(text(f"{hour:02}:") + union(offsets))
    return union(times)


@functools.cache
def _time() -> Language:
    return regex(_TIME, syntax="ecma") | _leap_seconds()


@functools.cache
def _date_time() -> Language:
    return regex(f"{_DATE}[Tt]", syntax="ecma") + _time()


@functools.cache
def _hostname() -> Language:
    # Not a label with hyphens third and fourth: reserved (RFC 5890 section 2.3.1), and whether one
    # that begins with `xn--` spells a name is not a regular language.
    end = "[A-Za-z0-9]"
    label = regex(f"{end}(?:{end}|[A-Za-z0-9-]-?{end}(?:-*{end})*)?", syntax="ecma")
    label = label & regex("[A-Za-z0-9-]{1,63}", syntax="ecma")
    return (label + (text(".") + label).repeat()) & regex("[A-Za-z0-9.-]{1,253}", syntax="ecma")


def _email() -> str:
    atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
    quoted = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
    literal = rf"\[(?:{_IPV4}|[Ii][Pp][Vv]6:{_IPV6})\]"
    return rf"(?:{atom}(?:[.]{atom})*|{quoted})@(?:{_LABEL}(?:[.]{_LABEL})*|{literal})"


def _uri_template() -> str:
    literal = rf"(?:[!#$&-;=?-\[\]_a-z~{_IRI_CHARACTERS}{_PRIVATE_CHARACTERS}]|{_PERCENT})"
    name = f"(?:[A-Za-z0-9_]|{_PERCENT})"
    variable = f"{name}+(?:[.]{name}+)*(?::[1-9][0-9]{{0,3}}|[*])?"
    return rf"(?:{literal}|\{{[+#./;?&=,!@|]?{variable}(?:,{variable})*\}})*"


_POINTER = "(?:/(?:[^~/]|~[01])*)*"

FORMATS: Mapping[str, Callable[[], Language]] = MappingProxyType(
    {
        "date": _pattern(_DATE),
        "time": _time,
        "date-time": _date_time,
        "duration": _pattern(_duration()),
        "email": _pattern(_email()),
        "hostname": _hostname,
        "ipv4": _pattern(_IPV4),
        "ipv6": _pattern(_IPV6),
        "uri": _pattern(_reference(relative=False)),
        "uri-reference": _pattern(_reference(relative=True)),
        "iri": _pattern(_reference(_IRI_CHARACTERS, _PRIVATE_CHARACTERS, relative=False)),
        "iri-reference": _pattern(_reference(_IRI_CHARACTERS, _PRIVATE_CHARACTERS, relative=True)),
        "uuid": _pattern(f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"),
        "uri-template": _pattern(_uri_template()),
        "json-pointer": _pattern(_POINTER),
        "relative-json-pointer": _pattern(f"(?:0|[1-9][0-9]*)(?:#|{_POINTER})"),
    }
)
"""What makes the language of each known format; the same object every time."""

_warned: set[str] = set()
_warned_lock = threading.Lock()


def language_of_format(name: str) -> Language | None:
    """The language of a format, or None for an unknown one, which is warned about once.

    >>> language_of_format("ipv4").matches("127.0.0.1")
    True
    """
    if name in FORMATS:
        return FORMATS[name]()
    with _warned_lock:
        new = name not in _warned
        _warned.add(name)
    if new:
        warnings.warn(
            f"the format {name!r} is not known, so it does not constrain the text",
            stacklevel=2,
        )
    return None
