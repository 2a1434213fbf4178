"""JSON Schema as a grammar: drafts 4, 6, 7, 2019-09 and 2020-12."""

from structgen.frontends.json_schema.grammar import JSONSchemaGrammar, json_schema
from structgen.frontends.json_schema.python_types import schema_of

__all__ = ["JSONSchemaGrammar", "json_schema", "schema_of"]
