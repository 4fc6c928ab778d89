"""Phone numbers by the numbering plans of libphonenumber, stored in E.164."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 60  # an E.164 number has 15 digits; the rest is brackets, spaces and dashes

# Digits of any script with the usual separators; libphonenumber alone would also find a number in a sentence.
_WRITTEN = re.compile(r"(?:tel:)?[(（]?[+＋]?[\d\s()（）.·/\-‐‑‒–—―−－]+", re.IGNORECASE)
_HAS_MORE = re.compile(r"[^\W\d_]|[#;,*]")
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")  # the shortest in use, like Iran's +98 9601, have six

US_TERRITORIES = ("AS", "GU", "MP", "PR", "VI")


def check_phone_us(value: str, options: Options) -> str:
    """Return a number of the United States in E.164: ``(650) 253-0000`` becomes ``+16502530000``.

    Puerto Rico, Guam, the US Virgin Islands, American Samoa and the Northern Mariana Islands are dialled as
    any state is and are accepted, though numbering plans count them as countries of their own; the option
    ``territories`` false leaves only the states and the District of Columbia. Canada and the other countries
    that share the country code 1 are refused. Raises :class:`~crmcore.InvalidValue`.
    """
    number = _parsed(typed_line(value, LONGEST), "US", _NOT_US)
    regions = ("US",) if options.get("territories") is False else ("US", *US_TERRITORIES)
    if not any(phonenumbers.is_valid_number_for_region(number, region) for region in regions):
        raise InvalidValue(_NOT_US, code="not_a_us_phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def check_phone_international(value: str, options: Options) -> str:
    """Return a number of any country in E.164: ``+44 20 7946 0958`` becomes ``+442079460958``.

    A number without ``+`` (or ``00``) is understood as one of the option ``country``, and refused without
    that option. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    chosen = options.get("country")
    country = chosen if isinstance(chosen, str) and chosen in phonenumbers.SUPPORTED_REGIONS else None
    if country is None:
        # ITU-T E.123's international prefix; no country code begins with 0.
        line = re.sub("^00", "+", line)
    number = _parsed(line, country, _NOT_INTERNATIONAL if country is None else _NOT_A_PHONE)
    if not phonenumbers.is_valid_number(number):
        raise InvalidValue(_NOT_A_PHONE, code="not_a_phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def check_phone_e164(value: str, options: Options) -> str:
    """Return the number as it is: ``+`` and at most 15 digits without anything between (ITU-T E.164).

    The form that programs exchange: the country code must be assigned and the number of digits possible
    there, but the number need not be of a range in use, as new ranges reach the numbering plans late. A
    national ``0`` behind the country code is no part of it. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    if _E164.fullmatch(line):
        number = _parsed(line, None, _NOT_E164)
        possible = phonenumbers.is_possible_number(number)
        if possible and phonenumbers.format_number(number, PhoneNumberFormat.E164) == line:
            return line
    raise InvalidValue(_NOT_E164, code="not_e164")


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
_NOT_E164: Label = {
    "en": "Write + with the country code and digits only, like +16502530000.",
    "ru": "Запишите «+», код страны и только цифры, например +74951234567.",
}
_MORE_THAN_A_NUMBER: Label = {
    "en": "Write digits only, without letters. An extension needs a field of its own.",
    "ru": "Укажите только цифры, без букв. Для добавочного номера нужно отдельное поле.",
}

PHONE_US = Validator(
    key="phone-us",
    label={"en": "US phone number", "ru": "Телефон в США"},
    description={
        "en": "Ten digits, with or without +1, of a state or a territory. Stored as +16502530000.",
        "ru": "Десять цифр, с +1 или без, штата или внешней территории США. Хранится как +16502530000.",
    },
    check=check_phone_us,
    examples=("(650) 253-0000", "+1 650-253-0000", "1.800.225.5288", "(787) 234-5678"),
    counter_examples=(
        "253-0000",
        "(650) 153-0000",
        "+1 416 363 9491",
        "+44 20 7946 0958",
        "650-253-0000 x12",
    ),
    options_schema=format_options(
        territories=option(
            "Puerto Rico, Guam and other territories too",
            "И Пуэрто-Рико, Гуам и другие территории",
            type="boolean",
            default=True,
        )
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
    options_schema=format_options(
        country=option(
            "Country of numbers written without a country code",
            "Страна номеров, записанных без кода страны",
            enum=sorted(phonenumbers.SUPPORTED_REGIONS),
        )
    ),
)

PHONE_E164 = Validator(
    key="phone-e164",
    label={"en": "Phone number in E.164", "ru": "Телефон в формате E.164"},
    description={
        "en": "A number as programs exchange it: + and digits, nothing between.",
        "ru": "Номер в том виде, в каком им обмениваются программы: «+» и цифры подряд.",
    },
    check=check_phone_e164,
    examples=("+16502530000", "+442079460958", "+79161234567", "+6834000"),
    counter_examples=(
        "16502530000",
        "+1 650 253 0000",
        "0016502530000",
        "+4402079460958",
        "+999123456789",
        "+1650253000",
        "+1234567890123456",
    ),
)
