"""What the test suites of other libraries try, where we once answered otherwise.

Sources: isemail's ``tests.xml``, email-validator, python-stdnum and its JavaScript cousin, card-validator,
django-localflavor, postal-codes-js, validator.js.
"""

from typing import Any

import pytest
from official_vectors import Stored

LONG = "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefg"


@pytest.mark.parametrize(
    ("key", "options", "typed", "kept"),
    [
        # Quotes count among the 64 octets of a local part.
        ("email", {}, f'"{LONG}h"@iana.org', f'"{LONG}h"@iana.org'),
        ("email", {}, f'"{LONG}hj"@iana.org', None),
        ("email", {}, "me@bad.tld-2", None),
        ("email", {}, "test@iana.co-uk", "test@iana.co-uk"),
        ("email", {}, "me@example.xn--90a3ac", "me@example.срб"),
        ("iban", {}, "NO07.8380.08.06006", "NO0783800806006"),
        ("card-number", {}, "62123456789002", "UnionPay •••• 9002"),
        ("card-number", {}, "621234567890003", "UnionPay •••• 0003"),
        ("card-number", {}, "4111  1111  1111  1111", "Visa •••• 1111"),
        ("inn-ru", {}, "005826107187", "005826107187"),
        ("ssn-us", {}, "189-09-2294", None),
        ("ssn-us", {}, "042-10-3580", None),
        ("vat", {}, "CO 900,206,480-2", "CO9002064802"),
        ("vat", {"country": "EG"}, "٣٣١-١٠٥-٢٦٨", "EG331105268"),
        ("vat", {}, "МК 4030000398099", "MK4030000398099"),
        ("vat", {"country": "BY"}, "УНП 200988541", "BY200988541"),
        ("vat", {"country": "SN"}, "2,838,516 2B3", "SN28385162B3"),
        ("vat", {}, "RO RO 16621241", "RO16621241"),
        ("postcode", {"country": "EE"}, "01234", None),
        ("postcode", {"country": "LU"}, "L-1120", "1120"),
        ("postcode", {"country": "LU"}, "l 1125", "1125"),
        ("postcode", {"country": "DE"}, "D-10115", "10115"),
        ("postcode", {"country": "LV"}, "LV-9999", None),
        ("postcode", {"country": "NL"}, "1945SS", None),
        ("postcode", {"country": "NL"}, "1945 SB", "1945 SB"),
        ("postcode", {"country": "IN"}, "541123", None),
        ("postcode", {"country": "IN"}, "364240", "364240"),
        ("postcode", {"country": "CO"}, "329999", None),
        ("postcode", {"country": "CO"}, "110221", "110221"),
        ("postcode", {"country": "BY"}, "267946", None),
        ("postcode", {"country": "BD"}, "9500", None),
        ("postcode", {"country": "VE"}, "1234-A", "1234-A"),
    ],
)
def test_as_others_have_it(
    key: str, options: dict[str, Any], typed: str, kept: str | None, stored: Stored
) -> None:
    assert stored(key, typed, **options) == kept
