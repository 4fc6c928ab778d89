"""EAN and ISBN: check digits, and what else a number of that length could be."""

import pytest
from official_vectors import Stored
from spoilt import single_errors, transpositions
from stdnum import ean, isbn, numdb

EANS = ["4006381333931", "5901234123457", "9780471117094", "0036000291452", "4600494000010"]
SHORT_EANS = ["73513537", "96385074", "55123457", "40170725"]
ISBNS = {
    "0-306-40615-2": "9780306406157",
    "978-0-306-40615-7": "9780306406157",
    "1-85798-218-5": "9781857982183",
    "99921-58-10-7": "9789992158104",
    "9971-5-0210-0": "9789971502102",
    "960-425-059-0": "9789604250592",
    "80-902734-1-6": "9788090273412",
    "0-943396-04-2": "9780943396040",
    "0-9752298-0-X": "9780975229804",
    "978-5-699-12014-7": "9785699120147",
    "979-8-88645-174-0": "9798886451740",
    "979-10-90636-07-1": "9791090636071",
    "ISBN-13: 978-3-16-148410-0": "9783161484100",
    "ISBN 3-16-148410-X": "9783161484100",
    "isbn 316148410x": "9783161484100",
}


@pytest.mark.parametrize("number", EANS + SHORT_EANS)
def test_ean(number: str, stored: Stored) -> None:
    assert stored("ean", number) == number
    assert stored("ean", number, length=len(number)) == number
    assert stored("ean", number, length=21 - len(number)) is None


def test_slips_in_an_ean(stored: Stored) -> None:
    for number in EANS + SHORT_EANS:
        assert [slip for slip in single_errors(number) if stored("ean", slip)] == []
        for slip in transpositions(number):
            place = next(at for at in range(len(number)) if slip[at] != number[at])
            # The scheme does not see a swap of two digits that are five apart.
            five_apart = abs(int(number[place]) - int(number[place + 1])) == 5
            assert (stored("ean", slip) is not None) == five_apart


def test_other_article_numbers_are_no_ean(stored: Stored) -> None:
    for length in (7, 9, 10, 11, 12, 14, 18):
        body = "1234567890123456789"[: length - 1]
        assert stored("ean", body + ean.calc_check_digit(body)) is None
    assert stored("ean", "0000000000000") is None
    assert stored("ean", "4006381333931X") is None
    assert stored("ean", "٤٠٠٦٣٨١٣٣٣٩٣١") is None


@pytest.mark.parametrize(("typed", "number"), ISBNS.items())
def test_isbn(typed: str, number: str, stored: Stored) -> None:
    assert stored("isbn", typed) == number
    assert stored("isbn", typed, assigned=True) == number


def test_slips_in_an_isbn(stored: Stored) -> None:
    for number in ISBNS.values():
        assert [slip for slip in single_errors(number) if stored("isbn", slip)] == []
        if number.startswith("978"):
            ten = isbn.to_isbn10(number)
            assert stored("isbn", ten) == number
            assert [
                slip for slip in (*single_errors(ten), *transpositions(ten)) if stored("isbn", slip)
            ] == []


def test_every_range_of_the_agency(stored: Stored) -> None:
    """One book of the first and of the last publisher of every range that python-stdnum lists."""
    seen = 0
    for prefix, group, low, high in ranges():
        for publisher in {low, high}:
            body = f"{prefix}{group}{publisher}".ljust(12, "0")[:12]
            number = body + ean.calc_check_digit(body)
            assert stored("isbn", number) == number
            assert stored("isbn", number, assigned=True) == number
            assert stored("isbn", isbn.format(number)) == number
            seen += 1
    assert seen > 1_500


def ranges() -> list[tuple[str, str, str, str]]:
    """Return prefix, registration group and publisher range of each line of the table."""
    return [
        (prefix, group, low, high)
        for _, prefix, _, _, groups in numdb.get("isbn").prefixes
        for _, first, last, _, publishers in groups
        for group in {first, last}
        for _, low, high, _, _ in publishers
    ]


def test_ranges_that_nobody_has_are_refused_when_asked(stored: Stored) -> None:
    number = "978999999999" + ean.calc_check_digit("978999999999")
    assert stored("isbn", number) == number
    assert stored("isbn", number, assigned=True) is None


@pytest.mark.parametrize(
    "typed",
    [
        "979-0-2600-0043-8",
        "M-2600-0043-8",
        "977-1-4396-6600-2",
        "0-306-4061-5",
        "X306406152",
        "978-0-306-40615-X",
        "4006381333931",
        "ISBN",
        "ISBN-13",
        "0 306 40615",
        "9780306406157 0",
    ],
)
def test_is_no_isbn(typed: str, stored: Stored) -> None:
    assert stored("isbn", typed) is None
