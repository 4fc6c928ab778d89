"""How a format's options are described: one JSON Schema, with words for people in both languages."""

from typing import Any

from crmcore import JsonSchema


def format_options(**properties: JsonSchema) -> JsonSchema:
    """Return the schema of an options object that has these properties and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def option(en: str, ru: str, **schema: Any) -> JsonSchema:
    """Return the schema of one option, named for people in English and Russian."""
    return {**schema, "title": en, "x-crm": {"label": {"en": en, "ru": ru}}}
