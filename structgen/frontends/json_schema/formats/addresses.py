"""Addresses of machines and identifiers: IPv4, IPv6, UUID."""

from __future__ import annotations

from structgen.regular import Language, regex

__all__ = ["IPV4", "IPV6", "ipv4", "ipv6", "uuid"]

HEX = "[0-9A-Fa-f]"
_BYTE = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"


def _ipv6() -> str:
    group = f"{HEX}{{1,4}}"
    last_two = f"(?:{group}:{group}|{IPV4})"
    forms = [f"(?:{group}:){{6}}{last_two}"]
    for after in range(7, -1, -1):  # How many groups there may be before and after the `::`.
        before = f"(?:{group}(?::{group}){{0,{6 - after}}})?" if after < 7 else ""
        if after >= 2:
            forms.append(f"{before}::(?:{group}:){{{after - 2}}}{last_two}")
        else:
            forms.append(f"{before}::{group if after else ''}")
    return f"(?:{'|'.join(forms)})"


IPV6 = _ipv6()


def ipv4() -> Language:
    """`IPv4address` of RFC 3986 section 3.2.2: four numbers, no leading zeros."""
    return regex(IPV4, syntax="ecma")


def ipv6() -> Language:
    """`IPv6address` of RFC 3986 section 3.2.2: no zone."""
    return regex(IPV6, syntax="ecma")


def uuid() -> Language:
    """`UUID` of RFC 4122 section 3, of any version and variant."""
    return regex(f"{HEX}{{8}}-(?:{HEX}{{4}}-){{3}}{HEX}{{12}}", syntax="ecma")
