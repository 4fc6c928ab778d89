"""What a comparison takes as its value, said to whoever asked with another one."""

from collections.abc import Mapping
from typing import Any

from crmcore.contracts.labels import Label

MOST_LISTED = 200
MOST_CHARACTERS = 1000

_LIST: Label = {
    "en": f"a list of 1 to {MOST_LISTED} values",
    "ru": f"список, в котором от 1 до {MOST_LISTED} значений",
}
_FLAG: Label = {"en": "true or false", "ru": "true или false"}
_TEXT: Label = {
    "en": f"a text of at most {MOST_CHARACTERS:,} characters",
    "ru": f"текст не длиннее {MOST_CHARACTERS} символов",
}
_SPAN: Label = {
    "en": 'a span like "today" or {"last": 30, "unit": "day"}',
    "ru": 'промежуток, например "today" или {"last": 30, "unit": "day"}',
}
_DAY: Label = {
    "en": 'a day like "2026-11-22", or a span like "today"',
    "ru": 'день, например "2026-11-22", или промежуток, например "today"',
}
_MOMENT: Label = {
    "en": 'a moment like "2026-11-22T14:00:00Z", or a span like "today"',
    "ru": 'момент, например "2026-11-22T14:00:00Z", или промежуток, например "today"',
}
_ID: Label = {"en": "the id of a record", "ru": "идентификатор записи"}
_NUMBER: Label = {"en": "a number like 12.5", "ru": "число, например 12.5"}
_WHOLE: Label = {"en": "a whole number like 12", "ru": "целое число, например 12"}
_DECIMAL: Label = {
    "en": 'a number like "12.50", of at most 15 digits',
    "ru": 'число, например "12.50", не больше 15 цифр',
}
_MONEY: Label = {
    "en": 'an amount with its currency, like "12.50 EUR"',
    "ru": 'сумма с валютой, например "12.50 EUR"',
}


def taken_value(op: str, schema: Mapping[str, Any], value: Any) -> Label:
    """Return what ``op`` takes for a field of ``schema``, of a list with a wrong member what its members are."""
    if op == "in" and not (isinstance(value, list) and 1 <= len(value) <= MOST_LISTED):
        return _LIST
    if op == "empty":
        return _FLAG
    if op == "within":
        return _SPAN
    return _TEXT if op == "contains" else _single(schema)


def _single(schema: Mapping[str, Any]) -> Label:
    stored, format = schema.get("x-crm", {}).get("stored"), schema.get("format")
    if stored in ("decimal", "money"):
        return _MONEY if stored == "money" else _DECIMAL
    known = {"date": _DAY, "date-time": _MOMENT, "uuid": _ID}
    if format in known:
        return known[format]
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    for kind, label in (("boolean", _FLAG), ("number", _NUMBER), ("integer", _WHOLE)):
        if kind in kinds:
            return label
    return _TEXT
