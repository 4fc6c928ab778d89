"""E-mail addresses against the official JSON Schema suite and known traps."""

import pytest
from official_vectors import Stored, suite

# Valid by the suite's letter; a help desk that stored them would only store somebody's accident.
CONTROL_OR_NONCHARACTER = {"\x85@example.com", "\uffff@example.com"}


@pytest.mark.parametrize("name", ["email", "idn-email"])
def test_official_suite(name: str, stored: Stored) -> None:
    cases = suite(name)
    assert len(cases) > 10
    wrong = [
        text
        for text, valid in cases
        if (stored("email", text) is not None) != valid and text not in CONTROL_OR_NONCHARACTER
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann.Lee@EXAMPLE.com", "Ann.Lee@example.com"),
        ("  ann@example.com  ", "ann@example.com"),
        ("\u200eann@example.com\u202c", "ann@example.com"),
        ("ann@BÜCHER.example", "ann@bücher.example"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("ПОЧТА@ПРИМЕР.РФ", "ПОЧТА@пример.рф"),
        ("ann@shop.test", "ann@shop.test"),
        ("o'hara+crm@example.co.uk", "o'hara+crm@example.co.uk"),
    ],
)
def test_domain_is_folded_and_local_part_is_kept(typed: str, kept: str, stored: Stored) -> None:
    assert stored("email", typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "ann@localhost",
        "ann@test",
        "ann@server.local",
        "ann@example.invalid",
        "ann@example.123",
        "ann@example.com.",
        "ann@ex_ample.com",
        "ann@example.c-",
        "ann @example.com",
        "ann@exam ple.com",
        "mailto:ann@example.com@example.com",
        "ann@[256.0.0.1]",
        "a" * 65 + "@example.com",
        "ann@" + "a" * 64 + ".com",
        "ann@" + "a." * 127 + "com",
        "ann@example.com\nbcc:bob@example.com",
    ],
)
def test_refuses(typed: str, stored: Stored) -> None:
    assert stored("email", typed) is None
