"""What records look like when they are read, created and changed."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.http.api.addresses import changeable, component, record_types
from crmcore.http.api.bulk import MAX_BULK
from crmcore.http.openapi.examples import example_of
from crmcore.http.openapi.shape import FLAG, ID, maybe, shape
from crmcore.http.operation import Schema, reference

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NOT_OURS = ("$schema", "$id")
TOTAL: Schema = {"type": "integer", "description": "With `total=true`: how many there are."}


async def record_shapes(crm: "Crm", language: str, actor: Actor | None = None) -> dict[str, Schema]:
    """Return the component schemas of every record type as ``actor`` sees them, custom fields as they are now."""
    shapes: dict[str, Schema] = {}
    for record_type in record_types(crm):
        published = await crm.records.schema(record_type.key, language, actor=actor)
        shapes |= _shapes(
            record_type, {name: value for name, value in published.items() if name not in NOT_OURS}
        )
    return shapes


def _shapes(record_type: RecordType, published: Schema) -> dict[str, Schema]:
    name = component(record_type)
    properties: dict[str, Schema] = published["properties"]
    read = {**published, "required": list(properties)}
    read.pop("additionalProperties", None)
    if "custom" in properties:
        # What a record has is what was required when it was written.
        custom = {key: value for key, value in properties["custom"].items() if key != "required"}
        custom["properties"] = {key: _masked(value) for key, value in custom["properties"].items()}
        read["properties"] = {**properties, "custom": custom}
    page = shape(
        {"items": {"type": "array", "items": reference(name)}, "next": _NEXT, "total": TOTAL}, "", ("total",)
    )
    shapes = {name: read, f"{name}Page": page}
    if record_type.creatable:
        shapes[f"{name}Create"] = _create(published)
    changes = _changes(published)
    if changeable(record_type):
        shapes[f"{name}Changes"] = changes
    if changeable(record_type) or record_type.deletable:
        shapes[f"{name}Bulk"] = _bulk(record_type, changes["examples"][0])
    return shapes


_NEXT: Schema = maybe({"type": "string", "description": "The next page's cursor; null at the end."})


def _create(published: Schema) -> Schema:
    properties = _writable(published["properties"])
    if "custom" in properties:
        custom = dict(properties["custom"])
        custom["properties"] = _writable(custom["properties"])
        properties["custom"] = custom
    required = list(published.get("required", []))
    if properties.get("custom", {}).get("required"):
        required.append("custom")
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return schema | {"examples": [example_of(schema)]}


def _changes(published: Schema) -> Schema:
    properties = _writable(published["properties"])
    if "custom" in properties:
        emptied = {key: maybe(value) for key, value in _writable(properties["custom"]["properties"]).items()}
        properties["custom"] = {"type": "object", "properties": emptied, "additionalProperties": False}
    example = example_of({"properties": properties})
    properties["version"] = {"type": "integer", "minimum": 1, "description": "The version you have read."}
    short = dict(list(example.items())[:2])
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "examples": [short | {"version": 1}],
    }


def _bulk(record_type: RecordType, change: dict[str, Any]) -> Schema:
    ids: Schema = {"type": "array", "items": ID, "minItems": 1, "maxItems": MAX_BULK}
    reason: Schema = {"type": "string", "maxLength": 500}
    properties: dict[str, Any] = {"ids": ids, "reason": reason}
    if changeable(record_type):
        properties["changes"] = reference(f"{component(record_type)}Changes")
    if record_type.deletable:
        properties["delete"] = FLAG
    example: dict[str, Any] = {"ids": ["0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80"]}
    if changeable(record_type):
        example["changes"] = {name: value for name, value in change.items() if name != "version"}
    else:
        example["delete"] = True
    return {
        "type": "object",
        "description": "Either `changes` or `delete`.",
        "properties": properties,
        "required": ["ids"],
        "additionalProperties": False,
        "examples": [example],
    }


def _writable(properties: dict[str, Schema]) -> dict[str, Schema]:
    return {name: schema for name, schema in properties.items() if not schema.get("readOnly", False)}


def _masked(schema: Schema) -> Schema:
    """Return a custom property as readers meet it: a sensitive one is a mask, whatever its values are."""
    if not schema.get("x-crm", {}).get("sensitive"):
        return schema
    kept: Schema = {
        name: schema[name] for name in ("title", "description", "x-crm", "readOnly") if name in schema
    }
    return {"type": "string", **kept}
