"""VAT numbers of every country that the validator knows."""

import pytest
from crm_validators.vat import COUNTRIES, EUROPEAN_UNION
from official_vectors import Stored, vectors
from spoilt import single_errors

# Numbers that companies print on their pages, and that tax offices give as examples.
VALID = vectors("vat-valid.txt")
TYPED = {
    "BE (0)468.561.072": "BE0468561072",
    "BE413562567": "BE0413562567",
    "CY-10008489 A": "CY10008489A",
    "DE: 813 11 38 75": "DE813113875",
    "ES-x-2482300w": "ESX2482300W",
    "EL 94051189": "EL094051189",
    "GR 094259216": "EL094259216",
    "HU -12509403": "HU12509403",
    "FR 734 836 491 66": "FR73483649166",
    "NL4495445B01": "NL004495445B01",
    "NL.8143.26.584.B.01": "NL814326584B01",
    "NO 995 525 828": "NO995525828MVA",
    "no 995 525 828 mva": "NO995525828MVA",
    "CHE-107.787.577 TVA": "CHE107787577TVA",
    "SE-5562245190-01": "SE556224519001",
    "ro 185 472 90": "RO18547290",
}
INVALID = vectors("vat-invalid.txt")


def test_every_country_has_an_example() -> None:
    assert {number[:2] for number in VALID} == set(COUNTRIES)
    assert len(EUROPEAN_UNION) == 27


@pytest.mark.parametrize("number", VALID)
def test_valid(number: str, stored: Stored) -> None:
    assert stored("vat", number) == number
    assert stored("vat", number.lower()) == number
    assert stored("vat", f"{number[:2]} {number[2:5]} {number[5:]}") == number
    assert stored("vat", number, country=number[:2]) == number
    assert stored("vat", number, country="DE" if number[:2] != "DE" else "AT") is None


@pytest.mark.parametrize("number", VALID)
def test_with_a_country_its_letters_may_be_left_out(number: str, stored: Stored) -> None:
    country, rest = number[:2], number[2:]
    if country not in ("CH", "EU"):  # there the letters are part of the number
        assert stored("vat", rest, country=country) == number


@pytest.mark.parametrize(("typed", "number"), TYPED.items())
def test_spellings(typed: str, number: str, stored: Stored) -> None:
    assert stored("vat", typed) == number


@pytest.mark.parametrize("number", INVALID)
def test_invalid(number: str, stored: Stored) -> None:
    assert stored("vat", number) is None


def test_slips_are_caught_as_well_as_each_country_can(stored: Stored) -> None:
    """Most countries catch every wrong digit; those with several kinds of numbers, most.

    Left out are numbers without a check digit and Bulgaria's of ten digits, which have four schemes to pass.
    """
    checked = {*EUROPEAN_UNION, "GB", "CH", "NO", "RU", "RS", "TR"}
    for number in VALID:
        if number[:2] in checked and not number.startswith(("GBGD", "CZ64", "BG75")):
            # Behind a Dutch B stands which of an owner's companies it is: any digits.
            slips = list(single_errors(number, range(2, 11) if number.startswith("NL") else None))
            missed = [slip for slip in slips if stored("vat", slip) is not None]
            assert len(missed) <= len(slips) / 8, f"{number}: {missed}"


def test_a_french_key_that_looks_like_the_country(stored: Stored) -> None:
    """The signs F and R make a key; none of them may be taken for a second country."""
    for siren in ("732829320", "404833048", "552081317"):
        result = stored("vat", f"FRFR{siren}")
        assert result in (None, f"FRFR{siren}")
