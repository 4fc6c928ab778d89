"""КПП, the code of the reason for tax registration: it goes beside a company's ИНН.

Structure: order of the Federal Tax Service MMV-7-6/435@ of 29 June 2012: four digits of the tax office, two
digits or capital letters of the reason, three of a serial number. There is no check digit.
"""

import re

from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Options, Validator

LONGEST = 20
# The tax office begins with a region, 01 to 99, as in the Service's own XML schemas.
_WRITTEN = re.compile(r"(?:0[1-9]|[1-9][0-9])[0-9]{2}[0-9A-Z]{2}[0-9]{3}")


def check_kpp(value: str, options: Options) -> str:
    """Return the nine characters in capitals. Raises :class:`~crmcore.InvalidValue`."""
    code = without_separators(typed_line(value, LONGEST)).upper()
    if not _WRITTEN.fullmatch(code):
        raise InvalidValue(
            {"en": "A KPP has nine digits, like 773601001.", "ru": "В КПП девять цифр, например 773601001."},
            code="not_a_kpp",
        )
    return code


KPP_RU = Validator(
    key="kpp-ru",
    label={"en": "Russian KPP", "ru": "КПП"},
    description={
        "en": "Code of the reason for tax registration, nine characters; it has no check digit.",
        "ru": "Код причины постановки на учёт, девять знаков; контрольной цифры в нём нет.",
    },
    check=check_kpp,
    examples=("773601001", "7736 01 001", "9909ab001"),
    counter_examples=("77360100", "7736010011", "000000000", "77A601001", "77360100A", "КПП"),
)
