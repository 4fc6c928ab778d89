"""Social Security numbers by the rules of the Social Security Administration."""

import json

import pytest
from crm_validators.ssn import SSN_US
from official_vectors import Stored, oracles_folder


def test_official_rules(stored: Stored) -> None:
    rules = json.loads((oracles_folder() / "validators" / "ssn-rules.json").read_text(encoding="utf-8"))
    for number in rules["valid_shape"]:
        assert stored("ssn-us", number) == number
    for number in rules["invalid"] + rules["publicised_and_rejected_by_python-stdnum"]:
        assert stored("ssn-us", number) is None, number


def test_every_area(stored: Stored) -> None:
    accepted = {area for area in range(1000) if stored("ssn-us", f"{area:03}-12-3456")}
    assert accepted == set(range(1, 900)) - {666}


@pytest.mark.parametrize("typed", ["536904399", "536 90 4399", " 536-90-4399 "])
def test_spellings(typed: str, stored: Stored) -> None:
    assert stored("ssn-us", typed) == "536-90-4399"


@pytest.mark.parametrize(
    "typed", ["53-690-4399", "536-904399", "536-90 4399", "536-90-439", "536-90-43999", "SSN"]
)
def test_refuses(typed: str, stored: Stored) -> None:
    assert stored("ssn-us", typed) is None


def test_is_sensitive() -> None:
    assert SSN_US.sensitive
