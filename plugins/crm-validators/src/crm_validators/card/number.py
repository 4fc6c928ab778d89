"""Bank card numbers: checked as typed, kept as brand and last four digits."""

import re

from stdnum import luhn

from crm_validators.card.issuers import ISSUERS, issuer_of
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

LONGEST = 60
_WRITTEN = re.compile(r"[0-9]+(?:[ -]+[0-9]+)*")
_STORED = re.compile(
    "(?:" + "|".join(sorted({re.escape(issuer.name) for issuer in ISSUERS})) + ") \u2022{4} [0-9]{4}"
)


def check_card_number(value: str, options: Options) -> str:
    """Return brand and last four digits, ``Visa •••• 1111``: the number itself is never stored.

    The number must have a scheme's prefix, a length that this scheme issues, and the right check digit (Luhn,
    ISO/IEC 7812-1 annex B). A text that already is in the stored form is returned unchanged. No refusal
    repeats the digits. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    if _STORED.fullmatch(line):
        return line
    if not _WRITTEN.fullmatch(line):
        raise _refused()
    number = line.replace(" ", "").replace("-", "")
    issuer = issuer_of(number)
    if issuer is None or not luhn.is_valid(number):
        raise _refused()
    return f"{issuer.name} \u2022\u2022\u2022\u2022 {number[-4:]}"


def _refused() -> InvalidValue:
    return InvalidValue(
        {
            "en": "This is not the number of a bank card: check the digits.",
            "ru": "Это не номер банковской карты: проверьте цифры.",
        },
        code="not_a_card",
    )


CARD_NUMBER = Validator(
    key="card-number",
    label={"en": "Bank card number", "ru": "Номер банковской карты"},
    description={
        "en": "Checked, then only the brand and the last four digits are kept: Visa •••• 1111.",
        "ru": "Проверяется, после чего хранятся только система и последние четыре цифры: Visa •••• 1111.",
    },
    check=check_card_number,
    examples=("4111 1111 1111 1111", "5555-5555-5555-4444", "371449635398431", "Visa •••• 1111"),
    counter_examples=(
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "411111111111116",
        "9999 9999 9999 9995",
        "Visa •••• 11",
        "Somebank •••• 1111",
    ),
)
