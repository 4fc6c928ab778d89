"""The one JSON Schema of a record type: base fields and custom fields in one document."""

from collections.abc import Collection, Iterable
from typing import Any

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import text_of
from crmcore.contracts.records import RecordType
from crmcore.records.definition import Definition

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SYSTEM: dict[str, JsonSchema] = {
    "id": {"type": "string", "format": "uuid", "readOnly": True},
    "version": {"type": "integer", "minimum": 1, "readOnly": True},
    "created_at": {"type": "string", "format": "date-time", "readOnly": True},
    "updated_at": {"type": "string", "format": "date-time", "readOnly": True},
}
TAGS: JsonSchema = {
    "type": "array",
    "maxItems": 50,
    "items": {"type": "string", "minLength": 1, "maxLength": 60},
}


def base_properties(record_type: RecordType) -> dict[str, JsonSchema]:
    """Return the properties that people and programs may write."""
    properties = {
        name: schema for name, schema in record_type.properties.items() if not schema.get("readOnly", False)
    }
    if record_type.tags:
        properties["tags"] = TAGS
    return properties


def checking_schema(
    record_type: RecordType, definitions: Iterable[Definition], *, creating: bool
) -> JsonSchema:
    """Return the schema that the gate checks a document against.

    Without ``creating`` nothing is required: only what changes is checked, so a stricter rule never makes an
    old record un-savable. A validator is asked with its options before, and left out here; a format that the
    field type itself gives is checked.
    """
    properties = dict(base_properties(record_type))
    if record_type.custom_fields:
        custom = {}
        required = []
        for definition in definitions:
            if definition.dormant:
                continue
            custom[definition.key] = {
                name: value
                for name, value in definition.schema.items()
                if name != "format" or not definition.format
            }
            if definition.required and not definition.read_only:
                required.append(definition.key)
        properties["custom"] = {"type": "object", "properties": custom, "additionalProperties": False}
        if creating and required:
            properties["custom"]["required"] = required
    schema: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    if creating:
        schema["required"] = list(record_type.required)
    return schema


def published_schema(
    record_type: RecordType, definitions: Collection[Definition], language: str = "en"
) -> JsonSchema:
    """Return the record type's schema as it is served: complete, annotated, in one language."""
    properties: dict[str, Any] = dict(SYSTEM)
    for name, schema in record_type.properties.items():
        properties[name] = _labelled(schema, language)
    if record_type.tags:
        properties["tags"] = TAGS
    if record_type.custom_fields:
        ordered = sorted(definitions, key=lambda definition: (definition.position, definition.key))
        required = [item.key for item in ordered if item.required and item.writable]
        custom: JsonSchema = {
            "type": "object",
            "properties": {item.key: published_property(item, language) for item in ordered},
            "additionalProperties": False,
        }
        if required:
            custom["required"] = required
        properties["custom"] = custom
    rules = [item.rule for item in definitions if item.rule and not item.dormant]
    return {
        "$schema": DIALECT,
        "$id": f"/api/schemas/{record_type.key}",
        "title": text_of(record_type.label, language),
        "type": "object",
        "properties": properties,
        "required": list(record_type.required),
        "additionalProperties": False,
        **({"allOf": rules} if rules else {}),
    }


def published_property(definition: Definition, language: str = "en") -> JsonSchema:
    """Return one custom field as a property with its ``x-crm`` annotations."""
    annotations: dict[str, Any] = {
        "type": definition.type,
        "options": definition.options,
        "order": definition.position,
        "owner": definition.owner or "workspace",
        "filterable": definition.filterable,
        "version": definition.version,
        **definition.schema.get("x-crm", {}),
    }
    if group := text_of(definition.group, language):
        annotations["group"] = group
    if definition.sensitive or definition.sealed:
        annotations["sensitive"] = True
    if definition.dormant:
        annotations["dormant"] = text_of(definition.dormant, language)
    published: JsonSchema = {
        "title": text_of(definition.label, language),
        **definition.schema,
        "x-crm": annotations,
    }
    if description := text_of(definition.description, language):
        published["description"] = description
    if definition.default is not None:
        published["default"] = definition.default
    if definition.required_when:
        annotations["required_when"] = definition.required_when
    if definition.required_before_leaving is not None:
        annotations["required_before_leaving"] = {
            "field": definition.required_before_leaving.field,
            "choices": list(definition.required_before_leaving.choices),
            **({"asleep": text_of(definition.leaving_asleep, language)} if definition.leaving_asleep else {}),
        }
    if definition.aliases:
        annotations["aliases"] = list(definition.aliases)
    if not definition.writable:
        published["readOnly"] = True
    return published


def _labelled(schema: JsonSchema, language: str) -> JsonSchema:
    labels = schema.get("x-crm", {}).get("label")
    if not labels:
        return schema
    annotations = {name: value for name, value in schema["x-crm"].items() if name != "label"}
    labelled = {"title": text_of(labels, language), **{k: v for k, v in schema.items() if k != "x-crm"}}
    if annotations:
        labelled["x-crm"] = annotations
    return labelled
