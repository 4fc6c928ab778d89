"""The core's own field types."""

from datetime import date
from typing import Any

from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import InvalidValue
from crmcore.hookspecs import hookimpl

_NOT_A_NUMBER: Label = {"en": "This must be a number.", "ru": "Здесь должно быть число."}
_NOT_A_WHOLE: Label = {"en": "This must be a whole number.", "ru": "Здесь должно быть целое число."}
_NOT_A_DATE: Label = {
    "en": "Write a date as year, month and day, like 2026-11-22.",
    "ru": "Запишите дату как год, месяц и день, например 2026-11-22.",
}
_NOT_YES_OR_NO: Label = {"en": "This must be yes or no.", "ru": "Здесь должно быть да или нет."}
# Further numbers lose digits in JavaScript and in SQLite's floating point.
_LARGEST = 10**15
_LARGEST_TEXT = 20_000


def _options(**properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _text_schema(options: Options) -> JsonSchema:
    return {"type": "string", "maxLength": options.get("max_length", 500)}


def _text_clean(value: Any, options: Options) -> Any:
    return value.strip() if isinstance(value, str) else value


def _number_schema(options: Options) -> JsonSchema:
    return {
        "type": "integer" if options.get("integer") else "number",
        "minimum": options.get("minimum", -_LARGEST),
        "maximum": options.get("maximum", _LARGEST),
    }


def _number_clean(value: Any, options: Options) -> Any:
    """Turn what a form or a table sends (``"12"``, ``"12,5"``) into a number."""
    whole = bool(options.get("integer"))
    if isinstance(value, str):
        text = value.strip().replace("\u00a0", "").replace(" ", "").replace("\u2212", "-")
        if not text:
            return None
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        if len(text) > 40 or "_" in text or not text.isascii():
            raise InvalidValue(_NOT_A_WHOLE if whole else _NOT_A_NUMBER, code="wrong_type")
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                raise InvalidValue(_NOT_A_WHOLE if whole else _NOT_A_NUMBER, code="wrong_type") from None
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidValue(_NOT_A_NUMBER, code="wrong_type")
        if value.is_integer() and abs(value) <= _LARGEST:
            return int(value)
        if whole:
            raise InvalidValue(_NOT_A_WHOLE, code="wrong_type")
    return value


def _number_render(value: Any, options: Options, language: str) -> str:
    from babel.numbers import format_decimal

    return "" if value is None else format_decimal(value, locale=language)


_CHOICE: JsonSchema = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": 120},
        "label": {
            "anyOf": [
                {"type": "string", "maxLength": 200},
                {"type": "object", "additionalProperties": {"type": "string", "maxLength": 200}},
            ]
        },
        "retired": {"type": "boolean"},
    },
    "required": ["value"],
    "additionalProperties": False,
}


def _drop_down_schema(options: Options) -> JsonSchema:
    return {
        "type": "string",
        "enum": [choice["value"] for choice in options["choices"] if not choice.get("retired")],
    }


def _drop_down_clean(value: Any, options: Options) -> Any:
    """Accept a choice by its value, or by a label in any language as people write it in tables."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if any(choice["value"] == text for choice in options["choices"]):
        return text
    for choice in options["choices"]:
        label = choice.get("label", "")
        if text and text.casefold() in [
            word.casefold() for word in (label.values() if isinstance(label, dict) else [label])
        ]:
            return choice["value"]
    return text


def _drop_down_render(value: Any, options: Options, language: str) -> str:
    for choice in options.get("choices", ()):
        if choice["value"] == value:
            return text_of(choice.get("label") or value, language)
    return "" if value is None else str(value)


_YES = frozenset({"true", "yes", "on", "1", "да", "y"})
_NO = frozenset({"false", "no", "off", "0", "нет", "n"})


def _checkbox_clean(value: Any, options: Options) -> Any:
    if isinstance(value, str):
        word = value.strip().casefold()
        if word in _YES:
            return True
        if word in _NO:
            return False
        if word:
            raise InvalidValue(_NOT_YES_OR_NO, code="wrong_type")
        return None
    return value


def _checkbox_render(value: Any, options: Options, language: str) -> str:
    if value is None:
        return ""
    return text_of({"en": "Yes", "ru": "Да"} if value else {"en": "No", "ru": "Нет"}, language)


def _date_clean(value: Any, options: Options) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    try:
        # Only the extended form: fromisoformat alone takes week dates and compact forms too.
        if len(text) != 10:
            raise ValueError("length")
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidValue(_NOT_A_DATE, code="not_a_date") from None


def _date_render(value: Any, options: Options, language: str) -> str:
    from babel.dates import format_date

    if not isinstance(value, str):
        return ""
    try:
        return format_date(date.fromisoformat(value), format="medium", locale=language)
    except ValueError:
        return value


class FieldTypes:
    """Contributes text, number, drop-down, checkbox and date."""

    @hookimpl
    def register_field_types(self) -> list[FieldType]:
        """Return the built-in field types."""
        return [
            FieldType(
                key="text",
                label={"en": "Text", "ru": "Текст"},
                schema=_text_schema,
                clean=_text_clean,
                options_schema=_options(
                    max_length={"type": "integer", "minimum": 1, "maximum": _LARGEST_TEXT}
                ),
                operators=("eq", "ne", "in", "contains", "empty"),
            ),
            FieldType(
                key="number",
                label={"en": "Number", "ru": "Число"},
                schema=_number_schema,
                clean=_number_clean,
                render=_number_render,
                widget="number",
                options_schema=_options(
                    minimum={"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
                    maximum={"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
                    integer={"type": "boolean"},
                ),
                operators=("eq", "ne", "in", "lt", "lte", "gt", "gte", "empty"),
            ),
            FieldType(
                key="drop_down",
                label={"en": "Drop-down list", "ru": "Выпадающий список"},
                schema=_drop_down_schema,
                clean=_drop_down_clean,
                render=_drop_down_render,
                widget="select",
                options_schema={
                    **_options(choices={"type": "array", "minItems": 1, "maxItems": 500, "items": _CHOICE}),
                    "required": ["choices"],
                },
            ),
            FieldType(
                key="checkbox",
                label={"en": "Checkbox", "ru": "Флажок"},
                schema=lambda options: {"type": "boolean"},
                clean=_checkbox_clean,
                render=_checkbox_render,
                widget="checkbox",
                options_schema=_options(),
                operators=("eq", "empty"),
            ),
            FieldType(
                key="date",
                label={"en": "Date", "ru": "Дата"},
                schema=lambda options: {"type": "string", "format": "date", "maxLength": 10},
                clean=_date_clean,
                render=_date_render,
                widget="date",
                options_schema=_options(),
                operators=("eq", "ne", "in", "lt", "lte", "gt", "gte", "empty"),
            ),
        ]
