"""Postcodes that are in use, by country."""

import pytest
from crm_validators.postcode.code import example
from crm_validators.postcode.formats import FORMATS
from official_vectors import Stored, vector_text

IN_USE = {
    country: codes.split(", ")
    for country, codes in (line.split(": ") for line in vector_text("postcodes.txt").splitlines())
}
WRONG = {
    "US": "1234,123456,12345-678,1234A,00000,00123,12345-67890",
    "CA": "K1A 0O1,D1A 0B1,K1A0B,K1A 0B11,1K1 A0B,W1A 1A1,Z1A 1A1,K1D 0B1,K1A OB1",
    "GB": "SW1A 1A,SW1A 1AAA,AA1 1AA,QQ1 1AA,M2 5CQ,M2 5IQ,M2 BQ5,EC1Y 88Y,123 456,RH6 OHP,XX1 1XX,SW1A1",
    "DE": "1234,123456,00999,1011A",
    "FR": "1234,123456,00100,99000,7500A,96000,2A004",
    "RU": "12345,1234567,012345,789012,1О1000",
    "NL": "0123 AB,1234 A,1234 ABC,12345 AB,1234 12",
    "ES": "00100,53001,99999,1234",
    "IE": "D02 AF3,B02 AF30,D02 OF30,D6X AB12",
    "JP": "100-000,100-00011",
    "PL": "00-95,000-950",
    "BR": "40301-11,40301-1100",
    "SE": "012 34,114 5,114 555",
    "AT": "0123,12345",
    "CH": "0999,10000",
    "IN": "012345,12345",
    "PT": "0123-456,1234-56",
}


def test_every_country_of_the_table_is_tried() -> None:
    assert set(IN_USE) == set(FORMATS)
    assert len(FORMATS) > 170


@pytest.mark.parametrize("country", IN_USE)
def test_in_use(country: str, stored: Stored) -> None:
    for code in IN_USE[country]:
        bare = code.replace(" ", "").replace("-", "")
        for typed in (
            code,
            bare,
            code.lower(),
            f" {code} ",
            f"{country}-{code.removeprefix(country).lstrip('- ')}",
        ):
            assert stored("postcode", typed, country=country) == code, typed
        assert stored("postcode", code) == code, "and without the country"


@pytest.mark.parametrize("country", WRONG)
def test_wrong(country: str, stored: Stored) -> None:
    for code in WRONG[country].split(","):
        assert stored("postcode", code, country=country) is None, code


@pytest.mark.parametrize("country", sorted(FORMATS))
def test_the_example_in_the_refusal_is_right(country: str, stored: Stored) -> None:
    assert stored("postcode", example(country), country=country) == example(country)
    assert stored("postcode", "!", country=country) is None
    assert stored("postcode", "0123456789012", country=country) is None


@pytest.mark.parametrize(
    "typed",
    [
        "-",
        "1",
        "ABC",
        "12",
        "1234567890123",
        "10115 Berlin",
        "１０１１５",
        "АА1 1АА",
        "10115--1",
        "(10115)",
        "1/2/3",
    ],
)
def test_is_no_postcode_anywhere(typed: str, stored: Stored) -> None:
    assert stored("postcode", typed) is None
