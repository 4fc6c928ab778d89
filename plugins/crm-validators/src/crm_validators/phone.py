"""Phone numbers by the numbering plans of libphonenumber, stored in E.164."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 60  # an E.164 number has 15 digits; the rest is brackets, spaces and dashes

# Digits of any script with the usual separators; libphonenumber alone would also find a number in a sentence.
_WRITTEN = re.compile(r"(?:tel:)?[(（]?[+＋]?[\d\s()（）.·/\-‐‑‒–—―−－]+", re.IGNORECASE)
_HAS_MORE = re.compile(r"[^\W\d_]|[#;,*]")


def check_phone_us(value: str, options: Options) -> str:
    """Return a number of the United States in E.164: ``(650) 253-0000`` becomes ``+16502530000``.

    Canada and the Caribbean share the country code 1 and are refused; so are Puerto Rico, Guam and the other
    territories, which numbering plans count as countries of their own. Raises :class:`~crmcore.InvalidValue`.
    """
    number = _parsed(typed_line(value, LONGEST), "US", _NOT_US)
    if not phonenumbers.is_valid_number_for_region(number, "US"):
        raise InvalidValue(_NOT_US, code="not_a_us_phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def check_phone_international(value: str, options: Options) -> str:
    """Return a number of any country in E.164: ``+44 20 7946 0958`` becomes ``+442079460958``.

    A number without ``+`` (or ``00``) is understood as one of the option ``country``, and refused without
    that option. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    country = options.get("country")
    if country not in phonenumbers.SUPPORTED_REGIONS:
        country = None
        if line.startswith("00"):  # ITU-T E.123's international prefix; no country code begins with 0
            line = "+" + line[2:]
    number = _parsed(line, country, _NOT_INTERNATIONAL if country is None else _NOT_A_PHONE)
    if not phonenumbers.is_valid_number(number):
        raise InvalidValue(_NOT_A_PHONE, code="not_a_phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _parsed(line: str, country: str | None, refusal: Label) -> phonenumbers.PhoneNumber:
    if not _WRITTEN.fullmatch(line):
        raise InvalidValue(_MORE_THAN_A_NUMBER if _HAS_MORE.search(line) else refusal, code="not_a_phone")
    try:
        return phonenumbers.parse(line, country)
    except NumberParseException:
        raise InvalidValue(refusal, code="not_a_phone") from None


_NOT_US: Label = {
    "en": "This is not a US phone number. It has ten digits, like (650) 253-0000.",
    "ru": "Это не телефонный номер США. В нём десять цифр, например (650) 253-0000.",
}
_NOT_A_PHONE: Label = {
    "en": "There is no such phone number: check the digits and how many there are.",
    "ru": "Такого телефонного номера не бывает: проверьте цифры и их количество.",
}
_NOT_INTERNATIONAL: Label = {
    "en": "Write the number with + and its country code, like +44 20 7946 0958.",
    "ru": "Укажите номер с «+» и кодом страны, например +7 495 123-45-67.",
}
_MORE_THAN_A_NUMBER: Label = {
    "en": "Write digits only, without letters. An extension needs a field of its own.",
    "ru": "Укажите только цифры, без букв. Для добавочного номера нужно отдельное поле.",
}

PHONE_US = Validator(
    key="phone-us",
    label={"en": "US phone number", "ru": "Телефон в США"},
    description={
        "en": "Ten digits by the North American plan, with or without +1. Stored as +16502530000.",
        "ru": "Десять цифр по североамериканскому плану, с +1 или без. Хранится как +16502530000.",
    },
    check=check_phone_us,
    examples=("(650) 253-0000", "+1 650-253-0000", "1.800.225.5288"),
    counter_examples=(
        "253-0000",
        "(650) 153-0000",
        "+1 416 363 9491",
        "+44 20 7946 0958",
        "650-253-0000 x12",
    ),
)

PHONE_INTERNATIONAL = Validator(
    key="phone-international",
    label={"en": "International phone number", "ru": "Международный телефон"},
    description={
        "en": "A number of any country. Stored as + and digits.",
        "ru": "Номер любой страны. Хранится как + и цифры.",
    },
    check=check_phone_international,
    examples=("+44 20 7946 0958", "+7 (495) 123-45-67", "0049 30 901820", "+39 06 698 1"),
    counter_examples=(
        "020 7946 0958",
        "+44 20",
        "+999 123 456 789",
        "+7 495 123-45-6",
        "phone",
        "+1 650 253 0000 0",
    ),
    options_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "country": {
                "enum": sorted(phonenumbers.SUPPORTED_REGIONS),
                "title": "Country of numbers written without a country code",
            }
        },
    },
)
