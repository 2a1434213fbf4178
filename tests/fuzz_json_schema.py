"""Random schemas against two independent validators: `python -m tests.fuzz_json_schema`.

A seed stands for one schema. For each: random walks through what structgen allows must end in
instances that both validators accept, and of other instances structgen must accept exactly those
that both accept. What the validators disagree about is counted apart and judged by neither. Seeds
are independent of each other: a run goes on where another ended with `--first`.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import itertools
import json
import math
import random
import re
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import hypothesis
import jsonschema
import jsonschema_rs
from hypothesis import strategies
from hypothesis_jsonschema import from_schema

import structgen as sg
from tests.random_schemas import mutated, random_schema, random_value

DRAFTS = [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema#",
]
BYTES = sg.Vocabulary([bytes([byte]) for byte in range(256)], eos_token_ids=[])
WALKS, VALUES = 4, 12
LONGEST_WALK = 300  # bytes
LARGEST_EXPONENT = 1000
SECONDS = 20  # of the processor, for one schema


class Failure(NamedTuple):
    """Something that structgen does and both validators say is wrong."""

    kind: str
    schema: Any
    text: str


@dataclass
class Report:
    """What a run has found."""

    seeds: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, Failure]] = field(default_factory=list)
    disagreements: list[tuple[int, Any, str]] = field(default_factory=list)


class TooSlow(Exception):
    """A schema took more than `SECONDS`."""


def schema_of(seed: int) -> Any:
    """The schema of a seed."""
    generator = random.Random(seed)
    return random_schema(generator, generator.choice(DRAFTS))


def drawn(strategy: strategies.SearchStrategy[Any], seed: int) -> Any:
    """One value of a strategy, the same for the same seed."""
    values = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=2,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(value: Any) -> None:
        values.append(value)

    draw()
    return values[-1]


def validators(schema: Any) -> list[Callable[[Any], bool]] | None:
    """Two independent judges; None: one of them does not read the schema."""
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
        return [kind(schema).is_valid, jsonschema_rs.validator_for(schema).is_valid]
    except (jsonschema.SchemaError, ValueError, jsonschema_rs.ReferencingError):
        return None


def instances(schema: Any, walks: list[str], seed: int) -> Iterator[Any]:
    """Values near and far from what a schema allows."""
    generator = random.Random(seed)
    walked = [json.loads(text) for text in walks]
    values: list[Any] = []
    for value in walked:
        yield mutated(generator, copy.deepcopy(value))
    for _ in range(VALUES):
        yield random_value(generator)
    if seed % 4 == 0 and isinstance(schema, dict):
        # The library reads some schemas wrongly or not at all, which is no failure of ours.
        with contextlib.suppress(Exception):
            value = drawn(from_schema(schema), seed)
            values = [value, mutated(generator, copy.deepcopy(value))]
        yield from values


def examine(schema: Any, seed: int, report: Report) -> list[Failure]:
    """Compare structgen with the validators on one schema."""
    judges = validators(schema)
    if judges is None:
        report.outcomes["not read by a validator"] += 1
        return []
    matcher = None
    walks: list[str] = []
    try:
        grammar = sg.json_schema(schema, property_order="any", formats="annotate")
        matcher = sg.compile(grammar, BYTES).matcher()
        texts = sg.sample(grammar, seed=seed, limit=LONGEST_WALK)
        walks = list(itertools.islice(texts, WALKS))
        report.outcomes["compiled"] += 1
    except sg.UnsatisfiableError:
        report.outcomes["unsatisfiable"] += 1
    except sg.UnsupportedSchemaError as error:
        report.outcomes[f"refused: {error.keyword}"] += 1
        return []
    except sg.LimitExceededError as error:
        report.outcomes[f"limit: {error.limit}"] += 1
        return []
    failures = []
    pairs = [(json.loads(text), text) for text in walks]
    pairs += [(value, rendered(value)) for value in instances(schema, walks, seed)]
    for value, text in pairs:
        if not is_exact(text):
            continue
        try:
            verdicts = [judge(value) for judge in judges]
        except Exception:  # jsonschema cannot read `items: true` beside `unevaluatedItems`
            report.outcomes["a validator failed"] += 1
            break
        if verdicts[0] != verdicts[1]:
            report.disagreements.append((seed, schema, text))
            continue
        accepted = False
        if matcher is not None:
            matcher.reset()
            try:
                accepted = matcher.accept_bytes(text.encode()) and matcher.is_accepting
            except sg.LimitExceededError as error:
                report.outcomes[f"limit in a text: {error.limit}"] += 1
                continue
        report.checks["valid" if verdicts[0] else "invalid"] += 1
        if accepted != verdicts[0]:
            kind = "wrongly accepted" if accepted else "wrongly refused"
            failures.append(Failure(kind, schema, text))
    return failures


def rendered(value: Any) -> str:
    """A value as JSON writers write it."""
    return json.dumps(value)


def is_exact(text: str) -> bool:
    """Whether validators, which read floats, see which numbers are whole, and those exactly."""
    exact = True

    def read(number: str) -> float:
        nonlocal exact
        value = float(number)
        # A fraction would be as long as its exponent is large.
        exponent = re.search(r"[eE][+-]?([0-9]+)$", number)
        exact &= math.isfinite(value)
        exact = exact and (exponent is None or int(exponent[1]) < LARGEST_EXPONENT)
        if exact:
            number_read = Fraction(number)
            whole = number_read.denominator == 1
            exact = value.is_integer() == whole and (not whole or number_read == Fraction(value))
        return value

    json.loads(text, parse_float=read, parse_constant=lambda name: read("inf"))
    return exact


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise `TooSlow` in the body after so many seconds of the processor."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(seeds: range) -> Report:
    """Examine the schemas of these seeds."""
    report = Report()
    next(sg.sample(sg.json_schema(True), seed=0))  # compiles what is compiled once
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            schema = None
            try:
                with time_limit(SECONDS):
                    schema = schema_of(seed)
                    found = examine(schema, seed, report)
            except KeyboardInterrupt:  # a run that is stopped reports what it has found
                break
            except TooSlow:
                report.seeds += 1
                report.outcomes["too slow"] += 1
                report.failures.append((seed, Failure("too slow", schema, "")))
                continue
            except Exception as error:  # whatever else a schema makes it raise is a failure as well
                found = [Failure(f"{type(error).__name__}: {error}", schema, "")]
            report.seeds += 1
            report.failures += [(seed, failure) for failure in found[:1]]
    return report


def smallest(failure: Failure, seed: int) -> Failure:
    """The failure with whatever can go from the schema gone."""
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(failure.schema):
            try:
                with time_limit(SECONDS):
                    found = examine(smaller, seed, Report())
            except Exception as error:
                found = [Failure(f"{type(error).__name__}: {error}", smaller, "")]
            same = [each for each in found if each.kind[:9] == failure.kind[:9]]
            if same:
                failure, progress = same[0], True
                break
    return failure


def _smaller(schema: Any) -> Iterator[Any]:
    """Copies of a document with one part left out or replaced by what it holds."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield {k: v for k, v in schema.items() if k != key}
            yield from ({**schema, key: each} for each in _smaller(value))
            if isinstance(value, dict):
                yield value
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            if len(schema) > 1:
                yield schema[:index] + schema[index + 1 :]
            yield from (schema[:index] + [each] + schema[index + 1 :] for each in _smaller(value))


def main() -> None:
    """Run and print a report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1000, help="how many seeds")
    parser.add_argument("--shown", type=int, default=10, help="how many failures are shown")
    options = parser.parse_args()
    start = time.perf_counter()
    report = run(range(options.first, options.first + options.count))
    print(f"{report.seeds} schemas in {time.perf_counter() - start:.0f} s")
    for title, counts in (("schemas", report.outcomes), ("instances", report.checks)):
        print(f"\n{title}:")
        for name, count in counts.most_common():
            print(f"  {count:7} {name}")
    print(f"\nvalidators disagree: {len(report.disagreements)}")
    for seed, schema, text in report.disagreements[: options.shown]:
        print(f"  seed {seed}: {json.dumps(schema)[:300]}\n    {text[:200]}")
    kinds = Counter(failure.kind for _, failure in report.failures)
    print(f"\nfailures: {len(report.failures)} {dict(kinds) if kinds else ''}")
    for seed, failure in report.failures[: options.shown]:
        small = failure if failure.kind == "too slow" else smallest(failure, seed)
        print(
            f"  seed {seed}: {small.kind}\n    {json.dumps(small.schema)}\n    {small.text[:200]}"
        )
    print(f"\nnext: --first {options.first + report.seeds}")


if __name__ == "__main__":
    main()
