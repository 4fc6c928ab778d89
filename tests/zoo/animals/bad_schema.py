"""Describes a field type's options with a type that JSON Schema does not have."""

from crmcore import FieldType, hookimpl


@hookimpl
def register_field_types():
    return [
        FieldType(key="stars", label="Stars", schema=lambda options: {}, options_schema={"type": "strnig"})
    ]
