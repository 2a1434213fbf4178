"""Reading a schema: dialects, references, and one pass that finds what is malformed or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import referencing
import referencing.exceptions
import referencing.jsonschema

from structgen import regular
from structgen.errors import GrammarError, LimitExceededError, UnsupportedSchemaError
from structgen.frontends.json_schema.keywords import Dialect, dialect_of

__all__ = ["Document", "Place"]

DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_PLACES = 2_000_000
MAX_CONSTANT_DEPTH = 200


class Place:
    """A schema where it stands: its value, and what its references are relative to.

    Attributes:
        schema: A dict or a bool.
        above: The place it is a part of, and `step`, the keyword and index or name there.
        origin: Where no place is above: its JSON Pointer (an URI in front for another document).
        root: The schema resource it belongs to.
        resolver: Resolves references; None: the document's own.
        dialect: The draft that its keywords belong to.
        children: The subschemas, by keyword and index or name.
        target: Where its `$ref` leads.
    """

    __slots__ = (
        "above",
        "children",
        "dialect",
        "origin",
        "resolver",
        "root",
        "schema",
        "step",
        "target",
    )

    def __init__(
        self,
        schema: Any,
        root: Any,
        resolver: Any,
        dialect: Dialect,
        above: Place | None = None,
        step: tuple[str, Any] = ("", None),
        origin: str = "",
    ) -> None:
        self.schema = schema
        self.above = above
        self.step = step
        self.origin = origin
        self.root = root
        self.resolver = resolver
        self.dialect = dialect
        self.children: dict[tuple[str, Any], Place] = {}
        self.target: Place | None = None

    @property
    def pointer(self) -> str:
        """JSON Pointer from the document's root; made when asked for, as it may be long."""
        steps = []
        place = self
        while place.above is not None:
            keyword, index = place.step
            if index is not None:
                steps.append(str(index).replace("~", "~0").replace("/", "~1"))
            steps.append(keyword)
            place = place.above
        return "/".join([place.origin, *reversed(steps)])

    @property
    def is_only_reference(self) -> bool:
        """Whether it means what its target means and nothing else."""
        return self.target is not None and self.dialect.ignores_siblings

    def child(self, keyword: str, index: Any = None) -> Place:
        """The subschema at a keyword, or at an index or name inside its value."""
        return self.children[keyword, index]

    def inside(self, schema: Any) -> Place:
        """A schema made up from parts of this one, relative to the same place."""
        place = Place(
            schema, self.root, self.resolver, self.dialect, self.above, self.step, self.origin
        )
        place.children = self.children
        place.target = self.target
        return place


class Document:
    """A schema with everything it refers to.

    Args:
        schema: The schema, a dict or a bool.
        resources: Further schemas by URI. Nothing is fetched.

    Attributes:
        root: The whole schema.
        one_ofs: The schemas with `oneOf`.
        counts_members: Whether some `minProperties` is more than 1.
        patterns: How many names `patternProperties` have in all.
        formats: The names of all formats.

    Raises:
        GrammarError: The schema is malformed, or refers to what is not there.
        UnsupportedSchemaError: It uses a keyword that is not enforced.
        LimitExceededError: It is larger than `MAX_PLACES` subschemas.
    """

    def __init__(self, schema: Any, resources: Mapping[str, Any] | None = None) -> None:
        self._resources = resources or {}
        self._places: dict[tuple[int, int], Place] = {}
        self._keep: list[Any] = []  # what ids in _places stand for must stay alive
        self._resolver: Any = None
        self._dialect = _dialect_uri(schema, DEFAULT_DIALECT)
        self._schema = schema
        own_dialect = self._resources.get(self._dialect)
        if isinstance(own_dialect, dict) and "$vocabulary" in own_dialect:
            raise UnsupportedSchemaError(
                "a meta-schema that chooses its own vocabularies is not followed yet",
                pointer="",
                keyword="$schema",
            )
        self.one_ofs: list[Place] = []
        self.counts_members = False
        self.patterns = 0
        self.formats: dict[str, None] = {}
        self._waiting: list[Place] = []
        self.root = self._place(schema, schema, None, dialect_of(self._dialect))
        self._read_all()

    def _place(
        self,
        schema: Any,
        root: Any,
        resolver: Any,
        dialect: Dialect,
        above: Place | None = None,
        step: tuple[str, Any] = ("", None),
        origin: str = "",
    ) -> Place:
        """The place of a schema in a resource; a new one waits to be read."""
        if type(schema) is bool:
            return Place(schema, root, resolver, dialect, above, step, origin)
        key = (id(schema), id(root))
        place = self._places.get(key)
        if place is None:
            place = Place(schema, root, resolver, dialect, above, step, origin)
            self._places[key] = place
            self._keep.append((schema, root))
            self._waiting.append(place)
        return place

    def _read_all(self) -> None:
        waiting = self._waiting
        while waiting:
            if len(self._places) > MAX_PLACES:
                raise LimitExceededError(
                    f"The schema has more than {MAX_PLACES} subschemas", limit="schema_size"
                )
            place = waiting.pop()
            if type(place.schema) is not bool:
                self._read(place)
        _refuse_cycles(self._places.values())

    def _read(self, place: Place) -> None:
        schema = place.schema
        if not isinstance(schema, dict):
            raise GrammarError(
                f"A schema is an object or true or false, not {type(schema).__name__}",
                pointer=place.pointer,
            )
        reference = schema.get("$ref")
        if reference is not None and not isinstance(reference, str):
            raise GrammarError("'$ref' must be a reference", pointer=place.pointer)
        if reference is not None and place.dialect.ignores_siblings:
            place.target = self._resolve(place, reference)
            return
        identifier = schema.get(place.dialect.id_keyword)
        if isinstance(identifier, str) and schema is not place.root and identifier[:1] != "#":
            self._enter_resource(place, schema)
        if reference is not None:
            place.target = self._resolve(place, reference)
        rules = place.dialect.rules
        foreign = False
        for keyword, value in schema.items():
            if keyword not in rules:
                continue
            rule = rules[keyword]
            if rule is None:
                foreign = True
                continue
            is_shaped, expected, subschemas, harmless = rule
            if harmless is not None:
                self._refuse(place, keyword, harmless)
            elif not is_shaped(value):
                raise GrammarError(f"{keyword!r} must be {expected}", pointer=place.pointer)
            elif subschemas is not None:
                self._add_children(place, keyword, value, subschemas)
                if keyword == "oneOf":
                    self.one_ofs.append(place)
                elif keyword == "patternProperties":
                    self.patterns += len(value)
                    for pattern in value:
                        _check_pattern(pattern, place, "/patternProperties")
            elif keyword == "pattern":
                _check_pattern(value, place)
            elif keyword == "format":
                self.formats[value] = None
            elif keyword == "minProperties":
                self.counts_members = self.counts_members or value > 1
            elif keyword == "enum" or keyword == "const":
                _check_depth(value, place, keyword)
        if foreign:
            place.schema = {k: v for k, v in schema.items() if rules.get(k, True) is not None}

    @staticmethod
    def _refuse(place: Place, keyword: str, harmless: Callable[[dict[str, Any]], bool]) -> None:
        """Refuse a keyword that is not enforced, unless it constrains nothing."""
        try:
            constrains = not harmless(place.schema)
        except (AttributeError, TypeError):
            raise GrammarError(f"{keyword!r} is malformed", pointer=place.pointer) from None
        if constrains:
            raise UnsupportedSchemaError(
                f"{keyword!r} cannot be enforced yet", pointer=place.pointer, keyword=keyword
            )

    def _enter_resource(self, place: Place, schema: dict[str, Any]) -> None:
        """Make a schema with an identifier what the references inside it are relative to."""
        uri = _dialect_uri(schema, self._dialect)
        if uri == DEFAULT_DIALECT:
            resource = referencing.jsonschema.DRAFT202012.create_resource(schema)
        else:
            resource = referencing.Resource.from_contents({**schema, "$schema": uri})
        place.resolver = self._resolver_of(place).in_subresource(resource)
        place.root = schema
        if "$schema" in schema:
            place.dialect = dialect_of(uri)

    def _add_children(self, place: Place, keyword: str, value: Any, where: str) -> None:
        parts: Iterable[tuple[Any, Any]]
        if where == "values":
            parts = value.items()
        elif type(value) is list:
            parts = enumerate(value)
        else:
            parts = ((None, value),)
        root, resolver, dialect = place.root, place.resolver, place.dialect
        for index, schema in parts:
            step = (keyword, index)
            place.children[step] = self._place(schema, root, resolver, dialect, place, step)

    # --- References -----------------------------------------------------------------------------

    def _resolver_of(self, place: Place) -> Any:
        if place.resolver is not None:
            return place.resolver
        if self._resolver is None:
            try:
                registry = referencing.jsonschema.SchemaRegistry().with_resources(
                    (
                        uri,
                        referencing.Resource.from_contents(
                            contents, default_specification=referencing.jsonschema.DRAFT202012
                        ),
                    )
                    for uri, contents in self._resources.items()
                )
                resource = referencing.Resource.from_contents(
                    self._schema, default_specification=referencing.jsonschema.DRAFT202012
                )
            except referencing.exceptions.CannotDetermineSpecification:
                resource = referencing.jsonschema.DRAFT202012.create_resource(self._schema)
            self._resolver = registry.resolver_with_root(resource)
        return self._resolver

    def _resolve(self, place: Place, reference: str) -> Place:
        if reference == "#":
            return self._place(place.root, place.root, place.resolver, place.dialect)
        if reference.startswith("#/"):
            found = _follow(place.root, reference[1:], place.dialect.id_keyword)
            if found is not None:
                return self._place(
                    found, place.root, place.resolver, place.dialect, origin=reference[1:]
                )
        try:
            resolver = self._resolver_of(place)
            resolved = resolver.lookup(reference)
            base, _, fragment = reference.partition("#")
            # What '#' means there is the whole resource.
            root = resolver.lookup(base or "#").contents if fragment else resolved.contents
        except Exception as error:  # the library raises several unrelated classes
            raise GrammarError(
                f"The reference {reference!r} leads nowhere; pass other documents as resources="
                "{uri: schema}"
                if not isinstance(error, RecursionError)
                else f"The reference {reference!r} is nested too deeply",
                pointer=place.pointer,
            ) from None
        dialect = dialect_of(_dialect_uri(root, self._dialect))
        return self._place(resolved.contents, root, resolved.resolver, dialect, origin=reference)


def _dialect_uri(schema: Any, default: str) -> str:
    """What a schema says its meta-schema is."""
    uri = schema.get("$schema") if isinstance(schema, dict) else None
    return uri if isinstance(uri, str) else default


def _check_depth(value: Any, place: Place, keyword: str) -> None:
    """Refuse a constant that is nested too deeply to be compared."""
    level = [value]
    for _ in range(MAX_CONSTANT_DEPTH):
        level = [
            part
            for each in level
            if isinstance(each, list | dict)
            for part in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise LimitExceededError(
        f"The constant at {place.pointer}/{keyword} is nested more than {MAX_CONSTANT_DEPTH} deep",
        limit="nesting",
    )


def _check_pattern(pattern: str, place: Place, inside: str = "") -> None:
    try:
        regular.regex(pattern, "ecma", search=True)
    except GrammarError as error:
        raise GrammarError(str(error), pointer=place.pointer + inside) from None


def _follow(root: Any, pointer: str, id_keyword: str) -> Any:
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


def _in_place(place: Place) -> Iterator[Place]:
    """The schemas that apply to the same value as this one."""
    if place.target is not None:
        yield place.target
        if place.dialect.ignores_siblings:
            return
    if type(place.schema) is dict:
        for keyword in ("allOf", "anyOf", "oneOf"):
            for index in range(len(place.schema.get(keyword, ()))):
                yield place.child(keyword, index)


def _refuse_cycles(places: Any) -> None:
    """Refuse a schema that applies to a value only by applying to it again."""
    if not any(place.target is not None for place in places):
        return
    done: set[int] = set()
    for start in places:
        if id(start) in done:
            continue
        path = {id(start)}
        stack = [(start, _in_place(start))]
        while stack:
            place, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                path.discard(id(place))
                done.add(id(place))
            elif id(step) in path:
                raise GrammarError(
                    "The references lead in a circle without ever describing a value",
                    pointer=place.pointer,
                )
            elif id(step) not in done:
                path.add(id(step))
                stack.append((step, _in_place(step)))
