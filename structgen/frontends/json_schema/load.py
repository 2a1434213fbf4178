"""Reading a schema: dialects, references, and one pass that finds what is malformed or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from structgen import regular
from structgen.errors import GrammarError, LimitExceededError
from structgen.frontends.json_schema.keywords import Dialect, dialect_of
from structgen.frontends.json_schema.references import (
    DEFAULT_DIALECT,
    References,
    Target,
    dialect_uri,
    follow,
)

__all__ = ["Document", "Place"]

MAX_PLACES = 2_000_000
MAX_CONSTANT_DEPTH = 200
_NO_CHILDREN: Mapping[tuple[str, Any], Any] = MappingProxyType({})  # shared: most have none


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
        targets: Where its references lead.
        scope: The resources entered on the way here, where some reference depends on it.
        glanced: How many levels a glance has looked at (see `glance.has_values`).
        has_values: What it has found: whether something plainly satisfies the schema.
    """

    __slots__ = (
        "above",
        "children",
        "dialect",
        "glanced",
        "has_values",
        "origin",
        "resolver",
        "root",
        "schema",
        "scope",
        "step",
        "targets",
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
        scope: tuple[str, ...] = (),
    ) -> None:
        self.schema = schema
        self.above = above
        self.step = step
        self.origin = origin
        self.root = root
        self.resolver = resolver
        self.dialect = dialect
        self.children: Mapping[tuple[str, Any], Place] = _NO_CHILDREN
        self.targets: Sequence[Place] = ()
        self.scope = scope
        self.glanced = 0
        self.has_values = False

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

    def child(self, keyword: str, index: Any = None) -> Place:
        """The subschema at a keyword, or at an index or name inside its value."""
        return self.children[keyword, index]

    def inside(self, schema: Any, children: Mapping[tuple[str, Any], Place] | None = None) -> Place:
        """A schema made up from parts of this one; nothing refers to it."""
        place = Place(
            schema, self.root, self.resolver, self.dialect, self.above, self.step, self.origin
        )
        place.children = self.children if children is None else children
        return place


class Document:
    """A schema with everything it refers to.

    Args:
        schema: The schema, a dict or a bool.
        resources: Further schemas by URI. Nothing is fetched.

    Attributes:
        root: The whole schema.
        patterns: How many names `patternProperties` have in all.
        formats: The names of all formats.

    Raises:
        GrammarError: The schema is malformed, or refers to what is not there.
        LimitExceededError: It is larger than `MAX_PLACES` subschemas.
    """

    def __init__(self, schema: Any, resources: Mapping[str, Any] | None = None) -> None:
        self._resources = resources or {}
        self._references = References(schema, self._resources)
        self._dialect = dialect_uri(schema, DEFAULT_DIALECT)
        self._schema = schema
        self._scoped = False
        try:
            self._begin()
        except _ScopeMatters:
            self._scoped = True
            self._begin()

    def release(self) -> None:
        """Take the places apart, which refer to each other in circles."""
        for place in self._places.values():
            place.above, place.children, place.targets = None, _NO_CHILDREN, ()

    def _begin(self) -> None:
        self._places: dict[tuple[int, int, tuple[str, ...]], Place] = {}
        self._keep: list[Any] = []  # schemas whose ids are in _places, though no place has them
        self.patterns = 0
        self.formats: dict[str, None] = {}
        self._waiting: list[Place] = []
        scope = (self._references.base(None),) if self._scoped else ()
        self.root = self._place(
            self._schema, self._schema, None, self._dialect_of(self._dialect), scope=scope
        )
        self._read_all()

    def _dialect_of(self, uri: str) -> Dialect:
        """The dialect of a meta-schema, which may be one of the resources."""
        meta = self._resources.get(uri, self._resources.get(uri.rstrip("#")))
        vocabularies = meta.get("$vocabulary") if isinstance(meta, dict) else None
        if isinstance(vocabularies, dict):
            base = dialect_uri(meta, DEFAULT_DIALECT)
            return dialect_of(base).within(vocabularies)
        return dialect_of(uri)

    def _place(
        self,
        schema: Any,
        root: Any,
        resolver: Any,
        dialect: Dialect,
        above: Place | None = None,
        step: tuple[str, Any] = ("", None),
        origin: str = "",
        scope: tuple[str, ...] = (),
    ) -> Place:
        """The place of a schema in a resource; a new one waits to be read."""
        if type(schema) is bool:
            return Place(schema, root, resolver, dialect, above, step, origin)
        key = (id(schema), id(root), scope)
        place = self._places.get(key)
        if place is None:
            place = Place(schema, root, resolver, dialect, above, step, origin, scope)
            self._places[key] = place
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
            place.targets = [self._resolve(place, reference)]
            self._keep.append(schema)
            place.schema = {}
            return
        identifier = schema.get(place.dialect.id_keyword)
        if isinstance(identifier, str) and schema is not place.root and identifier[:1] != "#":
            self._enter_resource(place, schema)
        if reference is not None:
            place.targets = [self._resolve(place, reference)]
        rules = place.dialect.rules
        foreign = False
        for keyword, value in schema.items():
            if keyword not in rules:
                continue
            rule = rules[keyword]
            if rule is None:
                foreign = True
                continue
            is_shaped, expected, subschemas = rule
            if not is_shaped(value):
                raise GrammarError(f"{keyword!r} must be {expected}", pointer=place.pointer)
            if subschemas is not None:
                self._add_children(place, keyword, value, subschemas)
                if keyword == "patternProperties":
                    self.patterns += len(value)
                    for pattern in value:
                        _check_pattern(pattern, place, "/patternProperties")
            elif keyword == "pattern":
                _check_pattern(value, place)
            elif keyword == "$dynamicRef" or keyword == "$recursiveRef":
                target = self._resolve_in_scope(place, keyword, value)
                place.targets = [*place.targets, target]
            elif keyword == "format":
                self.formats[value] = None
            elif keyword == "enum" or keyword == "const":
                _check_depth(value, place, keyword)
        if foreign:
            self._keep.append(schema)
            place.schema = {k: v for k, v in schema.items() if rules.get(k, True) is not None}

    def _enter_resource(self, place: Place, schema: dict[str, Any]) -> None:
        """Make a schema with an identifier what the references inside it are relative to."""
        uri = dialect_uri(schema, self._dialect)
        place.resolver = self._references.enter(place.resolver, schema, uri)
        place.root = schema
        if self._scoped:
            place.scope = _entered(place.scope, self._references.base(place.resolver))
        if "$schema" in schema:
            place.dialect = self._dialect_of(uri)

    def _add_children(self, place: Place, keyword: str, value: Any, where: str) -> None:
        parts: Iterable[tuple[Any, Any]]
        if where == "values":
            parts = value.items()
        elif type(value) is list:
            parts = enumerate(value)
        else:
            parts = ((None, value),)
        root, resolver, dialect, scope = place.root, place.resolver, place.dialect, place.scope
        children = {
            step: self._place(schema, root, resolver, dialect, place, step, scope=scope)
            for index, schema in parts
            if type(schema) is not list  # the names in `dependencies`
            for step in ((keyword, index),)
        }
        place.children = {**place.children, **children} if place.children else children

    # --- References -----------------------------------------------------------------------------

    def _resolve(self, place: Place, reference: str) -> Place:
        root, resolver, dialect, scope = place.root, place.resolver, place.dialect, place.scope
        if reference == "#":
            return self._place(root, root, resolver, dialect, scope=scope)
        if reference.startswith("#/"):
            found = follow(root, reference[1:], dialect.id_keyword)
            if found is not None:
                return self._place(
                    found, root, resolver, dialect, origin=reference[1:], scope=scope
                )
        return self._enter(place, self._references.lookup(resolver, reference, place.pointer))

    def _resolve_in_scope(self, place: Place, keyword: str, reference: str) -> Place:
        """Where a reference leads that depends on the resources on the way to it."""
        if not self._scoped:
            raise _ScopeMatters
        references = self._references
        if keyword == "$recursiveRef":
            target = references.recursive(place.resolver, place.scope, place.pointer)
        else:
            found = references.lookup(place.resolver, reference, place.pointer)
            target = references.dynamic(found, reference, place.scope)
        return self._enter(place, target)

    def _enter(self, place: Place, target: Target) -> Place:
        base = self._references.base(target.resolver)
        own = self._references.base(place.resolver)
        uri = dialect_uri(target.root, "")
        dialect = self._dialect_of(uri) if uri else place.dialect
        return self._place(
            target.schema,
            target.root,
            target.resolver,
            dialect,
            origin=base if base != own else "",
            scope=_entered(place.scope, base) if self._scoped else (),
        )


class _ScopeMatters(Exception):
    """Some reference depends on the resources on the way to it: places must tell them apart."""


def _entered(scope: tuple[str, ...], uri: str) -> tuple[str, ...]:
    """The scope after entering a resource; only the first time matters."""
    return scope if uri in scope else (*scope, uri)


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


_APPLY_IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
)


def _in_place(place: Place) -> Iterator[Place]:
    """The schemas that apply to the same value as this one."""
    yield from place.targets
    if type(place.schema) is dict and not place.schema.keys().isdisjoint(_APPLY_IN_PLACE):
        for (keyword, _), child in place.children.items():
            if keyword in _APPLY_IN_PLACE:
                yield child


def _refuse_cycles(places: Any) -> None:
    """Refuse a schema that applies to a value only by applying to it again."""
    if not any(place.targets for place in places):
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
