"""Dates, times and durations: RFC 3339 section 5.6 and appendix A."""

from __future__ import annotations

from structgen.regular import Language, regex, text, union

__all__ = ["date", "date_time", "duration", "time"]

_LONG_MONTH = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_FOURS = "(?:0[48]|[2468][048]|[13579][26])"  # Two digits, a multiple of 4 but not 00.
_LEAP_YEAR = f"(?:[0-9]{{2}}{_FOURS}|(?:00|{_FOURS})00)"
_DATE = f"(?:[0-9]{{4}}-(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
_HOUR, _MINUTE, _FRACTION = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]", r"(?:\.[0-9]+)?"
_TIME = f"{_HOUR}:{_MINUTE}:{_MINUTE}{_FRACTION}(?:[Zz]|[+-]{_HOUR}:{_MINUTE})"


def date() -> Language:
    """`full-date`: days that the Gregorian calendar has, from year 0000 on."""
    return regex(_DATE, syntax="ecma")


def time() -> Language:
    """`full-time`, leap seconds included."""
    return regex(_TIME, syntax="ecma") | _leap_seconds()


def date_time() -> Language:
    """`date-time`; section 5.6 lets `T` and `Z` be in lower case."""
    return regex(f"{_DATE}[Tt]", syntax="ecma") + time()


def duration() -> Language:
    """`duration`: units in order, none left out between two."""
    minutes = "[0-9]+M(?:[0-9]+S)?"
    hours = f"T(?:[0-9]+H(?:{minutes})?|{minutes}|[0-9]+S)"
    months = "[0-9]+M(?:[0-9]+D)?"
    days = f"(?:[0-9]+Y(?:{months})?|{months}|[0-9]+D)"
    return regex(f"P(?:{days}(?:{hours})?|{hours}|[0-9]+W)", syntax="ecma")


def _leap_seconds() -> Language:
    """Times whose second is 60 and which are 23:59:60 in UTC (RFC 3339 section 5.7).

    Offsets are multiples of 15 minutes, as all have been since there are leap seconds: each local
    time has its own offsets, so all 1,440 of them would make most of the states of `date-time`.
    """
    fraction = regex(_FRACTION, syntax="ecma")
    colon, plus, minus, second = text(":"), text("+"), text("-"), text(":60") + fraction
    two = [text(f"{number:02}") for number in range(60)]
    times = [text("23:59:60") + fraction + (text("Z") | text("z"))]
    for hour in range(24):
        offsets = []
        for minute in (14, 29, 44, 59):
            later = two[(hour + minute // 59) % 24] + (colon + two[(minute + 1) % 60])
            earlier = two[23 - hour] + (colon + two[59 - minute])
            offsets.append(two[minute] + (second + (plus + later | minus + earlier)))
        times.append(two[hour] + (colon + union(offsets)))
    return union(times)
