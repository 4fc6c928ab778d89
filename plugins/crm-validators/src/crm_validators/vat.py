"""VAT numbers, by the rules of the country that a number begins with."""

import re
from collections.abc import Callable

from stdnum.eu import oss
from stdnum.util import get_cc_module

from crm_validators.format_options import format_options, option
from crm_validators.russia.inn import check_inn
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 40

EUROPEAN_UNION = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT"),
    *("LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
# XI is Northern Ireland in the Union's trade; EU the one-stop shop of sellers from outside.
COUNTRIES = tuple(
    sorted(
        {
            *EUROPEAN_UNION,
            *("XI", "EU"),
            *("AD", "AL", "BY", "CH", "FO", "GB", "IS", "ME", "MK", "NO", "RS", "RU", "SM", "TR"),
            *("AR", "BR", "CA", "CL", "CO", "CR", "DO", "EC", "GT", "MX", "PE", "PY", "SV", "UY", "VE"),
            *("AU", "AZ", "CN", "ID", "IL", "IN", "JP", "KR", "NZ", "SG", "TH", "TW", "VN"),
            *("DZ", "EG", "GH", "GN", "KE", "MA", "MZ", "SN", "TN"),
        }
    )
)
# How python-stdnum calls a country where it is not by these letters.
_ALIASES = {"EL": "gr", "XI": "gb"}
_PREFIX_IS_PART = ("CH", "EU")

_SEPARATORS = re.compile(r"[\s.,/:()‐‑‒–—-]")
_WRITTEN = re.compile(r"[0-9A-Z+*&Ñ]{2,32}")
_ARABIC = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)


def check_vat(value: str, options: Options) -> str:
    """Return the number with its country in front: ``ATU 1358 5627`` becomes ``ATU13585627``.

    Greece is ``EL``, as in the Union's own register. Option ``country`` allows only that one, and lets its
    letters be left out. The form and, where a country has one, the check digit are tried; whether the number
    is in use only the tax office knows. Raises :class:`~crmcore.InvalidValue`.
    """
    text = _SEPARATORS.sub("", _plain(typed_line(value, LONGEST).upper()))
    country = options.get("country")
    if not _WRITTEN.fullmatch(text):
        raise InvalidValue(_NOT_A_VAT_NUMBER, code="not_a_vat_number")
    if country not in COUNTRIES:
        found = _country(text)
        if found is None:
            raise InvalidValue(_NO_COUNTRY, code="no_country")
        return _checked(found, text[2:])
    if _country(text) == country:
        try:
            return _checked(country, text[2:])
        except InvalidValue:
            pass  # the first letters may be the number's own
    return _checked(country, text)


def _plain(text: str) -> str:
    """Return ``text`` with the digits that Egypt writes, and the letters of Macedonia and Belarus, as Latin ones."""
    return text.translate(_ARABIC).replace("МК", "MK").replace("УНП", "")


def _country(text: str) -> str | None:
    letters = "EL" if text.startswith("GR") else text[:2]
    return letters if letters in COUNTRIES else None


def _checked(country: str, number: str) -> str:
    """Return ``number`` as its country writes it, after the country's letters."""
    refused = InvalidValue(_WRONG, code="not_a_vat_number", country=country)
    if not number.strip("0"):
        raise refused
    try:
        if country == "RU":
            return f"RU{check_inn(number, {})}"
        validate = _validator(country)
        if country in _PREFIX_IS_PART:
            return country + validate(country + number).removeprefix(country)
        if country == "FR":  # its two key signs may be F and R, which stdnum would take for the country
            return country + validate(country + number)
        if country == "NO":  # often left out in writing, always part of the number
            return country + validate(number.removesuffix("MVA") + "MVA")
        stored = validate(number).removeprefix(country)
        if country in ("GB", "XI") and not _allocated_in_britain(stored):
            raise refused
        return country + stored
    # What a country's module raises besides its own errors is a stumble over a sign it did not expect.
    except (ValueError, LookupError):
        raise refused from None


def _allocated_in_britain(number: str) -> bool:
    """Tell whether a number is of a range that the British tax office gives out under its check digits.

    The first seven digits were given out with plain check digits up to 9990000, apart from two gaps, and from
    1000000 on with check digits that are 55 less. python-stdnum knows the digits and not the ranges.
    """
    if not number.isdigit():
        return True  # GD and HA: government departments and health authorities
    head = int(number[:7])
    total = sum(int(digit) * weight for digit, weight in zip(number, range(8, 1, -1), strict=False))
    if (total + int(number[7:9])) % 97:
        return head > 1_000_000
    return 0 < head < 100_000 or 1_000_000 <= head <= 9_490_000 or 9_700_000 < head <= 9_990_000


def _validator(country: str) -> Callable[[str], str]:
    if country == "EU":
        return oss.validate
    module = get_cc_module(_ALIASES.get(country, country.lower()), "vat")
    if module is None:
        raise LookupError(country)
    return module.validate


_NOT_A_VAT_NUMBER: Label = {
    "en": "This is not a VAT number. It looks like DE136695976.",
    "ru": "Это не номер НДС. Он выглядит так: DE136695976.",
}
_NO_COUNTRY: Label = {
    "en": "Begin with the two letters of the country, like DE136695976.",
    "ru": "Начните с двух букв страны, например DE136695976.",
}
_WRONG: Label = {
    "en": "{country} has no such VAT number: check the digits and how many there are.",
    "ru": "В стране {country} такого номера НДС не бывает: проверьте цифры и их количество.",
}

VAT = Validator(
    key="vat",
    label={"en": "VAT number", "ru": "Номер НДС"},
    description={
        "en": "VAT number with its country in front, by that country's rules: the European Union, "
        "Great Britain, Switzerland, Norway, Russia and others.",
        "ru": "Номер НДС с буквами страны, по правилам этой страны: Европейский союз, Великобритания, "
        "Швейцария, Норвегия, Россия и другие.",
    },
    check=check_vat,
    examples=("DE 136 695 976", "ATU13585627", "GR094259216", "CHE-107.787.577 MWST", "RU7707083893"),
    counter_examples=("DE136695977", "136695976", "XX136695976", "ATU1358562", "FR00000000000", "DE"),
    options_schema=format_options(
        country=option("Only this country", "Только эта страна", enum=list(COUNTRIES))
    ),
)
