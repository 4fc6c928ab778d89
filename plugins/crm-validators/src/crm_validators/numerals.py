"""Whole and decimal numbers written as text, as long as a person could mean them."""

import re
from decimal import Decimal
from math import isfinite

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, JsonSchema, Label, Options, Validator

LONGEST = 40

_INTEGER = re.compile(r"([+-]?)([0-9]+)")
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:([.,])([0-9]+))?")
# 1,234 is a little more than one in Moscow and more than a thousand in London.
_MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_MINUS = str.maketrans({"−": "-", "‑": "-", "–": "-"})


def check_integer(value: str, options: Options) -> str:
    """Return a whole number without ``+`` and leading zeros: ``+007`` becomes ``7``.

    Options ``minimum`` and ``maximum`` bound it. Raises :class:`~crmcore.InvalidValue`.
    """
    match = _INTEGER.fullmatch(typed_line(value, LONGEST).translate(_MINUS))
    if match is None:
        raise InvalidValue(_NOT_AN_INTEGER, code="not_an_integer")
    number = str(int(match[1] + match[2]))
    _refuse_outside(number, options)
    return number


def check_decimal(value: str, options: Options) -> str:
    """Return a decimal number with a point: ``1,50`` becomes ``1.50``; its decimal places are kept.

    Thousands are not separated. A comma before three digits (``1,234``) could be that separator, so it is
    refused unless the option ``comma`` is true, which says that commas stand before decimals only. Option
    ``places`` bounds the digits after the point, ``minimum`` and ``maximum`` the number. Raises
    :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST).translate(_MINUS)
    match = _DECIMAL.fullmatch(line)
    if match is None or not (match[2] or match[4]):
        raise InvalidValue(_NOT_A_DECIMAL, code="not_a_decimal")
    if _MAYBE_THOUSANDS.fullmatch(line) and options.get("comma") is not True:
        raise InvalidValue(_WHICH_COMMA, code="ambiguous_comma")
    decimals, places = match[4] or "", options.get("places")
    if isinstance(places, int) and len(decimals) > places:
        raise InvalidValue(_TOO_MANY_PLACES, code="too_many_places", places=places)
    text = match[2].lstrip("0") or "0"
    if decimals:
        text += "." + decimals
    if match[1] == "-" and text.strip("0."):
        text = "-" + text
    _refuse_outside(text, options)
    return text


def _refuse_outside(number: str, options: Options) -> None:
    minimum, maximum = options.get("minimum"), options.get("maximum")
    if _is_bound(minimum) and Decimal(number) < Decimal(repr(minimum)):
        raise InvalidValue(_TOO_SMALL, code="too_small", minimum=minimum)
    if _is_bound(maximum) and Decimal(number) > Decimal(repr(maximum)):
        raise InvalidValue(_TOO_LARGE, code="too_large", maximum=maximum)


def _is_bound(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


_NOT_AN_INTEGER: Label = {"en": "Write a whole number, like 42.", "ru": "Укажите целое число, например 42."}
_NOT_A_DECIMAL: Label = {"en": "Write a number, like 3.14.", "ru": "Укажите число, например 3,14."}
_TOO_SMALL: Label = {"en": "This is less than {minimum}.", "ru": "Это меньше {minimum}."}
_TOO_LARGE: Label = {"en": "This is more than {maximum}.", "ru": "Это больше {maximum}."}
_TOO_MANY_PLACES: Label = {
    "en": "Write at most {places} digits after the point.",
    "ru": "После запятой может быть не больше {places} цифр.",
}
_WHICH_COMMA: Label = {
    "en": "Is the comma a decimal one? Then write a point; thousands are not separated.",
    "ru": "Эта запятая отделяет дробную часть? Тогда поставьте точку; тысячи не разделяются.",
}


def _bounds(**more: JsonSchema) -> JsonSchema:
    return format_options(
        minimum=option("Smallest value", "Наименьшее значение", type="number"),
        maximum=option("Largest value", "Наибольшее значение", type="number"),
        **more,
    )


INTEGER = Validator(
    key="integer",
    label={"en": "Whole number", "ru": "Целое число"},
    description={
        "en": "Digits with or without a sign, stored without a plus and leading zeros.",
        "ru": "Цифры со знаком или без, хранятся без плюса и нулей в начале.",
    },
    check=check_integer,
    examples=("42", "-7", "+007", "0"),
    counter_examples=("3.14", "1e5", "1,000", "seven", "", "0x10", "٣", "1_000"),
    options_schema=_bounds(),
)

DECIMAL = Validator(
    key="decimal",
    label={"en": "Decimal number", "ru": "Десятичное число"},
    description={
        "en": "A number with a decimal point or comma, stored with a point.",
        "ru": "Число с десятичной точкой или запятой, хранится с точкой.",
    },
    check=check_decimal,
    examples=("3.14", "-0,5", "42", "007.10", ".5"),
    counter_examples=("1.2.3", "1e5", "NaN", "1 000", "1,000.5", "1,000", ".", "5.", "-"),
    options_schema=_bounds(
        places=option(
            "Most digits after the point",
            "Больше всего цифр после запятой",
            type="integer",
            minimum=0,
            maximum=38,
        ),
        comma=option("A comma is always decimal", "Запятая всегда десятичная", type="boolean", default=False),
    ),
)
