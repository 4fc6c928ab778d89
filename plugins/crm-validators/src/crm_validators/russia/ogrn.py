"""ОГРН and ОГРНИП, the numbers of companies and of sole proprietors in the state registers.

Structure and check digits: order of the Ministry of Finance 165n of 30 October 2017. python-stdnum compares the
whole remainder of an ОГРНИП with its last digit, and so refuses those whose remainder is 10 to 12.
"""

import re

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 30

# The first digit is the register: 1 and 5 stand for a company's main number, 3 for a proprietor's. The others
# stand for later entries about either, which are not who somebody is.
_COMPANY = re.compile(r"[15][0-9]{12}")
_PROPRIETOR = re.compile(r"3[0-9]{14}")


def check_ogrn(value: str, options: Options) -> str:
    """Return the digits: 13 of a company (ОГРН) or 15 of a sole proprietor (ОГРНИП).

    The last digit is the last one of the remainder that the digits before it leave when divided by 11, or by
    13. Option ``kind``: ``company`` or ``proprietor`` allows only that one. Raises
    :class:`~crmcore.InvalidValue`.
    """
    number = without_separators(typed_line(value, LONGEST))
    kind = options.get("kind")
    if _COMPANY.fullmatch(number) and kind != "proprietor":
        divisor = 11
    elif _PROPRIETOR.fullmatch(number) and kind != "company":
        divisor = 13
    else:
        raise InvalidValue(_SHAPES.get(str(kind), _ANY_SHAPE), code="not_an_ogrn")
    if int(number[:-1]) % divisor % 10 != int(number[-1]):
        raise InvalidValue(_WRONG_DIGITS, code="not_an_ogrn")
    return number


_ANY_SHAPE: Label = {
    "en": "An OGRN has 13 digits, an OGRNIP 15, like 1027700132195.",
    "ru": "В ОГРН 13 цифр, в ОГРНИП 15, например 1027700132195.",
}
_SHAPES: dict[str, Label] = {
    "company": {
        "en": "An OGRN has 13 digits and begins with 1 or 5.",
        "ru": "В ОГРН 13 цифр, первая 1 или 5.",
    },
    "proprietor": {
        "en": "An OGRNIP has 15 digits and begins with 3.",
        "ru": "В ОГРНИП 15 цифр, первая 3.",
    },
}
_WRONG_DIGITS: Label = {
    "en": "There is no such number: check the digits.",
    "ru": "Такого номера не бывает: проверьте цифры.",
}

OGRN_RU = Validator(
    key="ogrn-ru",
    label={"en": "Russian OGRN or OGRNIP", "ru": "ОГРН или ОГРНИП"},
    description={
        "en": "Number in the state register: 13 digits of a company or 15 of a sole proprietor.",
        "ru": "Номер в государственном реестре: 13 цифр у организации, 15 у предпринимателя.",
    },
    check=check_ogrn,
    examples=("1027700132195", "304500116000157", "1 02 77 00132195"),
    counter_examples=(
        "1027700132196",
        "304500116000158",
        "2027700132196",
        "102770013219",
        "0000000000000",
        "ОГРН",
    ),
    options_schema=format_options(
        kind=option(
            "Only of",
            "Только",
            choices={
                "company": {"en": "Companies (OGRN)", "ru": "Организации (ОГРН)"},
                "proprietor": {"en": "Sole proprietors (OGRNIP)", "ru": "Предприниматели (ОГРНИП)"},
            },
        )
    ),
)
