"""Short forms for schemas of answers."""

from crmcore.http.operation import Schema

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
OBJECT: Schema = {"type": "object"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def maybe(schema: Schema) -> Schema:
    """Return ``schema`` that may also be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def shape(properties: dict[str, Schema], description: str = "", optional: tuple[str, ...] = ()) -> Schema:
    """Return an object's schema; every property is required that is not ``optional``."""
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }
    return schema | ({"description": description} if description else {})


def items_of(item: Schema, *, paged: bool = False, **more: Schema) -> Schema:
    """Return the schema of a list's answer."""
    properties: dict[str, Schema] = {"items": {"type": "array", "items": item}, **more}
    if paged:
        properties["next"] = maybe(
            {"type": "string", "description": "The next page's cursor; null at the end."}
        )
    return shape(properties)
