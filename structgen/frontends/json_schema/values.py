"""JSON values: when two are equal, keys that tell them apart, the bounds of numbers.

Numbers are equal by value, whatever their notation; the order of members does not matter.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from structgen.errors import LimitExceededError
from structgen.frontends.json_schema.numbers import NumberBounds, exact

__all__ = ["bounds_of", "equal", "is_text", "value_key", "value_of"]

MAX_EXPONENT = 5_000


def is_text(value: Any) -> bool:
    """Whether a JSON value can be written: no string in it holds a lone surrogate.

    Example:
        >>> is_text("é"), is_text({"\\ud800": 1})
        (True, False)
    """
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str) or value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def value_key(value: Any) -> tuple[Any, ...]:
    """A hashable key that equal values share.

    Example:
        >>> value_key({"a": [1.0]}) == value_key({"a": [1]}), value_key(1) == value_key(True)
        (True, False)
    """
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, str):
        return ("string", value)
    if isinstance(value, list):
        return ("array", tuple(map(value_key, value)))
    if isinstance(value, dict):
        return ("object", frozenset((name, value_key(each)) for name, each in value.items()))
    sign, digits, exponent = Decimal(repr(value) if isinstance(value, float) else value).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    bare = written.rstrip("0")
    if not bare:
        return ("number", 0, 0)
    assert isinstance(exponent, int)
    return ("number", int(bare) * (-1 if sign else 1), exponent + len(written) - len(bare))


def value_of(key: tuple[Any, ...]) -> Any:
    """The value that has a key.

    Raises:
        LimitExceededError: It holds a number that is too large or too small to compare with.

    Example:
        >>> value_of(value_key([1.5, {"a": None}]))
        [1.5, {'a': None}]
    """
    kind = key[0]
    if kind == "null":
        return None
    if kind == "array":
        return [value_of(each) for each in key[1]]
    if kind == "object":
        return {name: value_of(each) for name, each in sorted(key[1], key=lambda each: each[0])}
    if kind != "number":
        return key[1]
    _, digits, exponent = key
    if abs(exponent) > MAX_EXPONENT:
        raise LimitExceededError(
            f"A number with an exponent beyond {MAX_EXPONENT} cannot be compared with others",
            limit="exponent",
        )
    if exponent >= 0:
        return digits * 10**exponent
    number = Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), exponent))
    return float(number) if Decimal(repr(float(number))) == number else number


def equal(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, `true` is not 1.

    Example:
        >>> equal([1, {"a": 2.0}], [1.0, {"a": 2}]), equal(True, 1)
        (True, False)
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return exact(a) == exact(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return type(a) is type(b) and bool(a == b)


def bounds_of(schema: dict[str, Any], *, integer: bool = False) -> NumberBounds:
    """The numbers that a schema's own numeric keywords allow."""
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = NumberBounds(
        minimum=minimum,
        maximum=maximum,
        exclusive_minimum=above is True,
        exclusive_maximum=below is True,
        multiple_of=schema.get("multipleOf"),
        integer=integer,
    )
    if above is not None and not isinstance(above, bool):
        bounds = bounds.intersect(NumberBounds(minimum=above, exclusive_minimum=True))
    if below is not None and not isinstance(below, bool):
        bounds = bounds.intersect(NumberBounds(maximum=below, exclusive_maximum=True))
    return bounds
