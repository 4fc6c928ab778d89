"""БИК, the code of a participant in the Bank of Russia's payment system.

Structure: Bank of Russia, Regulation 732-P of 24 September 2020. Nine digits without a check digit; the directory
changes daily and is not part of this package.
"""

import re

from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Options, Validator

LONGEST = 20
# 04 stands for banks and the Bank of Russia's own offices; 00, 01 and 02 for the Treasury's, since 2021.
_WRITTEN = re.compile(r"0[0124][0-9]{7}")


def check_bik(value: str, options: Options) -> str:
    """Return the nine digits. Raises :class:`~crmcore.InvalidValue`."""
    code = without_separators(typed_line(value, LONGEST))
    if not _WRITTEN.fullmatch(code) or not code.strip("0"):
        raise InvalidValue(
            {
                "en": "A BIK has nine digits, like 044525225.",
                "ru": "В БИК девять цифр, например 044525225.",
            },
            code="not_a_bik",
        )
    return code


BIK_RU = Validator(
    key="bik-ru",
    label={"en": "Russian BIK", "ru": "БИК"},
    description={
        "en": "Code of a Russian bank or Treasury office, nine digits; it has no check digit.",
        "ru": "Код российского банка или органа казначейства, девять цифр; контрольной цифры в нём нет.",
    },
    check=check_bik,
    examples=("044525225", "04 45 25 974", "024501901", "017003983"),
    counter_examples=("04452522", "0445252251", "144525225", "054525225", "000000000", "БИК"),
)
