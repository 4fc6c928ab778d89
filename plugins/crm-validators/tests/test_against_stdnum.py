"""Every example in python-stdnum's own documentation, valid and not, and why we differ where we do."""

import re
from importlib import import_module

import pytest
from crm_validators.vat import COUNTRIES
from official_vectors import Stored
from stdnum.util import get_cc_module

_EXAMPLE = re.compile(r">>> validate\('([^']+)'\)[^\n]*\n(Traceback|')")

MODULES = {
    "stdnum.iban": "iban",
    "stdnum.bic": "bic",
    "stdnum.ean": "ean",
    "stdnum.isbn": "isbn",
    "stdnum.us.ssn": "ssn-us",
    "stdnum.ru.inn": "inn-ru",
    "stdnum.ru.ogrn": "ogrn-ru",
}
STRICTER = {
    "98412345678908",  # a GTIN-14, which is no EAN
    "٣٣١-١٠٥-٢٦٨",  # digits of another script
    "МК 4020990116747",  # a Cyrillic M
    "УНП MA1953684",  # a Cyrillic abbreviation in front
}


def examples(module: object) -> list[tuple[str, bool]]:
    """Return the texts that a module's documentation validates, and whether they pass there."""
    found = _EXAMPLE.findall(module.__doc__ or "")
    return [(text, outcome == "'") for text, outcome in found]


@pytest.mark.parametrize(("module", "key"), MODULES.items())
def test_numbers_without_a_country(module: str, key: str, stored: Stored) -> None:
    cases = examples(import_module(module))
    assert len(cases) >= 2
    wrong = [
        text for text, valid in cases if (stored(key, text) is not None) != valid and text not in STRICTER
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "country", [country for country in COUNTRIES if country not in ("EU", "XI", "EL", "RU")]
)
def test_vat_numbers(country: str, stored: Stored) -> None:
    module = get_cc_module(country.lower(), "vat")
    assert module is not None
    cases = examples(module)
    assert cases
    wrong = [
        text
        for text, valid in cases
        if (stored("vat", text, country=country) is not None) != valid and text not in STRICTER
    ]
    assert wrong == []
