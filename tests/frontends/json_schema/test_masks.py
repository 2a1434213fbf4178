"""Masks against steps, where what may come depends on texts read: names met, items that differ."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import structgen as sg


def _vocabulary() -> sg.Vocabulary:
    pieces = [bytes([byte]) for byte in range(32, 127)]
    pieces += [bytes(p) for p in itertools.product(b'ab1",:', repeat=2)]
    pieces += [bytes(p) for p in itertools.product(b'a",', repeat=4)]
    pieces += [
        b'":1,"',
        b'","',
        b'a":1,"',
        b'b":{},"a"',
        b'"a":1',
        b'"],["',
        b'"},{"',
        b'"}]',
        b"1,1",
    ]
    pieces += [
        b"1,2,",
        b"true,",
        b"true,null",
        b'"a","b"',
        b'"a","a"',
        b'{"a":1},{"a',
        b"[1],[1",
        b"",
    ]
    return sg.Vocabulary(pieces, eos_token_ids=[len(pieces) - 1])


VOCABULARY = _vocabulary()

FREE = {"type": "array", "uniqueItems": True}


@pytest.mark.parametrize(
    ("schema", "texts"),
    [
        (
            FREE,
            ["[", '["a"', '["a', '["a","', '["a","b', "[1", "[1,", '["a",1', "[true", "[true,n"],
        ),
        (
            FREE,
            ['[{"a":1},{"a":', '[["a"],["a', '[[],["b'],
        ),
        ({**FREE, "items": {"type": "string"}}, ['["a', '["a","b', '["', '["aa","a']),
        ({**FREE, "items": {"type": "string"}, "maxItems": 2}, ['["a', '["a","b', '["']),
        ({**FREE, "items": {"type": "string"}, "minItems": 3}, ['["a', '["a","b', '["']),
        ({**FREE, "items": {"type": "string", "minLength": 2}}, ['["aa', '["ab","a', '["']),
        ({**FREE, "items": {"type": "string", "maxLength": 2}}, ['["aa', '["ab","a', '["']),
        ({**FREE, "items": {"pattern": "^[ab]+$"}}, ['["a', '["a","', "[1", '["ab","a']),
        ({**FREE, "items": {"pattern": "^a*b$"}}, ['["a', '["ab","a', '["b","', '["aab","aa']),
        ({**FREE, "items": {"enum": ["a", "b", 1, "aa"]}}, ['["a', '["a","', "[1", '["b"']),
        ({**FREE, "items": {"type": ["boolean", "string", "null"]}}, ['["a', "[true", "[true,"]),
        ({**FREE, "items": {"type": ["object", "integer"]}}, ["[1", "[{}", '[{"a":1', "[12,"]),
        ({**FREE, "items": {"type": "object", "maxProperties": 1}}, ["[{}", '[{"a":1', "["]),
        ({**FREE, "prefixItems": [{"const": "a"}, {"enum": ["a", "b"]}]}, ['["', '["a', '["a","']),
        ({"type": "object"}, ["{", '{"a', '{"a":1,"', '{"a":{"b', '{"a":"a","a', '{"a":"']),
        (
            {"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
            ["{", '{"b":"a', '{"b":"a","', '{"aa":"', '{"b":"","aa'],
        ),
        (
            {"patternProperties": {"^[ab]*$": {"type": "integer"}}, "additionalProperties": False},
            ["{", '{"a', '{"a":1', '{"a":1,"', '{"a":1,"a', '{"ab":1,"":1'],
        ),
        (
            {"patternProperties": {"^a*b$": {}, "^1": {"const": 1}}, "properties": {"1a": {}}},
            ["{", '{"b', '{"b":1', '{"b":1,"', '{"1b":1,"1', '{"aab":1,"aab', '{"1a":1,"b'],
        ),
        (
            {"propertyNames": {"maxLength": 1}, "minProperties": 2},
            ["{", '{"a', '{"a":1', '{"a":1,"'],
        ),
    ],
)
@pytest.mark.parametrize("order", ["schema", "any"])
def test_masks_equal_steps(schema: Any, texts: list[str], order: Any) -> None:
    source = sg.json_schema(schema, property_order=order, whitespace="none")
    grammar = sg.compile(source, VOCABULARY)
    for text in texts:
        matcher = grammar.matcher()
        assert matcher.accept_bytes(text.encode()), text
        row = sg.allocate_bitmask(1, VOCABULARY.size)[0]
        matcher.fill_bitmask(row)
        eos = set(VOCABULARY.eos_token_ids)
        steps = {
            token
            for token, piece in enumerate(VOCABULARY.tokens)
            if token not in eos and matcher.fork().accept_bytes(piece)
        }
        assert set(sg.allowed_tokens(row).tolist()) - eos == steps, text


def test_a_class_of_one_long_name_is_used_up() -> None:
    source = {"patternProperties": {"^a{2000}$": True}, "additionalProperties": False}
    matcher = sg.compile({"type": "object", **source}, VOCABULARY).matcher()
    assert matcher.accept_bytes(b'{"' + b"a" * 2000 + b'": null')
    assert not matcher.fork().accept_bytes(b",")
    assert matcher.shortest_completion() == b"}"
