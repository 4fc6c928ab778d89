"""US Social Security numbers (SSA, POMS RM 10201.035)."""

import re

from stdnum.exceptions import ValidationError
from stdnum.us import ssn

from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

# Numbers that became public on cards in wallets, in brochures and in advertisements; the SSA has withdrawn them.
_PUBLIC = {
    *("022-28-1852", "042-10-3580", "062-36-0749", "078-05-1120", "095-07-3645", "128-03-6045"),
    *("135-01-6629", "141-18-6941", "165-16-7999", "165-18-7999", "165-20-7999", "165-22-7999"),
    *("165-24-7999", "189-09-2294", "212-09-7694", "212-09-9999", "219-09-9999", "306-30-2348"),
    *("308-12-5070", "457-55-5462", "468-28-8779", "549-24-1889"),
}
_WRITTEN = re.compile(r"([0-9]{3})([- ]?)([0-9]{2})\2([0-9]{4})")


def check_ssn(value: str, options: Options) -> str:
    """Return the number as ``536-90-4399``.

    Refused are areas 000, 666 and 900-999, group 00, serial 0000, and the numbers that became public in
    wallets and advertisements. Since June 2011 numbers say nothing about a state, so no more can be checked. Raises
    :class:`~crmcore.InvalidValue`.
    """
    match = _WRITTEN.fullmatch(typed_line(value, 20))
    if match is None:
        raise InvalidValue(
            {
                "en": "A Social Security number has nine digits, like 536-90-4399.",
                "ru": "В номере Social Security девять цифр, например 536-90-4399.",
            },
            code="not_an_ssn",
        )
    number = f"{match[1]}-{match[3]}-{match[4]}"
    try:
        if number in _PUBLIC:
            raise ValidationError
        ssn.validate(number)
    except ValidationError:
        raise InvalidValue(
            {
                "en": "No such Social Security number is issued to a person.",
                "ru": "Такой номер Social Security никому не выдаётся.",
            },
            code="never_issued",
        ) from None
    return number


SSN_US = Validator(
    key="ssn-us",
    label={"en": "US Social Security number", "ru": "Номер Social Security (США)"},
    description={
        "en": "Nine digits. Encrypted, shown masked, kept out of search and logs.",
        "ru": "Девять цифр. Хранится зашифрованным, показывается скрытым, не попадает в поиск и журналы.",
    },
    check=check_ssn,
    examples=("536-90-4399", "536904399", "001-01-0001"),
    counter_examples=(
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "123-00-4567",
        "123-45-0000",
        "078-05-1120",
    ),
    sensitive=True,
    shown_last=4,
)
