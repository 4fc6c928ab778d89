"""Short forms for the base fields of record types: each returns a JSON Schema property."""

from typing import Any

from crmcore.contracts.fields import JsonSchema


def text(en: str, ru: str, *, limit: int, **more: Any) -> JsonSchema:
    """Return a text of at most ``limit`` characters; the empty text is no value."""
    return {"type": "string", "maxLength": limit, "x-crm": {"label": {"en": en, "ru": ru}}, **more}


def choice(en: str, ru: str, *choices: str) -> JsonSchema:
    """Return one of ``choices``."""
    return {"type": "string", "enum": list(choices), "x-crm": {"label": {"en": en, "ru": ru}}}


def reference(en: str, ru: str, record_type: str) -> JsonSchema:
    """Return a reference to another record, or null."""
    labels = {"en": en, "ru": ru}
    return {
        "type": ["string", "null"],
        "format": "uuid",
        "x-crm": {"label": labels, "reference": record_type},
    }


def moment(en: str, ru: str, *, read_only: bool = False) -> JsonSchema:
    """Return a moment with its zone (RFC 3339), or null."""
    schema: JsonSchema = {
        "type": ["string", "null"],
        "format": "date-time",
        "maxLength": 40,
        "x-crm": {"label": {"en": en, "ru": ru}},
    }
    return {**schema, "readOnly": True} if read_only else schema


def kept(en: str, ru: str, schema: JsonSchema) -> JsonSchema:
    """Return a property that the core keeps itself and nobody writes."""
    return {**schema, "readOnly": True, "x-crm": {"label": {"en": en, "ru": ru}}}


NAMED_RECORD: JsonSchema = {
    "type": ["object", "null"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
}


def named(id: Any, name: str, **more: Any) -> dict[str, Any] | None:
    """Return another record as a document shows it; None when there is none."""
    return None if id is None else {"id": id, "name": name, **more}
