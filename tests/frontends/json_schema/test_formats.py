"""Formats: the official suite, a calendar, and walks that an address library reads."""

from __future__ import annotations

import datetime
import ipaddress
import random
import re
import uuid
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import idna
import pytest

from structgen.frontends.json_schema import json_schema
from structgen.frontends.json_schema.formats import FORMATS, language_of_format
from structgen.regular import Language, regex, without_last_counter


def check(name: str, **texts: list[str]) -> None:
    language = language_of_format(name)
    assert language is not None
    for verdict, values in texts.items():
        wrong = [value for value in values if language.matches(value) != (verdict == "valid")]
        assert not wrong, verdict


# What of the suite a language leaves out although it is in the format; see docs/formats.md.
LEFT_OUT = {
    "hostname": lambda text: "xn--" in text.lower() or text == "ab--cd.example",
    "idn-hostname": lambda text: "xn--" in text.lower() or (len(text) > 44 and not text.isascii()),
    "regex": lambda text: r"\k<" in text,
    "time": lambda text: text == "08:30:06",  # draft 3: a time has no offset
}


@pytest.mark.parametrize("name", FORMATS)
def test_official_suite(name: str, official_suite: dict[str, Any]) -> None:
    cases = {
        (case["data"], case["valid"])
        for path, groups in official_suite.items()
        if path.startswith("tests/") and path.endswith(f"/optional/format/{name}.json")
        for group in groups
        for case in group["tests"]
        if isinstance(case["data"], str)
    }
    assert cases
    left_out = LEFT_OUT.get(name, lambda text: False)
    check(
        name,
        valid=[text for text, valid in cases if valid and not left_out(text)],
        invalid=[text for text, valid in cases if not valid or left_out(text)],
    )


@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("date", ["2024-02-29", "2000-02-29"], ["1900-02-29", "2023-04-31", "2023-1-01"]),
        ("time", ["23:59:60Z", "05:29:60+05:30", "15:59:60.5-08:00"], ["12:00:60Z", "12:00:00"]),
        ("date-time", ["2024-02-29t00:00:00.0z"], ["2023-02-29T00:00:00Z", "2024-01-01 00:00:00Z"]),
        ("duration", ["P1Y2M3DT4H5M6S", "PT0S", "P3W"], ["P", "PT", "P1YT", "P1Y3D", "P1W1D"]),
        ("email", ["a" * 64 + "@b", "a@" + "b" * 63], ["a" * 65 + "@b", "a@" + "b" * 64]),
        ("email", ['"' + "a" * 62 + '"@b'], ['"' + "a" * 63 + '"@b', '"' + "\\a" * 31 + 'a"@b']),
        ("email", ["a@" + ".".join(["b" * 50] * 4)], ["a@" + ".".join(["b" * 50] * 5)]),
        ("email", ['""@a', '"\\""@a'], ["a.@b", ".a@b", '"""@a', "a b@c", "a@ab--c"]),
        (
            "idn-email",
            ["é" * 32 + "@é.b", '"é"@b'],
            ["é" * 33 + "@b", "a@-é", '"\\é"@b', "€@", "@é"],
        ),
        ("email", ["a.b+c@example.com", '"a b"@[IPv6:::1]'], ["a@", "a..b@c", "a@-b", "é@b.c"]),
        ("hostname", ["a" * 63, "a--b", "1.2"], ["a" * 64, "-a", "a-", "ab--c", "xn--a", "a."]),
        ("hostname", [".".join(["a" * 62] * 4)], [".".join(["a" * 63] * 4), ".".join("a" * 128)]),
        ("ipv4", ["0.0.0.0"], ["1.2.3", "01.2.3.4", "1.2.3.256"]),
        ("uri", ["a:", "http://[::1]:80/?#"], ["a", "http://[::1", "a:%4", "a:é"]),
        ("uri-reference", ["", "#", "//x", "./a:b"], ["a b", "1:b", "#a#b"]),
        ("iri", ["http://é.com/", "a:?\ue000"], ["é", "a:\ue000"]),
        ("uri-template", ["{/a*,b:3}x"], ["{", "{a", "{a:0}"]),
        ("json-pointer", ["", "/", "/~0~1"], ["a", "/~", "/~2"]),
        (
            "regex",
            ["", "a|b", "(?:a(b(c(d))))", "(?=a)", "[^]", "[a-z-]"],
            ["(", ")", "(?=a)*", "**"],
        ),
        (
            "regex",
            ["a{2,3}", "a{2}?", "a{9,10}", "a{12,12}"],
            ["a{3,2}", "a{10,9}", "{1}", "a{", "}"],
        ),
        ("regex", ["[ -~]", "[\\u0400-\\u04FF]", "[а-я]"], ["[z-a]", "[\\u04ff-\\u0400]", "[я-а]"]),
        ("regex", [r"\p{L}\P{sc=Greek}", r"\d\.\/"], [r"\p{X}", r"\-", r"\1", "[a", r"[\w-a]"]),
        ("regex", ["(?<name>x)y"], ["(?<a>x)(?<b>y)", "(?<1>x)", "((?<a>x))", "(?i)a"]),
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


def read_international(text: str) -> None:
    """By the package that knows the rules; it wants ASCII in small letters."""
    labels = re.split("[.\u3002\uff0e\uff61]", text)
    idna.encode(".".join(label.lower() if label.isascii() else label for label in labels))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("ipv4", ipaddress.IPv4Address),
        ("ipv6", ipaddress.IPv6Address),
        ("uuid", uuid.UUID),
        ("idn-hostname", read_international),
        *[(name, str) for name in FORMATS if name not in ("ipv4", "ipv6", "uuid", "idn-hostname")],
    ],
)
def test_walks_end_in_texts_of_the_format(name: str, read: Callable[[str], object]) -> None:
    for text in walks(FORMATS[name](), 12):
        read(text)


def walks(language: Language, count: int) -> Iterator[str]:
    """Random texts of a language."""
    automaton = language.automaton()
    generator = random.Random(3)
    for _ in range(count):
        state, text = automaton.start, bytearray()
        while not (automaton.is_accepting(state) and generator.random() < 0.3):
            edges = automaton.edges(state)
            if not edges:
                break
            low, high, state = generator.choice(edges)
            text.append(generator.randint(low, high))
        assert automaton.is_accepting(state)
        yield text.decode()


@pytest.mark.parametrize("name", ["email", "hostname", "idn-email"])
def test_a_length_is_a_count_beside_the_automaton(name: str) -> None:
    language, longest = without_last_counter(FORMATS[name]())
    assert longest in (253, 254) and language.length_bound is not None


def test_patterns_are_those_that_python_reads() -> None:
    # Of the patterns that both dialects write alike.
    plain = regex(r"[ab()|*+?^$.-]{0,9}", syntax="ecma") & FORMATS["regex"]()
    for text in walks(plain, 40):
        re.compile(text)


def test_unknown_formats_warn_once_per_schema() -> None:
    schema = {"items": {"format": "odd"}, "additionalProperties": {"format": "odd"}}
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            json_schema(schema)
        assert [str(each.message) for each in caught] == [
            "the format 'odd' is not known, so it does not constrain the text"
        ]
    assert language_of_format("odd") is None


def test_formats_that_are_annotations_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        json_schema({"format": "odd"}, formats="annotate")
