"""Card numbers: brands, lengths, check digits, and that nothing of the number survives but its end."""

import json

import pytest
from crm_validators.card.issuers import ISSUERS
from crm_validators.card.number import check_card_number
from official_vectors import Stored, oracles_folder
from stdnum import luhn

from crmcore import InvalidValue

BRANDS = {
    "378282246310005": "American Express",
    "371449635398431": "American Express",
    "30569309025904": "Diners Club",
    "38520000023237": "Diners Club",
    "6011111111111117": "Discover",
    "6011000990139424": "Discover",
    "3530111333300000": "JCB",
    "3566002020360505": "JCB",
    "5555555555554444": "Mastercard",
    "5105105105105100": "Mastercard",
    "2223003122003222": "Mastercard",
    "4111111111111111": "Visa",
    "4012888888881881": "Visa",
    "4222222222222": "Visa",
    "6200000000000005": "UnionPay",
    "6304000000000000": "Maestro",
    "2201382000000013": "Mir",
}


@pytest.mark.parametrize(("number", "brand"), BRANDS.items())
def test_brand_and_last_four(number: str, brand: str, stored: Stored) -> None:
    assert stored("card-number", number) == f"{brand} •••• {number[-4:]}"


def test_official_test_cards(stored: Stored) -> None:
    groups = json.loads(
        (oracles_folder() / "validators" / "adyen-test-cards.json").read_text(encoding="utf-8")
    )
    numbers = [item["cardnumber"] for group in groups for item in group["items"]]
    assert len(numbers) > 40
    assert [number for number in numbers if stored("card-number", number) is None] == []
    assert [number for number in numbers if stored("card-number", wrong_check_digit(number))] == []


@pytest.mark.parametrize("name", sorted({issuer.name for issuer in ISSUERS}))
def test_stored_form_of_every_brand_passes_unchanged(name: str, stored: Stored) -> None:
    text = f"{name} •••• 0042"
    assert stored("card-number", text) == text


def test_every_line_of_the_register_can_be_met(stored: Stored) -> None:
    for issuer in ISSUERS:
        prefix = issuer.prefixes[0].partition("-")[0]
        body = prefix.ljust(issuer.lengths[0] - 1, "7")
        assert stored("card-number", body + luhn.calc_check_digit(body)), issuer.name


@pytest.mark.parametrize(
    ("length", "prefix"),
    [
        (15, "4"),
        (17, "4"),
        (14, "51"),
        (17, "51"),
        (16, "34"),
        (14, "37"),
        (15, "36"),
        (15, "6011"),
        (20, "62"),
    ]
    + [
        (16, prefix)
        for prefix in ("0", "10", "273", "2220", "2721", "31", "33", "7", "800", "98", "99", "6050")
    ]
    + [(11, "50"), (20, "67"), (15, "35"), (15, "86"), (14, "1"), (16, "1")],
)
def test_right_check_digit_alone_is_no_card(length: int, prefix: str, stored: Stored) -> None:
    body = prefix.ljust(length - 1, "0")
    number = body + luhn.calc_check_digit(body)
    assert luhn.is_valid(number)
    assert stored("card-number", number) is None


@pytest.mark.parametrize(
    "typed",
    [
        "4111 1111 1111",
        "4111.1111.1111.1111",
        "-4111111111111111",
        "4111111111111111 exp 12/29",
        "Visa **** 1111",
        "Visa ••••1111",
        "visa •••• 1111",
        "Visa •••• 4111111111111111",
        "•••• 1111",
    ],
)
def test_refuses(typed: str, stored: Stored) -> None:
    assert stored("card-number", typed) is None


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(InvalidValue) as caught:
        check_card_number("4111 1111 1111 1112", {})
    assert "1112" not in repr(caught.value.__dict__) + str(caught.value)


def wrong_check_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)
