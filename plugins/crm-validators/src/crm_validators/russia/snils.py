"""СНИЛС, the insurance number of a person's account with Russia's Social Fund.

Check number: the Pension Fund's formats of accounting data, section «Алгоритм формирования контрольного числа
Страхового номера».
"""

import re

from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 25
LAST_UNCHECKED = 1_001_998  # 001-001-998: numbers up to it were given out before there was a check number

_WRITTEN = re.compile(r"([0-9]{3})([0-9]{3})([0-9]{3})([0-9]{2})")


def check_snils(value: str, options: Options) -> str:
    """Return the number as ``112-233-445 95``.

    The check number is the sum of the nine digits times their places from the end, its remainder by 101, and
    00 for a remainder of 100. Raises :class:`~crmcore.InvalidValue`.
    """
    match = _WRITTEN.fullmatch(without_separators(typed_line(value, LONGEST)))
    if match is None:
        raise InvalidValue(_WRONG_LENGTH, code="not_a_snils")
    number = match[1] + match[2] + match[3]
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(number))
    if int(number) == 0 or (int(number) > LAST_UNCHECKED and total % 101 % 100 != int(match[4])):
        raise InvalidValue(_WRONG_DIGITS, code="not_a_snils")
    return f"{match[1]}-{match[2]}-{match[3]} {match[4]}"


_WRONG_LENGTH: Label = {
    "en": "A SNILS has eleven digits, like 112-233-445 95.",
    "ru": "В СНИЛС одиннадцать цифр, например 112-233-445 95.",
}
_WRONG_DIGITS: Label = {
    "en": "There is no such SNILS: check the digits.",
    "ru": "Такого СНИЛС не бывает: проверьте цифры.",
}

SNILS_RU = Validator(
    key="snils-ru",
    label={"en": "Russian SNILS", "ru": "СНИЛС"},
    description={
        "en": "A person's insurance number, eleven digits. Encrypted, shown masked, kept out of search and logs.",
        "ru": "Страховой номер человека, одиннадцать цифр. Зашифрован, скрыт, не попадает в поиск и журналы.",
    },
    check=check_snils,
    examples=("112-233-445 95", "11223344595", "087-654-303 00"),
    counter_examples=("112-233-445 96", "112-233-445", "000-000-000 00", "112-233-445 951", "СНИЛС"),
    sensitive=True,
    shown_last=2,
)
