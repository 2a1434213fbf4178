"""The public source: a schema and how its JSON text is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from structgen.errors import GrammarError
from structgen.frontends.json_schema.algebra import Schemas
from structgen.frontends.json_schema.formats import warn_of_unknown_formats
from structgen.frontends.json_schema.layout import Layout, Whitespace
from structgen.frontends.json_schema.load import Document
from structgen.frontends.json_schema.lower import value_state
from structgen.grammar import SourceCall
from structgen.network import RETURN, Network

__all__ = ["JSONSchemaGrammar", "json_schema"]


class JSONSchemaGrammar:
    """The JSON texts whose value satisfies a schema; made by `json_schema`."""

    __slots__ = ("__weakref__", "_layout", "_schemas", "source")

    def __init__(self, schemas: Schemas, layout: Layout, source: SourceCall) -> None:
        self._schemas = schemas
        self._layout = layout
        self.source = source

    def __del__(self) -> None:
        self._schemas.release()

    @property
    def owner(self) -> Schemas:
        """What makes the nodes in its keys; each grammar has its own."""
        return self._schemas

    def start(self, network: Network) -> int:
        """The piece that reads the whole text."""
        layout = self._layout
        value = value_state(network, self._schemas.root, layout, 0)
        after = layout.around(network, RETURN)
        return layout.around(network, network.call(value, after))


def json_schema(
    schema: dict[str, Any] | bool,
    *,
    property_order: Literal["schema", "any"] = "schema",
    whitespace: Whitespace = "flexible",
    resources: Mapping[str, Any] | None = None,
    formats: Literal["assert", "annotate"] = "assert",
    strict: bool = False,
) -> JSONSchemaGrammar:
    """The JSON texts whose value satisfies a schema.

    Args:
        schema: A JSON Schema; `$schema` names its draft, 2020-12 by default.
        property_order: "schema": members come in the order in which the schema declares them, then
            others; "any": in any order.
        whitespace: "flexible": between tokens nothing, one space, or a newline and up to 32 spaces
            or 8 tabs; "none"; "any": whatever JSON allows; an int n: one line per element,
            indented by n spaces a level, as `json.dumps(indent=n)` writes it.
        resources: Schemas that `$ref` may lead to, by URI. Nothing is fetched.
        formats: "assert": known formats constrain, unknown ones warn; "annotate": none does.
        strict: Declared members are all required and no others allowed, unless the schema says so.

    Raises:
        GrammarError: The schema is malformed, or a reference leads nowhere.
        UnsupportedSchemaError: It uses a keyword that cannot be enforced exactly.
        UnsatisfiableError: Nothing satisfies it.
        LimitExceededError: It is nested too deeply or too large.
        ValueError: An option has no such value.

    Source:
        JSON Schema drafts 4 to 2020-12, validation and core vocabularies; docs/json_schema.md has
        what each keyword means here.

    Example:
        >>> import structgen as sg
        >>> vocabulary = sg.Vocabulary([bytes([b]) for b in range(256)], eos_token_ids=[])
        >>> matcher = sg.compile(sg.json_schema({"type": "integer"}), vocabulary).matcher()
        >>> matcher.accept_bytes(b"-1"), matcher.is_accepting, matcher.accept_bytes(b"x")
        (True, True, False)
    """
    if not isinstance(schema, dict | bool):
        raise GrammarError(
            f"A JSON Schema is a dict or a bool, not {type(schema).__name__}", pointer=""
        )
    if property_order not in ("schema", "any"):
        raise ValueError(f"property_order must be 'schema' or 'any', not {property_order!r}")
    if formats not in ("assert", "annotate"):
        raise ValueError(f"formats must be 'assert' or 'annotate', not {formats!r}")
    if isinstance(whitespace, bool) or not (
        whitespace in ("flexible", "none", "any")
        or (isinstance(whitespace, int) and 0 <= whitespace <= 16)
    ):
        raise ValueError(
            "whitespace must be 'flexible', 'none', 'any' or an indentation of 0 to 16, "
            f"not {whitespace!r}"
        )
    document = Document(schema, resources)
    if formats == "assert":
        warn_of_unknown_formats(document.formats)
    schemas = Schemas(
        document,
        strict=strict,
        assert_formats=formats == "assert",
        in_order=property_order == "schema",
    )
    source = {
        "schema": schema,
        "property_order": property_order,
        "whitespace": whitespace,
        "resources": None if resources is None else dict(resources),
        "formats": formats,
        "strict": strict,
    }
    return JSONSchemaGrammar(schemas, Layout(whitespace), SourceCall("json_schema", source))
