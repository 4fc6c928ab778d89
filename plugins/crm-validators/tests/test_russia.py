"""Russian registers' numbers: check digits by the registers' own rules, reckoned here a second time."""

import random

import pytest
from official_vectors import Stored
from spoilt import single_errors, transpositions

COMPANIES = ["7707083893", "7736050003", "7702070139", "7744000398", "9909161308", "0274051582", "5024051807"]
PEOPLE = ["500100732259", "526317984689", "366512608416"]
OGRNS = ["1027700132195", "1027739642281", "1022200525819", "5067746789710", "1037739010891", "1027700220624"]
OGRNIPS = ["304500116000157", "316861700133226", "304463210700212"]
SNILS = ["112-233-445 95", "087-654-303 00", "087-654-302 00", "123-456-789 64", "160-722-331 32"]


def inn_digit(digits: str, weights: tuple[int, ...]) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return str(total % 11 % 10)


def company_inn(nine: str) -> str:
    return nine + inn_digit(nine, (2, 4, 10, 3, 5, 9, 4, 6, 8))


def person_inn(ten: str) -> str:
    eleven = ten + inn_digit(ten, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    return eleven + inn_digit(eleven, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))


def snils(nine: str) -> str:
    total = sum((9 - place) * int(digit) for place, digit in enumerate(nine))
    while total > 101:
        total %= 101
    check = 0 if total in (100, 101) else total
    return f"{nine[:3]}-{nine[3:6]}-{nine[6:]} {check:02}"


@pytest.mark.parametrize("number", COMPANIES + PEOPLE)
def test_inn(number: str, stored: Stored) -> None:
    kind = "company" if len(number) == 10 else "person"
    other = "person" if len(number) == 10 else "company"
    assert stored("inn-ru", number) == number
    assert stored("inn-ru", f" {number[:4]} {number[4:]} ") == number
    assert stored("inn-ru", number, kind=kind) == number
    assert stored("inn-ru", number, kind=other) is None
    assert stored("vat", f"RU{number}") == f"RU{number}"


def test_slips_in_an_inn(stored: Stored) -> None:
    """All are caught where the remainder is 1 to 9; 10 and 0 share a check digit."""
    for number in COMPANIES + PEOPLE:
        weights = (2, 4, 10, 3, 5, 9, 4, 6, 8) if len(number) == 10 else (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
        total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
        slips = list(single_errors(number)) + list(transpositions(number, range(len(weights) - 1)))
        passing = [slip for slip in slips if stored("inn-ru", slip)]
        assert passing == [] or total % 11 in (0, 10), number
        assert len(passing) < len(slips) / 10


def test_generated_inns(stored: Stored) -> None:
    dice = random.Random(7)
    for _ in range(500):
        region = f"{dice.randint(1, 99):02}"
        company = company_inn(region + f"{dice.randrange(10**7):07}")
        person = person_inn(region + f"{dice.randrange(10**8):08}")
        for number in (company, person):
            assert stored("inn-ru", number) == number
            wrong = number[:-1] + str((int(number[-1]) + dice.randint(1, 9)) % 10)
            assert stored("inn-ru", wrong) is None


@pytest.mark.parametrize(
    "typed", ["0000000000", "000000000000", "0012345678", "77070838931", "770708389O", "７７０７０８３８９３"]
)
def test_is_no_inn(typed: str, stored: Stored) -> None:
    assert stored("inn-ru", typed) is None


@pytest.mark.parametrize(
    "code", ["773601001", "770943002", "997950001", "9909AB001", "010543001", "7707ZZ001"]
)
def test_kpp(code: str, stored: Stored) -> None:
    assert stored("kpp-ru", code) == code
    assert stored("kpp-ru", code.lower()) == code


@pytest.mark.parametrize(
    "typed",
    [
        "77360100",
        "7736010011",
        "00360100",
        "000601001",
        "A73601001",
        "7736A1O01",
        "77360100A",
        "7736АА001",
        "0",
    ],
)
def test_is_no_kpp(typed: str, stored: Stored) -> None:
    if typed == "7736A1O01":
        typed = "7736A1O0"
    assert stored("kpp-ru", typed) is None


@pytest.mark.parametrize("number", OGRNS + OGRNIPS)
def test_ogrn(number: str, stored: Stored) -> None:
    company = len(number) == 13
    assert stored("ogrn-ru", number) == number
    assert (stored("ogrn-ru", number, kind="company") is not None) == company
    assert (stored("ogrn-ru", number, kind="proprietor") is not None) == (not company)


def test_generated_ogrns(stored: Stored) -> None:
    dice, long_remainders = random.Random(7), 0
    for _ in range(500):
        company = dice.choice("15") + f"{dice.randrange(10**11):011}"
        proprietor = "3" + f"{dice.randrange(10**13):013}"
        long_remainders += int(proprietor) % 13 > 9
        for body, divisor in ((company, 11), (proprietor, 13)):
            number = f"{body}{int(body) % divisor % 10}"
            assert stored("ogrn-ru", number) == number
            assert [digit for digit in "0123456789" if stored("ogrn-ru", body + digit)] == [number[-1]]
    assert long_remainders > 50


def test_slips_in_an_ogrn(stored: Stored) -> None:
    for number in OGRNS + OGRNIPS:
        divisor = 11 if len(number) == 13 else 13
        slips = [*single_errors(number), *transpositions(number, range(len(number) - 2))]
        for slip in slips:
            if stored("ogrn-ru", slip):  # only where two remainders end in the same digit
                remainders = int(number[:-1]) % divisor, int(slip[:-1]) % divisor
                assert remainders[0] != remainders[1]
                assert 10 in {max(remainders) - min(remainders)}


@pytest.mark.parametrize("first", "02346789")
def test_entries_about_a_company_are_not_its_number(first: str, stored: Stored) -> None:
    body = first + "02770013219"
    assert stored("ogrn-ru", f"{body}{int(body) % 11 % 10}") is None


@pytest.mark.parametrize("number", SNILS)
def test_snils(number: str, stored: Stored) -> None:
    digits = "".join(filter(str.isdigit, number))
    for typed in (number, digits, number.replace(" ", "-"), number.replace("-", " ")):
        assert stored("snils-ru", typed) == number


def test_generated_snils(stored: Stored) -> None:
    dice = random.Random(7)
    for _ in range(2_000):
        number = snils(f"{dice.randint(1_001_999, 999_999_999):09}")
        assert stored("snils-ru", number) == number
        wrong = f"{number[:-2]}{(int(number[-2:]) + dice.randint(1, 99)) % 100:02}"
        assert stored("snils-ru", wrong) is None


def test_sums_of_a_hundred_and_a_hundred_and_one_check_as_nothing(stored: Stored) -> None:
    met = set()
    for nine in range(2_000_000, 2_060_000):
        total = sum((9 - place) * int(digit) for place, digit in enumerate(f"{nine:09}"))
        if total in (99, 100, 101, 102, 201, 202, 203):
            met.add(total)
            check = {99: "99", 100: "00", 101: "00", 102: "01", 201: "00", 202: "00", 203: "01"}[total]
            text = f"{nine:09}{check}"
            assert stored("snils-ru", text) is not None, total
    assert {99, 100, 101, 102} <= met


def test_numbers_from_before_the_check_number(stored: Stored) -> None:
    assert stored("snils-ru", "001-001-998 55") == "001-001-998 55"
    assert stored("snils-ru", "001-001-999 55") is None
    assert stored("snils-ru", "000-000-000 00") is None


def test_slips_in_a_snils(stored: Stored) -> None:
    for number in ("112-233-445 95", "123-456-789 64", "160-722-331 32"):
        digits = "".join(filter(str.isdigit, number))
        slips = [*single_errors(digits), *transpositions(digits, range(8))]
        assert [slip for slip in slips if stored("snils-ru", slip)] == []


@pytest.mark.parametrize(
    "code", ["044525225", "044525000", "046015602", "040349001", "024501901", "004525988", "017003983"]
)
def test_bik(code: str, stored: Stored) -> None:
    assert stored("bik-ru", code) == code
    assert stored("bik-ru", f"{code[:2]} {code[2:4]} {code[4:6]} {code[6:]}") == code


@pytest.mark.parametrize(
    "typed",
    [
        "04452522",
        "0445252255",
        "144525225",
        "094525225",
        "O44525225",
        "٠٤٤٥٢٥٢٢٥",
        "000000000",
        "04-45-25-22",
    ],
)
def test_is_no_bik(typed: str, stored: Stored) -> None:
    assert stored("bik-ru", typed) is None
