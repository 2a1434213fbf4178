"""Where references lead: pointers, identifiers, anchors, and the dynamic scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import referencing
import referencing.exceptions
import referencing.jsonschema

from structgen.errors import GrammarError

__all__ = ["DEFAULT_DIALECT", "References", "Target", "dialect_uri", "follow"]

DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ROOT = "structgen:root"  # the identifier of a schema that has none of its own


class Target(NamedTuple):
    """Where a reference leads: the schema, the resource it is in, and that one's resolver."""

    schema: Any
    root: Any
    resolver: Any


class References:
    """The identifiers and anchors of a schema and of the resources beside it.

    Args:
        schema: The whole schema.
        resources: Further schemas by URI.
    """

    def __init__(self, schema: Any, resources: Mapping[str, Any]) -> None:
        self._schema = schema
        self._resources = resources
        self._registry: Any = None
        self._top: Any = None

    def top(self) -> Any:
        """The resolver of the whole schema; made when first asked for."""
        if self._top is None:
            create = referencing.Resource.from_contents
            default = referencing.jsonschema.specification_with(
                dialect_uri(self._schema, DEFAULT_DIALECT),
                default=referencing.jsonschema.DRAFT202012,
            )
            try:
                registry = referencing.jsonschema.SchemaRegistry().with_resources(
                    (uri, create(contents, default_specification=default))
                    for uri, contents in self._resources.items()
                )
                resource = create(self._schema, default_specification=default)
            except referencing.exceptions.CannotDetermineSpecification:
                resource = default.create_resource(self._schema)
            uri = resource.id() or _ROOT
            registry = registry.with_resource(uri, resource)
            try:
                self._registry = registry.crawl()
            except TypeError:  # a resource without `$schema` is of a later draft than the schema
                self._registry = (
                    referencing.jsonschema.SchemaRegistry()
                    .with_resources(
                        (each, referencing.jsonschema.DRAFT202012.create_resource(contents))
                        if not _is_readable(each, registry[each])
                        else (each, registry[each])
                        for each, contents in self._resources.items()
                    )
                    .with_resource(uri, resource)
                    .crawl()
                )
            self._top = self._registry.resolver(uri)
        return self._top

    def enter(self, resolver: Any, schema: dict[str, Any], dialect: str) -> Any:
        """The resolver inside a schema that has an identifier."""
        if dialect == DEFAULT_DIALECT:
            resource = referencing.jsonschema.DRAFT202012.create_resource(schema)
        else:
            resource = referencing.Resource.from_contents({**schema, "$schema": dialect})
        return (resolver or self.top()).in_subresource(resource)

    def base(self, resolver: Any) -> str:
        """The URI that a resolver's references are relative to."""
        return str((resolver or self.top())._base_uri)

    def lookup(self, resolver: Any, reference: str, pointer: str) -> Target:
        """Where a reference leads by its text alone.

        Raises:
            GrammarError: It leads nowhere.
        """
        try:
            here = self.base(resolver)
            try:
                resolved = self._at(here).lookup(reference)
            except referencing.exceptions.Unresolvable:
                self._add_meta_schemas()
                resolved = self._at(here).lookup(reference)
            base, _, fragment = reference.partition("#")
            # What '#' means there is the whole resource.
            inner = self._at(self.base(resolved.resolver))
            root = inner.lookup("#").contents if fragment else resolved.contents
        except Exception as error:  # the library raises several unrelated classes
            raise GrammarError(
                f"The reference {reference!r} leads nowhere; pass other documents as resources="
                "{uri: schema}"
                if not isinstance(error, RecursionError)
                else f"The reference {reference!r} is nested too deeply",
                pointer=pointer,
            ) from None
        return Target(resolved.contents, root, inner)

    def dynamic(self, found: Target, reference: str, scope: tuple[str, ...]) -> Target:
        """Where a `$dynamicRef` leads that leads to `found` by its text alone.

        Source:
            JSON Schema 2020-12 core section 8.2.3.2.
        """
        anchor = reference.partition("#")[2]
        if not isinstance(found.schema, dict) or found.schema.get("$dynamicAnchor") != anchor:
            return found
        for uri in scope:
            try:
                value = self._registry.anchor(uri, anchor).value
            except Exception:  # the library raises several unrelated classes
                continue
            if isinstance(value, referencing.jsonschema.DynamicAnchor):
                resolver = self._at(uri)
                return Target(value.resource.contents, resolver.lookup("#").contents, resolver)
        return found

    def recursive(self, resolver: Any, scope: tuple[str, ...], pointer: str) -> Target:
        """Where `"$recursiveRef": "#"` leads (JSON Schema 2019-09 core section 8.2.4.2.2)."""
        found = self.lookup(resolver, "#", pointer)
        if _recurs(found.schema):
            for uri in scope:
                outer = self._at(uri)
                contents = outer.lookup("#").contents
                if _recurs(contents):
                    return Target(contents, contents, outer)
        return found

    def _add_meta_schemas(self) -> None:
        """Make the drafts' own schemas known: they are large, and seldom referred to."""
        import jsonschema_specifications  # type: ignore[import-untyped]

        self._registry = jsonschema_specifications.REGISTRY.combine(self._registry).crawl()

    def _at(self, uri: str) -> Any:
        self.top()
        return self._registry.resolver(uri)


def _is_readable(uri: str, resource: Any) -> bool:
    try:
        referencing.jsonschema.SchemaRegistry().with_resource(uri, resource).crawl()
    except TypeError:
        return False
    return True


def _recurs(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("$recursiveAnchor") is True


def follow(root: Any, pointer: str, id_keyword: str) -> Any:
    """What a JSON Pointer (in URI fragment form) leads to; None if nothing, or another resource."""
    found = root
    for part in unquote(pointer).split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
        if isinstance(found, dict) and isinstance(found.get(id_keyword), str):
            return None
    return found


def dialect_uri(schema: Any, default: str) -> str:
    """What a schema says its meta-schema is."""
    uri = schema.get("$schema") if isinstance(schema, dict) else None
    return uri if isinstance(uri, str) else default
