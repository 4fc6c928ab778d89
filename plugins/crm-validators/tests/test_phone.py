"""Phone numbers against every example that the numbering plans of libphonenumber carry."""

import phonenumbers
import pytest
from crm_validators.phone import US_TERRITORIES
from official_vectors import Stored
from phonenumbers import PhoneNumberFormat, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966)


def examples(region: str) -> list[phonenumbers.PhoneNumber]:
    """Return one number of each kind that the region has."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values())
    return [number for number in found if number is not None]


def test_every_country_and_kind_in_every_spelling(stored: Stored) -> None:
    wrong, seen = [], 0
    for region in REGIONS:
        for number in examples(region):
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            spellings = [phonenumbers.format_number(number, spelling) for spelling in FORMATS]
            wrong += [text for text in spellings if stored("phone-international", text) != e164]
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            if stored("phone-international", national, country=region) != e164:
                wrong.append(f"{region} {national}")
            seen += len(spellings) + 1
    assert wrong == []
    assert seen > 4_000


def test_numbers_that_a_country_cannot_have_are_refused(stored: Stored) -> None:
    invalid = [number for region in REGIONS if (number := phonenumbers.invalid_example_number(region))]
    texts = [phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL) for number in invalid]
    assert len(texts) > 200
    assert [text for text in texts if stored("phone-international", text) is not None] == []


def test_numbers_of_no_country(stored: Stored) -> None:
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        assert number is not None
        text = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        assert stored("phone-international", text) == text.replace(" ", "").replace("-", "")


def test_us_numbers_are_those_of_the_states_and_territories(stored: Stored) -> None:
    for region in REGIONS:
        for number in examples(region):
            text = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
            states = phonenumbers.is_valid_number_for_region(number, "US")
            american = states or any(
                phonenumbers.is_valid_number_for_region(number, territory) for territory in US_TERRITORIES
            )
            assert (stored("phone-us", text) is not None) == american, f"{region} {text}"
            assert (stored("phone-us", text, territories=False) is not None) == states, f"{region} {text}"


@pytest.mark.parametrize(
    ("area", "states", "territories"),
    [
        *((area, True, True) for area in ("212", "310", "650", "907", "808", "800", "888")),
        *((area, False, True) for area in ("787", "939", "671", "340", "684", "670")),
        *((area, False, False) for area in ("416", "604", "876", "242", "809", "829", "246", "441")),
    ],
)
def test_area_codes(area: str, states: bool, territories: bool, stored: Stored) -> None:
    number = f"+1{area}2345678" if area not in ("671", "670", "684", "340") else _example_of(area)
    assert (stored("phone-us", number) is not None) == territories
    assert (stored("phone-us", number, territories=False) is not None) == states


def _example_of(area: str) -> str:
    region = {"671": "GU", "670": "MP", "684": "AS", "340": "VI"}[area]
    number = phonenumbers.example_number(region)
    assert number is not None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def test_e164_takes_every_number_as_programs_write_it_and_no_other_spelling(stored: Stored) -> None:
    seen = 0
    for region in REGIONS:
        for number in examples(region):
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            assert stored("phone-e164", e164) == e164
            assert stored("phone-e164", e164[1:]) is None
            assert stored("phone-e164", "00" + e164[1:]) is None
            assert stored("phone-e164", national) is None
            assert stored("phone-e164", e164[:3] + " " + e164[3:]) is None
            seen += 1
    assert seen > 1_000


@pytest.mark.parametrize(
    ("typed", "passes"),
    [
        ("+14155552671", True),  # a number of nobody, in the right form
        ("+15005550006", True),
        ("+551155256325", True),
        ("+442071838750", True),
        ("+883510000000000", True),
        ("+1", False),
        ("+1234567", False),
        ("+0442071838750", False),
        ("+44(0)2071838750", False),
        ("+4402071838750", False),
        ("+2101234567", False),  # a country code that is not assigned
        ("tel:+14155552671", False),
        ("+14155552671;ext=5", False),
        ("＋14155552671", False),
        ("+１4155552671", False),
    ],
)
def test_e164_form(typed: str, passes: bool, stored: Stored) -> None:
    assert stored("phone-e164", typed) == (typed if passes else None)


@pytest.mark.parametrize(
    "typed",
    [
        "(650) 253-0000",
        "650.253.0000",
        "1 650 253 0000",
        "+1 650 253 0000",
        "001 650 253 0000",
        "６５０-２５３-００００",
    ],
)
def test_one_us_number_in_many_spellings(typed: str, stored: Stored) -> None:
    international = stored("phone-international", typed, country="US")
    if not typed.startswith("001"):
        assert stored("phone-us", typed) == international == "+16502530000"


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("(+44) 20 7946 0958", None, "+442079460958"),
        ("00 49 30 901820", None, "+4930901820"),
        ("+39 06 698 12345", None, "+390669812345"),
        ("\u202a+1 650 253 0000\u202c", None, "+16502530000"),
        ("06 698 12345", "IT", "+390669812345"),
    ],
)
def test_spellings_from_life(typed: str, country: str | None, kept: str, stored: Stored) -> None:
    options = {"country": country} if country else {}
    assert stored("phone-international", typed, **options) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "call +1 650 253 0000",
        "+1 650 253 0000 ext. 12",
        "+1 650 253 0000;ext=12",
        "+1-800-FLOWERS",
        "++1 650 253 0000",
        "+1 650 253 0000 / +1 650 253 0001",
        "+1\n650 253 0000",
        "650 253 0000",
        "+",
        "00",
        "(",
    ],
)
def test_refuses(typed: str, stored: Stored) -> None:
    assert stored("phone-international", typed) is None
