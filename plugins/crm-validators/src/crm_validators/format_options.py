"""How a format's options are described: one JSON Schema, with words for people in both languages."""

from collections.abc import Mapping
from typing import Any

from crmcore import JsonSchema, Label


def format_options(**properties: JsonSchema) -> JsonSchema:
    """Return the schema of an options object that has these properties and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def option(en: str, ru: str, choices: Mapping[str, Label] | None = None, **schema: Any) -> JsonSchema:
    """Return the schema of one option, named for people in English and Russian; ``choices`` name its values."""
    shown: dict[str, Any] = {"label": {"en": en, "ru": ru}}
    if choices:
        schema = {**schema, "enum": list(choices)}
        shown["choices"] = dict(choices)
    return {**schema, "title": en, "x-crm": shown}
