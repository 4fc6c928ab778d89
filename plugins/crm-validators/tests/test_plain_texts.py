"""Numerals, letters, IP addresses, dates and times."""

import ipaddress

import pytest
from official_vectors import Stored, suite


@pytest.mark.parametrize(
    ("key", "typed", "options", "kept"),
    [
        ("integer", "+007", {}, "7"),
        ("integer", "-0", {}, "0"),
        ("integer", "−5", {}, "-5"),
        ("integer", "999999999999999999", {}, "999999999999999999"),
        ("integer", "1000000000000000000", {}, None),
        ("integer", "11", {"maximum": 10}, None),
        ("integer", "-1", {"minimum": 0}, None),
        ("decimal", "1,50", {}, "1.50"),
        ("decimal", "-0.0", {}, "0.0"),
        ("decimal", "1.505", {"places": 2}, None),
        ("decimal", "10.1", {"maximum": 10}, None),
        ("alphanumeric", "Ёж42", {}, "Ёж42"),
        ("alphanumeric", "Ёж42", {"latin": True}, None),
        ("alphanumeric", "x²", {}, None),
        ("alphanumeric-spaces", "a  b\u00a0c", {}, "a b c"),
        ("ip", "2001:DB8::0:1", {}, "2001:db8::1"),
        ("ip", "192.0.2.1", {"version": 6}, None),
        ("ip", "2001:db8::1", {"version": 4}, None),
        ("ip", "::FFFF:c000:201", {}, "::ffff:192.0.2.1"),
        ("calendar-date", "2026/11/22", {}, "2026-11-22"),
        ("calendar-date", "01-02-2026", {}, None),
        ("calendar-date", "01-02-2026", {"order": "dmy"}, "2026-02-01"),
        ("calendar-date", "1.2.2026", {"order": "dmy"}, "2026-02-01"),
        ("calendar-date", "01/02/2026", {"order": "mdy"}, "2026-01-02"),
        ("calendar-date", "31/02/2026", {"order": "dmy"}, None),
        ("calendar-date", "0000-01-01", {}, None),
        ("clock-time", "9:05", {}, "09:05"),
        ("clock-time", "00:00", {}, "00:00"),
        ("clock-time", "0９:05", {}, None),
    ],
)
def test_stored_form(
    key: str, typed: str, options: dict[str, object], kept: str | None, stored: Stored
) -> None:
    assert stored(key, typed, **options) == kept


@pytest.mark.parametrize(("name", "key"), [("ipv4", "ip"), ("ipv6", "ip"), ("date", "calendar-date")])
def test_official_suite(name: str, key: str, stored: Stored) -> None:
    options = {"ipv4": {"version": 4}, "ipv6": {"version": 6}}.get(name, {})
    # Spaces around a value are typing, not meaning: here they go before the check.
    cases = [(text, valid) for text, valid in suite(name) if text == text.strip()]
    assert len(cases) > 10
    assert [text for text, valid in cases if (stored(key, text, **options) is not None) != valid] == []


def test_every_ipv4_octet(stored: Stored) -> None:
    assert [n for n in range(300) if stored("ip", f"10.0.0.{n}")] == list(range(256))
    assert stored("ip", str(ipaddress.IPv6Address(1 << 127))) == "8000::"
