"""Files as values of custom fields."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.builtin.field_types.options import options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

MAX_FILES = 20

_NOT_A_FILE: Label = {
    "en": "Upload the file first and give its id. A name or an address cannot be imported.",
    "ru": "Сначала загрузите файл и укажите его идентификатор. Имя или адрес импортировать нельзя.",
}
_KNOWN: JsonSchema = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string", "maxLength": 255},
        "size": {"type": "integer", "minimum": 0},
        "media_type": {"type": "string", "maxLength": 100},
        "url": {"type": "string", "maxLength": 200},
        "thumbnail_url": {"type": "string", "maxLength": 200},
    },
    "required": ["id"],
    "additionalProperties": False,
}


def file_type() -> FieldType:
    """Return ``file``: one uploaded file, or several. A value is given by its id; name, size and kind are known."""
    pattern = r"^([a-z]+/\*|[a-z]+/[a-z0-9][a-z0-9.+-]*)$"
    return FieldType(
        key="file",
        label={"en": "File", "ru": "Файл"},
        schema=_schema,
        clean=_clean,
        render=_render,
        widget="file",
        options_schema=options_schema(
            media_types={
                "type": "array",
                "maxItems": 50,
                "items": {"type": "string", "maxLength": 100, "pattern": pattern},
            },
            max_size={"type": "integer", "minimum": 1, "maximum": 10**9},
            several={"type": "boolean"},
        ),
        operators=("empty",),
    )


def _schema(options: Options) -> JsonSchema:
    stored: JsonSchema = {"x-crm": {"stored": "file"}}
    if options.get("several"):
        return {"type": "array", "items": _KNOWN, "maxItems": MAX_FILES, **stored}
    return {**_KNOWN, **stored}


def _clean(value: Any, options: Options) -> Any:
    """Return ``{"id": …}`` for an id or a document with one, a list of them for several files."""
    if options.get("several"):
        values = value if isinstance(value, list | tuple) else [value]
        found = [item for item in (_one(item) for item in values) if item is not None]
        return list({item["id"]: item for item in found}.values())
    if isinstance(value, list | tuple):
        value = value[-1] if value else None  # a form keeps the old file and sends a new one behind it
    return _one(value)


def _one(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    if isinstance(value, str) and not value.strip():
        return None
    if value is None:
        return None
    try:
        return {"id": str(value if isinstance(value, UUID) else UUID(value.strip()))}
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue(_NOT_A_FILE, code="not_a_file") from None


def _render(value: Any, options: Options, language: str) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(item.get("name") or item.get("id")) for item in values if isinstance(item, Mapping))
