"""International bank account numbers (ISO 13616) by SWIFT's register of national structures."""

import re

from stdnum import iban, numdb
from stdnum.es import ccc
from stdnum.exceptions import ValidationError

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 60  # the longest IBAN has 34 characters; the rest is spaces
COUNTRIES = tuple(sorted({first for _, first, *_ in numdb.get("iban").prefixes}))

_WRITTEN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}")
# The check digits are 98 less a remainder (ISO 7064), so these three never occur, though 97 divides them too.
_NEVER = ("00", "01", "99")


def check_iban(value: str, options: Options) -> str:
    """Return the number in capitals without spaces: ``de89 3704 …`` becomes ``DE89370400440532013000``.

    The country must be in the register, the rest of its length and structure, and the check digits right;
    Belgian and Spanish numbers have further check digits inside, which are tried too. Banks are not looked up:
    python-stdnum's list of the Belgian ones lacks even that of the register's example. Option ``country``
    allows only that one. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST).upper().removeprefix("IBAN").lstrip(" :")
    # Dots are how accounts are grouped in Norway: NO07.8380.08.06006.
    number = without_separators(line, " -.") if line else ""
    if not _WRITTEN.fullmatch(number):
        raise InvalidValue(_NOT_AN_IBAN, code="not_an_iban")
    country = options.get("country")
    if country in COUNTRIES and not number.startswith(str(country)):
        raise InvalidValue(_OTHER_COUNTRY, code="other_country", country=country)
    try:
        iban.validate(number, check_country=False)
    except ValidationError:
        raise InvalidValue(_WRONG_DIGITS, code="not_an_iban") from None
    if number[2:4] in _NEVER or not _holds_inside(number):
        raise InvalidValue(_WRONG_DIGITS, code="not_an_iban")
    return number


def _holds_inside(number: str) -> bool:
    """Tell whether the account number has its country's own check digits, where these are public and in use."""
    if number.startswith("BE"):
        return (int(number[4:14]) % 97 or 97) == int(number[14:])
    return not number.startswith("ES") or ccc.is_valid(number[4:])


_NOT_AN_IBAN: Label = {
    "en": "This is not an IBAN. It looks like DE89 3704 0044 0532 0130 00.",
    "ru": "Это не IBAN. Он выглядит так: DE89 3704 0044 0532 0130 00.",
}
_WRONG_DIGITS: Label = {
    "en": "There is no such IBAN: check its country, its digits and how many there are.",
    "ru": "Такого IBAN не бывает: проверьте страну, цифры и их количество.",
}
_OTHER_COUNTRY: Label = {
    "en": "This must be an IBAN that begins with {country}.",
    "ru": "Здесь нужен IBAN, который начинается с {country}.",
}

IBAN = Validator(
    key="iban",
    label={"en": "IBAN", "ru": "IBAN"},
    description={
        "en": "Bank account of any country in SWIFT's register, checked by structure and check digits.",
        "ru": "Счёт любой страны из реестра SWIFT, проверяется по структуре и контрольным цифрам.",
    },
    check=check_iban,
    examples=("DE89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "NO93 8601 1117 947"),
    counter_examples=(
        "DE88 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130",
        "XX89 3704 0044 0532 0130 00",
        "89 3704 0044 0532 0130 00",
        "US64 SVBK US6S 3300 9586 71",
    ),
    options_schema=format_options(
        country=option("Only this country", "Только эта страна", enum=list(COUNTRIES))
    ),
)
