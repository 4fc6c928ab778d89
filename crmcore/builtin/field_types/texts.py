"""Short and long texts."""

import unicodedata
from typing import Any

from crmcore.builtin.field_types.options import WORDS, options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options

_SHORT = 500
_LONG = 20_000


def text_types() -> list[FieldType]:
    """Return ``text`` and ``long_text``."""
    limit = {"type": "integer", "minimum": 1, "maximum": _LONG}
    return [
        FieldType(
            key="text",
            label={"en": "Text", "ru": "Текст"},
            schema=lambda options: _schema(options, _SHORT),
            clean=_clean_line,
            options_schema=options_schema(max_length=limit),
            operators=WORDS,
        ),
        FieldType(
            key="long_text",
            label={"en": "Long text", "ru": "Длинный текст"},
            schema=lambda options: _schema(options, _LONG),
            clean=_clean_lines,
            widget="textarea",
            options_schema=options_schema(max_length=limit),
            operators=("contains", "empty"),
        ),
    ]


def _schema(options: Options, limit: int) -> JsonSchema:
    return {"type": "string", "maxLength": options.get("max_length", limit)}


def _clean_line(value: Any, options: Options) -> Any:
    # One form of each letter: "é" typed on a Mac and on Windows is found by the same filter.
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value


def _clean_lines(value: Any, options: Options) -> Any:
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    return "" if not text.strip() else text.rstrip()
