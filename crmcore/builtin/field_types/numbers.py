"""Numbers, whole numbers and decimals."""

import re
from decimal import Decimal
from typing import Any

from crmcore.builtin.field_types.options import LARGEST, ORDERED, options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.written_numbers import written_number

_NOT_A_NUMBER: Label = {"en": "This must be a number.", "ru": "Здесь должно быть число."}
_NOT_A_WHOLE: Label = {"en": "This must be a whole number.", "ru": "Здесь должно быть целое число."}
_TOO_PRECISE: Label = {
    "en": "At most {places} digits may stand behind the point.",
    "ru": "После запятой может быть не больше {places} знаков.",
}
_TOO_SMALL: Label = {"en": "This must be at least {limit}.", "ru": "Должно быть не меньше {limit}."}
_TOO_LARGE: Label = {"en": "This must be at most {limit}.", "ru": "Должно быть не больше {limit}."}
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
# With 15 digits SQLite's floating point tells any two decimals apart, as PostgreSQL's numeric does.
MAX_DIGITS = 15


def number_types() -> list[FieldType]:
    """Return ``number``, ``integer`` and ``decimal``."""
    limit = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    whole = {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
    exact = {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,8})?$"}
    return [
        FieldType(
            key="number",
            label={"en": "Number", "ru": "Число"},
            schema=lambda options: _schema(options, whole=bool(options.get("integer"))),
            clean=lambda value, options: _clean(value, whole=bool(options.get("integer"))),
            render=_render,
            widget="number",
            options_schema=options_schema(minimum=limit, maximum=limit, integer={"type": "boolean"}),
            operators=ORDERED,
        ),
        FieldType(
            key="integer",
            label={"en": "Whole number", "ru": "Целое число"},
            schema=lambda options: _schema(options, whole=True),
            clean=lambda value, options: _clean(value, whole=True),
            render=_render,
            widget="number",
            options_schema=options_schema(minimum=whole, maximum=whole),
            operators=ORDERED,
        ),
        FieldType(
            key="decimal",
            label={"en": "Decimal number", "ru": "Десятичное число"},
            schema=_decimal_schema,
            clean=_clean_decimal,
            render=_render_decimal,
            options_schema=options_schema(
                places={"type": "integer", "minimum": 0, "maximum": 8}, minimum=exact, maximum=exact
            ),
            operators=ORDERED,
        ),
    ]


def exact_decimal(value: Any, places: int) -> str:
    """Return ``value`` with exactly ``places`` digits behind the point.

    Accepts texts and whole numbers, and floats by their shortest form. Raises InvalidValue for what has more
    digits (nothing is rounded in silence) and for a text that could mean two numbers.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidValue(_NOT_A_NUMBER, code="wrong_type")
    text = written_number(value) if isinstance(value, str) else format(Decimal(repr(value)), "f")
    if not _DECIMAL.fullmatch(text):
        raise InvalidValue(_NOT_A_NUMBER, code="wrong_type")
    number = Decimal(text)
    fixed = number.quantize(Decimal(1).scaleb(-places)) if abs(number) < LARGEST else number
    if fixed != number:
        raise InvalidValue(_TOO_PRECISE, code="too_precise", places=places)
    largest = 10 ** (MAX_DIGITS - places)
    if abs(number) >= largest:
        sentence, code = (_TOO_LARGE, "too_large") if number > 0 else (_TOO_SMALL, "too_small")
        raise InvalidValue(sentence, code=code, limit=(largest - 1) if number > 0 else 1 - largest)
    return format(fixed or abs(fixed), "f")


def _schema(options: Options, *, whole: bool) -> JsonSchema:
    return {
        "type": "integer" if whole else "number",
        "minimum": options.get("minimum", -LARGEST),
        "maximum": options.get("maximum", LARGEST),
    }


def _clean(value: Any, *, whole: bool) -> Any:
    """Turn what a form or a table sends (``"12"``, ``"12,5"``) into a number."""
    sentence = _NOT_A_WHOLE if whole else _NOT_A_NUMBER
    if isinstance(value, str):
        text = written_number(value)
        if not text:
            return None
        if len(text) > 40 or "_" in text or not text.isascii():
            raise InvalidValue(sentence, code="wrong_type")
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                raise InvalidValue(sentence, code="wrong_type") from None
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidValue(_NOT_A_NUMBER, code="wrong_type")
        if value.is_integer() and abs(value) <= LARGEST:
            return int(value)
        if whole:
            raise InvalidValue(_NOT_A_WHOLE, code="wrong_type")
    return value


def _render(value: Any, options: Options, language: str) -> str:
    from babel.numbers import format_decimal

    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return format_decimal(value, locale=language)


def _decimal_schema(options: Options) -> JsonSchema:
    places = options.get("places", 2)
    digits = rf"\.[0-9]{{{places}}}" if places else ""
    return {
        "type": "string",
        "pattern": rf"^-?[0-9]{{1,{MAX_DIGITS - places}}}{digits}$",
        "maxLength": 20,
        "x-crm": {"stored": "decimal"},
    }


def _clean_decimal(value: Any, options: Options) -> Any:
    if isinstance(value, str) and not value.strip():
        return None
    text = exact_decimal(value, options.get("places", 2))
    for name, sentence, code in (("minimum", _TOO_SMALL, "too_small"), ("maximum", _TOO_LARGE, "too_large")):
        if name in options:
            limit = Decimal(options[name])
            if Decimal(text) < limit if name == "minimum" else Decimal(text) > limit:
                raise InvalidValue(sentence, code=code, limit=options[name])
    return text


def _render_decimal(value: Any, options: Options, language: str) -> str:
    from babel.numbers import format_decimal

    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        return "" if value is None else str(value)
    places = options.get("places", 2)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return format_decimal(Decimal(value), format=pattern, locale=language)
