"""What the built-in field types share: the form of their options and the operators of their filters."""

from crmcore.contracts.fields import JsonSchema

# Further numbers lose digits in JavaScript and in SQLite's floating point.
LARGEST = 10**15

ORDERED = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "empty")
WORDS = ("eq", "ne", "in", "contains", "empty")
MEMBERS = ("contains", "in", "empty")


def options_schema(*required: str, **properties: JsonSchema) -> JsonSchema:
    """Return the schema of a field type's options, each a property of its own."""
    schema: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema
