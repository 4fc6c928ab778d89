"""Numerals, letters, IP addresses, dates and times."""

import ipaddress
from datetime import date

import pytest
from crm_validators.calendar_date import check_date
from official_vectors import Stored, suite

from crmcore import InvalidValue


@pytest.mark.parametrize(
    ("key", "typed", "options", "kept"),
    [
        ("integer", "+007", {}, "7"),
        ("integer", "-0", {}, "0"),
        ("integer", "−5", {}, "-5"),
        ("integer", "999999999999999999", {}, "999999999999999999"),
        ("integer", "-9223372036854775809", {}, "-9223372036854775809"),
        ("integer", "9" * 40, {}, "9" * 40),
        ("integer", "9" * 41, {}, None),
        ("integer", "9007199254740993", {"maximum": 9007199254740992}, None),
        ("integer", "--5", {}, None),
        ("integer", "5-", {}, None),
        ("integer", "11", {"maximum": 10}, None),
        ("integer", "-1", {"minimum": 0}, None),
        ("decimal", "1,50", {}, "1.50"),
        ("decimal", "-0.0", {}, "0.0"),
        ("decimal", "1.505", {"places": 2}, None),
        ("decimal", "10.1", {"maximum": 10}, None),
        ("decimal", "0.1", {"minimum": 0.1, "maximum": 0.1}, "0.1"),
        ("decimal", ".50", {}, "0.50"),
        ("decimal", "-,5", {}, "-0.5"),
        ("decimal", "1,234", {}, None),
        ("decimal", "1,234", {"comma": True}, "1.234"),
        ("decimal", "0,125", {}, "0.125"),
        ("decimal", "1234,567", {}, "1234.567"),
        ("decimal", "1.234", {}, "1.234"),
        ("decimal", "0.1234567890123456789012345678", {}, "0.1234567890123456789012345678"),
        ("decimal", "Infinity", {}, None),
        ("alphanumeric", "Ёж42", {}, "Ёж42"),
        ("alphanumeric", "Ёж42", {"latin": True}, None),
        ("alphanumeric", "x²", {}, None),
        ("alphanumeric-spaces", "a  b\u00a0c", {}, "a b c"),
        ("ip", "2001:DB8::0:1", {}, "2001:db8::1"),
        ("ip", "192.0.2.1", {"version": 6}, None),
        ("ip", "2001:db8::1", {"version": 4}, None),
        ("ip", "::FFFF:c000:201", {}, "::ffff:192.0.2.1"),
        ("calendar-date", "2026/11/22", {}, "2026-11-22"),
        ("calendar-date", "22-11-2026", {}, "2026-11-22"),
        ("calendar-date", "01-02-2026", {}, "2026-02-01"),
        ("calendar-date", "1-2-2026", {}, None),
        ("calendar-date", "11-22-2026", {}, None),
        ("calendar-date", "22/11/2026", {}, None),
        ("calendar-date", "01-02-2026", {"order": "ymd"}, None),
        ("calendar-date", "01-02-2026", {"order": "mdy"}, "2026-01-02"),
        ("calendar-date", "2026-11-22", {"order": "dmy"}, "2026-11-22"),
        ("calendar-date", "01-02-2026", {"order": "dmy"}, "2026-02-01"),
        ("calendar-date", "1.2.2026", {"order": "dmy"}, "2026-02-01"),
        ("calendar-date", "01/02/2026", {"order": "mdy"}, "2026-01-02"),
        ("calendar-date", "31/02/2026", {"order": "dmy"}, None),
        ("calendar-date", "0000-01-01", {}, None),
        ("clock-time", "9:05", {}, "09:05"),
        ("clock-time", "00:00", {}, "00:00"),
        ("clock-time", "9.05", {}, None),
        ("clock-time", "0９:05", {}, None),
        ("none", " as it is\n\t", {}, " as it is\n\t"),
        ("none", "", {}, ""),
        ("none", "\x00", {}, None),
    ],
)
def test_stored_form(
    key: str, typed: str, options: dict[str, object], kept: str | None, stored: Stored
) -> None:
    assert stored(key, typed, **options) == kept


@pytest.mark.parametrize(
    ("typed", "options", "english"),
    [
        ("29.02.2024", {}, "This date is not written as YYYY-MM-DD, like 2026-01-31."),
        ("20260101", {}, "This date is not written as YYYY-MM-DD, like 2026-01-31."),
        ("2026/2/3", {}, "This date is not written as YYYY-MM-DD, like 2026-01-31."),
        ("tomorrow", {"order": "mdy"}, "This date is not written as MM/DD/YYYY, like 01/31/2026."),
        ("2026-02-29", {}, "This is not a day of the calendar. Write it like 2026-01-31."),
        ("31.02.2026", {"order": "dmy"}, "This is not a day of the calendar. Write it like 31-01-2026."),
    ],
)
def test_a_date_in_another_form_is_no_day_that_is_missing(
    typed: str, options: dict[str, object], english: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_date(typed, options)
    problem = refused.value.problem()
    assert problem.sentence("en") == english
    assert "{" not in problem.sentence("ru") and "MM" not in problem.sentence("ru")


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


def test_every_minute_of_the_day(stored: Stored) -> None:
    for hour in range(30):
        for minute in range(70):
            text = f"{hour:02}:{minute:02}"
            assert stored("clock-time", text) == (text if hour < 24 and minute < 60 else None)


def test_every_day_of_four_centuries_in_each_spelling(stored: Stored) -> None:
    first = date(1800, 1, 1).toordinal()
    days = [date.fromordinal(first + number) for number in range(0, 146_097, 37)]
    for day in days:
        for spelling in ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y"):
            assert stored("calendar-date", day.strftime(spelling)) == day.isoformat()
    for year in (1700, 1900, 2023, 2100):
        assert stored("calendar-date", f"{year}-02-29") is None
