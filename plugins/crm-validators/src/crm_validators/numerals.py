"""Whole and decimal numbers written as text."""

import re

from crm_validators.typed import typed_line
from crmcore import InvalidValue, JsonSchema, Label, Options, Validator

LONGEST = 40
MOST_DIGITS = 18  # what a 64-bit integer surely holds

_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,18})")
_DECIMAL = re.compile(r"([+-]?)0*([0-9]{1,18})(?:[.,]([0-9]{1,18}))?")
_MINUS = str.maketrans({"−": "-", "‑": "-", "–": "-"})


def check_integer(value: str, options: Options) -> str:
    """Return a whole number without ``+`` and leading zeros: ``+007`` becomes ``7``.

    Options ``minimum`` and ``maximum`` bound it. Raises :class:`~crmcore.InvalidValue`.
    """
    match = _INTEGER.fullmatch(typed_line(value, LONGEST).translate(_MINUS))
    if match is None:
        raise InvalidValue(
            {"en": "Write a whole number, like 42.", "ru": "Укажите целое число, например 42."},
            code="not_an_integer",
        )
    number = int(match[1] + match[2])
    _refuse_outside(number, options)
    return str(number)


def check_decimal(value: str, options: Options) -> str:
    """Return a decimal number with a point: ``1,50`` becomes ``1.50``; its decimal places are kept.

    Option ``places`` bounds the digits after the point, ``minimum`` and ``maximum`` the number. Thousands are
    not separated. Raises :class:`~crmcore.InvalidValue`.
    """
    match = _DECIMAL.fullmatch(typed_line(value, LONGEST).translate(_MINUS))
    places = options.get("places")
    if match is None or (isinstance(places, int) and len(match[3] or "") > places):
        raise InvalidValue(
            {"en": "Write a number, like 3.14.", "ru": "Укажите число, например 3,14."}
            if not isinstance(places, int) or match is None
            else {
                "en": "Write at most {places} digits after the point.",
                "ru": "После запятой может быть не больше {places} цифр.",
            },
            code="not_a_decimal",
            places=places,
        )
    text = match[2].lstrip("0") or "0"
    if match[3]:
        text += "." + match[3]
    if match[1] == "-" and text.strip("0."):
        text = "-" + text
    _refuse_outside(float(text), options)
    return text


def _refuse_outside(number: float, options: Options) -> None:
    minimum, maximum = options.get("minimum"), options.get("maximum")
    if isinstance(minimum, int | float) and number < minimum:
        raise InvalidValue(_TOO_SMALL, code="too_small", minimum=minimum)
    if isinstance(maximum, int | float) and number > maximum:
        raise InvalidValue(_TOO_LARGE, code="too_large", maximum=maximum)


_TOO_SMALL: Label = {"en": "This is less than {minimum}.", "ru": "Это меньше {minimum}."}
_TOO_LARGE: Label = {"en": "This is more than {maximum}.", "ru": "Это больше {maximum}."}


def _bounds(**more: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"minimum": {"type": "number"}, "maximum": {"type": "number"}, **more},
    }


INTEGER = Validator(
    key="integer",
    label={"en": "Whole number", "ru": "Целое число"},
    check=check_integer,
    examples=("42", "-7", "+007", "0"),
    counter_examples=("3.14", "1e5", "1,000", "seven", "", "0x10", "٣"),
    options_schema=_bounds(),
)

DECIMAL = Validator(
    key="decimal",
    label={"en": "Decimal number", "ru": "Десятичное число"},
    check=check_decimal,
    examples=("3.14", "-0,5", "42", "007.10"),
    counter_examples=("1.2.3", "1e5", "NaN", "1 000", "1,000.5", ".", "5."),
    options_schema=_bounds(places={"type": "integer", "minimum": 0, "maximum": 18}),
)
