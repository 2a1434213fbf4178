"""The string formats that JSON Schema names, as regular languages.

One row of `FORMATS` is one format. A format without a row is unknown and constrains nothing.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from structgen.frontends.json_schema.formats import (
    addresses,
    dates,
    hostnames,
    international,
    patterns,
    references,
)
from structgen.regular import Language

__all__ = ["FORMATS", "language_of_format", "warn_of_unknown_formats"]

FORMATS: Mapping[str, Callable[[], Language]] = MappingProxyType(
    {
        name: functools.cache(make)
        for name, make in {
            "date": dates.date,
            "time": dates.time,
            "date-time": dates.date_time,
            "duration": dates.duration,
            "email": hostnames.email,
            "idn-email": hostnames.idn_email,
            "hostname": hostnames.hostname,
            "idn-hostname": international.idn_hostname,
            "ipv4": addresses.ipv4,
            "ipv6": addresses.ipv6,
            "uri": references.uri,
            "uri-reference": references.uri_reference,
            "iri": references.iri,
            "iri-reference": references.iri_reference,
            "uuid": addresses.uuid,
            "uri-template": references.uri_template,
            "json-pointer": references.json_pointer,
            "relative-json-pointer": references.relative_json_pointer,
            "regex": patterns.pattern,
        }.items()
    }
)
"""What makes the language of each known format; the same object every time."""


def language_of_format(name: str) -> Language | None:
    """The language of a format, or None for an unknown one.

    >>> language_of_format("ipv4").matches("127.0.0.1")
    True
    """
    make = FORMATS.get(name)
    return None if make is None else make()


def warn_of_unknown_formats(names: Iterable[str]) -> None:
    """Warn once of each of these formats that is not known."""
    for name in dict.fromkeys(names):
        if name not in FORMATS:
            warnings.warn(
                f"the format {name!r} is not known, so it does not constrain the text",
                stacklevel=2,
            )
