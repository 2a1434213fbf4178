"""What a schema's own keywords mean for each type, without those that apply schemas in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structgen import regular
from structgen.backports import cached_property
from structgen.frontends.json_schema.formats import language_of_format
from structgen.frontends.json_schema.formula import (
    FALSE,
    TRUE,
    Formula,
    conjunction,
    disjunction,
)
from structgen.frontends.json_schema.glance import only_types
from structgen.frontends.json_schema.items import Equal, FewItems, ItemRule, ManyItems
from structgen.frontends.json_schema.members import Has, MemberRule
from structgen.frontends.json_schema.numbers import NumberBounds, exact
from structgen.frontends.json_schema.parts import AtLeast, AtMost, Each
from structgen.frontends.json_schema.scalars import Numbers, NumberSpec, Strings, StringSpec
from structgen.frontends.json_schema.values import bounds_of, equal, is_text, value_key

if TYPE_CHECKING:
    from structgen.frontends.json_schema.algebra import Schemas
    from structgen.frontends.json_schema.load import Place

__all__ = ["WORDS", "Core"]

WORDS = frozenset({"null", "true", "false"})
_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TEXTUAL = ("minLength", "maxLength", "pattern", "format")


class Core:
    """One schema's own keywords, or facts about arrays and objects that stand for some.

    Args:
        schemas: Makes the nodes.
        place: The schema.
        objects: Instead of what the schema says: which objects.
        arrays: Instead of what the schema says: which arrays.
    """

    def __init__(
        self,
        schemas: Schemas,
        place: Place,
        *,
        objects: Formula | None = None,
        arrays: Formula | None = None,
    ) -> None:
        self.schemas = schemas
        self._place = place
        self._schema = place.schema
        if objects is not None or arrays is not None:
            self._schema = {}
            self.objects = TRUE if objects is None else objects
            self.arrays = TRUE if arrays is None else arrays

    @property
    def pointer(self) -> str:
        """Where the schema is."""
        return self._place.pointer

    @property
    def only_types(self) -> frozenset[str] | None:
        """See `glance.only_types`."""
        return only_types(self._place) if self._schema is self._place.schema else None

    @cached_property
    def types(self) -> frozenset[str] | None:
        """The types that are allowed; None: all."""
        kind = self._schema.get("type")
        if kind is None:
            return None
        return frozenset((kind,) if isinstance(kind, str) else kind)

    @cached_property
    def values(self) -> list[Any] | None:
        """The values listed; None: no list."""
        schema = self._schema
        if "const" in schema:
            listed = [schema["const"]]
            if "enum" in schema:
                listed = [v for v in listed if any(equal(v, each) for each in schema["enum"])]
        elif "enum" in schema:
            listed = schema["enum"]
        else:
            return None
        return [value for value in listed if is_text(value)]

    @cached_property
    def value_keys(self) -> frozenset[Any]:
        """The keys of the values listed."""
        return frozenset(map(value_key, self.values or ()))

    def _has_type(self, name: str) -> bool:
        return self.types is None or name in self.types

    @cached_property
    def words(self) -> frozenset[str]:
        """Which of `null`, `true` and `false`."""
        found = WORDS
        if not self._has_type("null"):
            found -= {"null"}
        if not self._has_type("boolean"):
            found &= {"null"}
        if self.values is not None:
            keys = self.value_keys
            words = {"null": None, "true": True, "false": False}
            found &= {word for word, value in words.items() if value_key(value) in keys}
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """Which numbers."""
        schema = self._schema
        integer = not self._has_type("number")
        if integer and not self._has_type("integer"):
            return Numbers.NONE
        plain = True if integer and self._place.dialect.integers_are_plain else None
        if not schema.keys().isdisjoint(_NUMERIC):
            bounds = bounds_of(schema, integer=integer)
        elif integer:
            bounds = NumberBounds(integer=True)
        elif self.values is None:
            return Numbers.ALL
        else:
            bounds = NumberBounds()
        found = Numbers((NumberSpec(bounds, plain=plain),))
        if self.values is not None:
            exactly = [
                exact(v)
                for v in self.values
                if isinstance(v, int | float) and not isinstance(v, bool)
            ]
            found = found.meet(
                Numbers(NumberSpec(NumberBounds(minimum=v, maximum=v)) for v in exactly)
            )
        return found

    @cached_property
    def strings(self) -> Strings:
        """Which strings."""
        schema = self._schema
        if not self._has_type("string"):
            return Strings.NONE
        if self.values is not None:
            texts = [value for value in self.values if isinstance(value, str)]
            texts = [text for text in texts if self._own_strings.contains(text)]
            return Strings.of_texts(texts)
        if schema.keys().isdisjoint(_TEXTUAL):
            return Strings.ALL
        return Strings((self._own_strings,))

    def contains_text(self, value: str) -> bool:
        """Whether a string that is listed, where there is a list, is allowed."""
        return self._has_type("string") and self._own_strings.contains(value)

    @cached_property
    def other_strings(self) -> Strings:
        """Which strings not."""
        if self.values is not None and self._has_type("string"):
            texts = [value for value in self.values if isinstance(value, str)]
            return Strings.but_texts(text for text in texts if self._own_strings.contains(text))
        return self.strings.complement

    @cached_property
    def _own_strings(self) -> StringSpec:
        schema = self._schema
        languages = []
        if "pattern" in schema:
            languages.append(regular.regex(schema["pattern"], "ecma", search=True))
        if "format" in schema and self.schemas.assert_formats:
            language = language_of_format(schema["format"])
            if language is not None:
                languages.append(language)
        most = schema.get("maxLength")
        return StringSpec(
            tuple(dict.fromkeys(languages)),
            int(schema.get("minLength", 0)),
            None if most is None else int(most),
        )

    # --- Arrays ---------------------------------------------------------------------------------

    @cached_property
    def arrays(self) -> Formula:
        """Which arrays."""
        if not self._has_type("array"):
            return FALSE
        schema, place = self._schema, self._place
        facts: list[Formula] = []
        as_list = isinstance(schema.get("items"), list)
        keyword = "items" if as_list else "prefixItems"
        first = [place.child(keyword, index) for index in range(len(schema.get(keyword, ())))]
        rest = place.children.get(("additionalItems" if as_list else "items", None))
        if first or rest is not None:
            facts.append(Each(ItemRule(self.schemas, first, rest)))
        facts += _counts(schema, "minItems", "maxItems")
        if "contains" in schema:
            node = self.schemas.node([place.child("contains")])
            least = int(schema.get("minContains", 1))
            if least:
                facts.append(ManyItems(node, least))
            if "maxContains" in schema:
                facts.append(FewItems(node, int(schema["maxContains"])))
        if schema.get("uniqueItems"):
            facts.append(Equal(self.schemas, False, frozenset()))
        if self.values is not None:
            facts.append(
                disjunction(
                    self.schemas.exactly_array(v) for v in self.values if isinstance(v, list)
                )
            )
        return conjunction(facts)

    # --- Objects --------------------------------------------------------------------------------

    @cached_property
    def objects(self) -> Formula:
        """Which objects."""
        if not self._has_type("object"):
            return FALSE
        schema, place, schemas = self._schema, self._place, self.schemas
        facts: list[Formula] = []
        strict = schemas.strict and "properties" in schema
        rule = member_rule(schemas, place) if self.rules_members else None
        if rule is not None:
            facts.append(Each(rule))
        required = dict.fromkeys(schema.get("required", ()))
        if strict:
            required.update(dict.fromkeys(schema["properties"]))
        facts += [Has(name, True) for name in required]
        facts += _counts(schema, "minProperties", "maxProperties")
        if "propertyNames" in schema:
            names = schemas.node([place.child("propertyNames")]).strings.language
            facts.append(Each(MemberRule(schemas, {}, [(~names, schemas.none)])))
        for keyword in ("dependentRequired", "dependencies"):
            for name, needed in schema.get(keyword, {}).items():
                if isinstance(needed, list):
                    facts.append(
                        disjunction(
                            (Has(name, False), conjunction(Has(each, True) for each in needed))
                        )
                    )
        if self.values is not None:
            facts.append(
                disjunction(schemas.exactly_object(v) for v in self.values if isinstance(v, dict))
            )
        return conjunction(facts)

    @property
    def rules_members(self) -> bool:
        """Whether it says what members must be by their names."""
        return not self._schema.keys().isdisjoint(
            ("properties", "patternProperties", "additionalProperties")
        )


def member_rule(schemas: Schemas, place: Place) -> MemberRule:
    """What `properties`, `patternProperties` and `additionalProperties` say."""
    schema = place.schema
    rest: Any = place.children.get(("additionalProperties", None))
    if rest is None and schemas.strict and "properties" in schema:
        rest = schemas.none
    return MemberRule(
        schemas,
        {name: place.child("properties", name) for name in schema.get("properties", ())},
        [
            (regular.regex(p, "ecma", search=True), place.child("patternProperties", p))
            for p in schema.get("patternProperties", ())
        ],
        rest,
    )


def _counts(schema: dict[str, Any], least: str, most: str) -> list[Formula]:
    facts: list[Formula] = []
    if schema.get(least):
        facts.append(AtLeast(int(schema[least])))
    if most in schema:
        facts.append(AtMost(int(schema[most])))
    return facts
