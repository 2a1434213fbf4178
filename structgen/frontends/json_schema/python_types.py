"""Python types to JSON Schemas."""

from __future__ import annotations

import functools
import operator
import sys
import types
import typing
from typing import Annotated, Any

from structgen.errors import GrammarError

__all__ = ["schema_of"]


def schema_of(python_type: Any) -> dict[str, Any]:
    """The JSON Schema of a pydantic model, a dataclass, a TypedDict or another annotation.

    Args:
        python_type: Anything that pydantic can describe.

    Raises:
        GrammarError: pydantic is not installed, or cannot describe the type.

    Example:
        >>> schema_of(list[int])
        {'items': {'type': 'integer'}, 'type': 'array'}
    """
    try:
        import pydantic
    except ImportError:
        raise GrammarError(
            "Python types as schemas need the package pydantic; or pass a JSON Schema"
        ) from None
    try:
        return pydantic.TypeAdapter(_as_pydantic_takes_it(python_type)).json_schema()
    except (
        pydantic.errors.PydanticUserError,
        pydantic.errors.PydanticInvalidForJsonSchema,
        NameError,  # an annotation names what is not there
    ) as error:
        reason = " ".join(str(error).split("For further information")[0].split())
        raise GrammarError(f"{python_type!r} has no JSON Schema: {reason}") from None


def _as_pydantic_takes_it(hint: Any, within: tuple[Any, ...] = ()) -> Any:
    """The same type, with each TypedDict of `typing` made anew by `typing_extensions`.

    pydantic takes `typing`'s from Python 3.12 on. One that contains itself is left as it is, for
    pydantic to refuse.

    Args:
        hint: A type, or an annotation made of types.
        within: The TypedDicts that it is in.

    Raises:
        NameError: A TypedDict's annotation names what is not there.
    """
    if sys.version_info >= (3, 12) or hint in within:
        return hint
    if typing.is_typeddict(hint) and type(hint).__module__ == "typing":
        import typing_extensions

        members = {}
        for name, inner in typing.get_type_hints(hint, include_extras=True).items():
            needed = typing.Required if name in hint.__required_keys__ else typing.NotRequired
            if typing.get_origin(inner) in (typing.Required, typing.NotRequired):
                needed = typing.get_origin(inner)  # which wins where annotations are strings
                (inner,) = typing.get_args(inner)
            members[name] = needed[_as_pydantic_takes_it(inner, (*within, hint))]
        return typing_extensions.TypedDict(hint.__name__, members)  # type: ignore[operator]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None or origin is typing.Literal:
        return hint
    if origin is Annotated:
        first = _as_pydantic_takes_it(hint.__origin__, within)
        return hint if first is hint.__origin__ else Annotated[(first, *hint.__metadata__)]
    changed = tuple(_as_pydantic_takes_it(part, within) for part in inner)
    if all(new is old for new, old in zip(changed, inner, strict=True)):
        return hint
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, changed)
    return origin[changed]
