"""Random schemas against an independent validator: verdicts, and walks that follow the masks."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest

import structgen as sg
from tests.frontends.json_schema.schemas_at_random import random_schema, random_value
from tests.fuzz_json_schema import is_exact

BYTES = sg.Vocabulary([bytes([b]) for b in range(256)] + [b""], eos_token_ids=[256])
VALUES = 25
WALKS = 3
LONGEST_WALK = 60


def check(seed: int, order: str) -> None:
    """One schema: what is accepted, and where following the masks leads."""
    rng = random.Random(seed)
    schema = random_schema(rng)
    validator = jsonschema.Draft202012Validator(schema)
    values = [random_value(rng) for _ in range(VALUES)]
    try:
        compiled = sg.compile(
            sg.json_schema(schema, property_order=order, whitespace="any"),  # type: ignore[arg-type]
            BYTES,
        )
    except sg.UnsatisfiableError:
        assert not any(map(validator.is_valid, values)), schema
        return
    except sg.LimitExceededError:
        return  # says so, and never guesses
    for value in values:
        matcher = compiled.matcher()
        accepted = matcher.accept_bytes(json.dumps(value).encode()) and matcher.is_accepting
        valid = validator.is_valid(value)
        assert not accepted or valid, (schema, value)
        assert accepted or not valid or order == "schema", (schema, value)
    for _ in range(WALKS):
        matcher = compiled.matcher()
        text = b""
        while not matcher.is_accepting or rng.random() < 0.7:
            allowed = matcher.next_bytes()
            assert allowed or matcher.is_accepting, (schema, text)
            if not allowed:
                break
            if len(text) > LONGEST_WALK:
                text += matcher.shortest_completion()
                break
            # No exponents and few digits: the validator reads numbers as floats.
            unwanted = b"\\eE" if not text[-7:].isdigit() else b"\\eE0123456789"
            wanted = [byte for byte in allowed if 32 < byte < 127 and byte not in unwanted]
            if not wanted and matcher.is_accepting:
                break
            byte = rng.choice(wanted or allowed)
            assert matcher.accept_bytes(bytes([byte]))
            text += bytes([byte])
        if is_exact(text.decode()):
            assert_valid(validator, text, schema)


def assert_valid(validator: Any, text: bytes, schema: Any) -> None:
    value = json.loads(text, object_pairs_hook=_distinct)
    assert validator.is_valid(value), (schema, text)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


@pytest.mark.parametrize("order", ["any", "schema"])
@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_schemas(first: int, order: str) -> None:
    for seed in range(first, first + 50):
        check(seed, order)
