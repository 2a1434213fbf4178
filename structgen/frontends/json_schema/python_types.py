"""Python types to JSON Schemas."""

from __future__ import annotations

from typing import Any

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
        return pydantic.TypeAdapter(python_type).json_schema()
    except (
        pydantic.errors.PydanticUserError,
        pydantic.errors.PydanticInvalidForJsonSchema,
    ) as error:
        raise GrammarError(f"{python_type!r} has no JSON Schema: {error}") from None
