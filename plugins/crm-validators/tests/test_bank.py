"""IBANs and BICs."""

import pytest
from crm_validators.iban import COUNTRIES
from official_vectors import Stored, vectors
from spoilt import single_errors, transpositions
from stdnum import iban as iban_rules
from stdnum import numdb

# The examples that SWIFT's register of IBAN formats gives, one a country.
REGISTER = vectors("iban-register.txt")


def test_the_example_of_every_country_in_the_register(stored: Stored) -> None:
    assert {number[:2] for number in REGISTER} == set(COUNTRIES)
    for number in REGISTER:
        grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        for typed in (number, grouped, grouped.lower(), f"IBAN {grouped}", f"IBAN: {number}"):
            assert stored("iban", typed) == number, typed
        assert stored("iban", number, country=number[:2]) == number
        assert stored("iban", number, country="DE" if number[:2] != "DE" else "AT") is None


def test_every_slip_of_the_finger_is_caught(stored: Stored) -> None:
    slips = [
        slip
        for number in REGISTER
        for slip in (*single_errors(number, range(2, len(number))), *transpositions(number))
    ]
    assert len(slips) > 15_000
    assert [slip for slip in slips if stored("iban", slip) is not None] == []


def test_a_digit_more_or_less_is_caught_with_right_check_digits_too(stored: Stored) -> None:
    for number in REGISTER:
        for rest in (number[4:] + "0", number[4:-1], "0" + number[4:]):
            digits = iban_rules.calc_check_digits(f"{number[:2]}xx{rest}")
            assert stored("iban", f"{number[:2]}{digits}{rest}") is None


def test_check_digits_that_never_occur(stored: Stored) -> None:
    """00, 01 and 99 leave the same remainder as 97, 98 and 02: ISO 7064 gives out the latter only."""
    for never, instead in (("00", "97"), ("01", "98"), ("99", "02")):
        found = 0
        for account in range(400):
            rest = f"37040044{account:010}"
            if iban_rules.calc_check_digits(f"DExx{rest}") == instead:
                assert stored("iban", f"DE{instead}{rest}") is not None
                assert stored("iban", f"DE{never}{rest}") is None
                found += 1
        assert found > 0


@pytest.mark.parametrize("number", vectors("iban-of-payment-tests.txt"))
def test_numbers_that_banks_and_payment_services_test_with(number: str, stored: Stored) -> None:
    assert stored("iban", number) == number


@pytest.mark.parametrize("account", ["BE539007547035", "ES21000418460200051332", "ES21000418451200051332"])
def test_the_check_digits_inside_an_account_number(account: str, stored: Stored) -> None:
    country, rest = account[:2], account[2:]
    assert stored("iban", f"{country}{iban_rules.calc_check_digits(f'{country}xx{rest}')}{rest}") is None


def test_letters_where_the_country_has_digits(stored: Stored) -> None:
    for number in REGISTER:
        structure = numdb.get("iban").info(number)[0][1]["bban"]
        if "a" not in structure and "c" not in structure:
            rest = "A" + number[5:]
            digits = iban_rules.calc_check_digits(f"{number[:2]}xx{rest}")
            assert stored("iban", f"{number[:2]}{digits}{rest}") is None


@pytest.mark.parametrize(
    "typed",
    [
        "ЕЕ382200221020145685",
        "DE",
        "DE89",
        "IBAN",
        "IBAN:",
        "--DE89370400440532013000",
        "DE89,3704,0044,0532,0130,00",
    ],
)
def test_is_no_iban(typed: str, stored: Stored) -> None:
    assert stored("iban", typed) is None


@pytest.mark.parametrize(
    "code",
    vectors("bic.txt"),
)
def test_bic(code: str, stored: Stored) -> None:
    assert stored("bic", code) == code
    assert stored("bic", code.lower()) == code
    assert stored("bic", f"{code[:4]} {code[4:6]} {code[6:8]} {code[8:]}".strip()) == code


@pytest.mark.parametrize(
    "typed",
    [
        "DEUTDEF",
        "DEUTDEFFX",
        "DEUTDEFFXX",
        "DEUTDEFFXXXX",
        "DEUTZZFF",
        "DEUTD3FF",
        "1EUTDEFF",
        "DEUT DEFÉ",
        "DEUT.DE.FF",
        "DEUTUKFF",
        "DEUTEUFF",
        "ДEUTDEFF",
        "DE89370400440532013000",
    ],
)
def test_is_no_bic(typed: str, stored: Stored) -> None:
    assert stored("bic", typed) is None
