"""Formats: the official suite, a calendar, and walks that an address library reads."""

from __future__ import annotations

import datetime
import ipaddress
import random
import uuid
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from structgen.frontends.json_schema.formats import FORMATS, language_of_format


def check(name: str, **texts: list[str]) -> None:
    language = language_of_format(name)
    assert language is not None
    for verdict, values in texts.items():
        wrong = [value for value in values if language.matches(value) != (verdict == "valid")]
        assert not wrong, verdict


@pytest.mark.parametrize("name", FORMATS)
def test_official_suite(name: str, official_suite: dict[str, Any]) -> None:
    groups = official_suite[f"tests/draft2020-12/optional/format/{name}.json"]
    cases = [case for group in groups for case in group["tests"] if isinstance(case["data"], str)]
    # Of the names in Punycode none is taken; see docs/formats.md.
    punycode = [case["data"] for case in cases if "xn--" in case["data"].lower()]
    plain = [case for case in cases if case["data"] not in punycode or name != "hostname"]
    check(
        name,
        valid=[case["data"] for case in plain if case["valid"]],
        invalid=[case["data"] for case in plain if not case["valid"]],
    )
    if name == "hostname":
        check(name, invalid=punycode)


@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("date", ["2024-02-29", "2000-02-29"], ["1900-02-29", "2023-04-31", "2023-1-01"]),
        ("time", ["23:59:60Z", "05:29:60+05:30", "15:59:60.5-08:00"], ["12:00:60Z", "12:00:00"]),
        ("date-time", ["2024-02-29t00:00:00.0z"], ["2023-02-29T00:00:00Z", "2024-01-01 00:00:00Z"]),
        ("duration", ["P1Y2M3DT4H5M6S", "PT0S", "P3W"], ["P", "PT", "P1YT", "P1Y3D", "P1W1D"]),
        ("email", ["a.b+c@example.com", '"a b"@[IPv6:::1]'], ["a@", "a..b@c", "a@-b", "é@b.c"]),
        ("hostname", ["a" * 63, "a--b", "1.2"], ["a" * 64, "-a", "a-", "ab--c", "xn--a", "a."]),
        ("hostname", [".".join(["a" * 62] * 4)], [".".join(["a" * 63] * 4), ".".join("a" * 128)]),
        ("ipv4", ["0.0.0.0"], ["1.2.3", "01.2.3.4", "1.2.3.256"]),
        ("uri", ["a:", "http://[::1]:80/?#"], ["a", "http://[::1", "a:%4", "a:é"]),
        ("uri-reference", ["", "#", "//x", "./a:b"], ["a b", "1:b", "#a#b"]),
        ("iri", ["http://é.com/", "a:?\ue000"], ["é", "a:\ue000"]),
        ("uri-template", ["{/a*,b:3}x"], ["{", "{a", "{a:0}"]),
        ("json-pointer", ["", "/", "/~0~1"], ["a", "/~", "/~2"]),
        ("relative-json-pointer", ["0", "1#", "2/a"], ["-1", "01", "1#/a"]),
    ],
)
def test_edges_of_the_languages(name: str, valid: list[str], invalid: list[str]) -> None:
    check(name, valid=valid, invalid=invalid)


def test_every_day_of_long_and_short_years() -> None:
    days = [f"{m:02}-{d:02}" for m in range(14) for d in range(33)]
    for year in (1, 4, 100, 400, 1999, 2000, 2024, 2100, 9999):
        real = set()
        day = datetime.date(year, 1, 1)
        for offset in range(366 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 365):
            real.add((day + datetime.timedelta(offset)).strftime("%m-%d"))
        check(
            "date",
            valid=[f"{year:04}-{text}" for text in days if text in real],
            invalid=[f"{year:04}-{text}" for text in days if text not in real],
        )


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("ipv4", ipaddress.IPv4Address),
        ("ipv6", ipaddress.IPv6Address),
        ("uuid", uuid.UUID),
        *[(name, str) for name in FORMATS if name not in ("ipv4", "ipv6", "uuid")],
    ],
)
def test_walks_end_in_texts_of_the_format(name: str, read: Callable[[str], object]) -> None:
    automaton = FORMATS[name]().automaton()
    generator = random.Random(3)
    for _ in range(40):
        state, text = automaton.start, bytearray()
        while not (automaton.is_accepting(state) and generator.random() < 0.3):
            edges = automaton.edges(state)
            if not edges:
                break
            low, high, state = generator.choice(edges)
            text.append(generator.randint(low, high))
        assert automaton.is_accepting(state)
        read(text.decode())


def test_unknown_formats_warn_once() -> None:
    with pytest.warns(UserWarning, match="'no-such-format' is not known"):
        assert language_of_format("no-such-format") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert language_of_format("no-such-format") is None
