"""Dates, numbers and names as people of each language read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import crmcore.web
from crmcore.web.formats import Formats, zone_of
from crmcore.web.marks import icon_name, initials, safe_href, tone_of
from crmcore.web.snoozes import snooze_choices, snooze_moment
from crmcore.web.texts import load_texts

NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
TEXTS = load_texts(Path(crmcore.web.__file__).parent / "locale")


def formats(language: str, zone: str = "UTC") -> Formats:
    return Formats(TEXTS[language], zone_of(zone), NOW)


@pytest.mark.parametrize(
    ("language", "at", "day", "short"),
    [
        ("en", NOW, "Today", "22:30"),
        ("ru", NOW - timedelta(days=1), "Вчера", "Вчера"),
        ("en", NOW + timedelta(days=1), "Tomorrow", "23 Nov"),
        ("en", NOW - timedelta(days=3), "Thu 19 Nov", "19 Nov"),
        ("ru", NOW - timedelta(days=40), "13 октября", "13 окт."),
        ("en", datetime(2025, 1, 5, tzinfo=UTC), "5 January 2025", "5 Jan 2025"),
    ],
)
def test_days_in_words(language: str, at: datetime, day: str, short: str) -> None:
    shown = formats(language)
    assert shown.day(at).replace(",", "") == day
    assert shown.short(at) == short


def test_the_viewers_zone_decides_which_day_it_is() -> None:
    at = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
    assert formats("en", "Europe/Moscow").time(at) == "00:30"
    assert formats("en", "America/New_York").day(at) == "Today"
    assert formats("en", "America/New_York").time(at) == "16:30"
    assert zone_of("Mars/Olympus") is UTC
    assert zone_of("../../etc/passwd") is UTC


def test_clock_changes_keep_the_wall_time() -> None:
    berlin = Formats(TEXTS["en"], zone_of("Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=UTC))
    choices = snooze_choices(TEXTS["en"], berlin)
    tomorrow = next(value for value, label, _ in choices if label == "Tomorrow morning")
    moment = snooze_moment(tomorrow, berlin)
    assert moment is not None
    assert (berlin.local(moment).hour, berlin.local(moment).minute) == (9, 0)
    assert moment.astimezone(UTC).hour == 8


@pytest.mark.parametrize("weekday", range(7))
def test_each_snooze_is_offered_once_and_in_the_future(weekday: int) -> None:
    shown = Formats(TEXTS["ru"], UTC, NOW + timedelta(days=weekday))
    moments = [value for value, _, _ in snooze_choices(TEXTS["ru"], shown)]
    assert len(moments) == len(set(moments))
    assert len(moments) in (4, 5)
    assert all(datetime.fromisoformat(moment) > shown.now for moment in moments)


def test_a_moment_without_a_zone_is_meant_in_the_viewers() -> None:
    moscow = formats("ru", "Europe/Moscow")
    moment = snooze_moment("2026-12-01T09:00", moscow)
    assert moment is not None
    assert moment.astimezone(UTC) == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert snooze_moment("soon", moscow) is None


def test_numbers_money_and_spans() -> None:
    assert formats("en").money(Decimal("1284.5"), "EUR") == "€1,284.50"
    assert formats("ru").money(Decimal("1284.5"), "EUR") == "1\xa0284,50\xa0€"
    assert "XXQ" in formats("en").money(Decimal("1"), "XXQ")
    assert formats("ru").number(1234567.5) == "1\xa0234\xa0567,5"
    assert [formats("ru").span(s) for s in (5, 600, 7200, 200_000)] == ["1 мин", "10 мин", "2 ч", "2 дн"]
    assert formats("ru").ago(NOW - timedelta(minutes=2)) == "2 минуты назад"
    assert formats("en").ago(NOW) == "just now"
    assert formats("en").date_only(date(2026, 11, 24)) == "24 Nov 2026"
    assert formats("ru").language_name("de") == "Немецкий"
    assert formats("en").language_name("klingon?") == "klingon?"


def test_initials_and_tones_of_any_name() -> None:
    assert initials("Anna Sokolova") == "AS"
    assert initials("ООО «ТехноДилер»") == "ОТ"
    assert initials("+7 921 555-01-44") == "#"
    assert initials("") == "#"
    assert len(initials("ßß ßß")) == 2
    assert tone_of("Anna") == tone_of("ANNA")
    assert tone_of("123") == "neutral"
    assert tone_of("\ud800x") in ("violet", "accent", "teal", "pink", "ok", "warn")


def test_only_safe_addresses_become_links() -> None:
    for good in ("https://shop.example/x", "mailto:a@b.example", "tel:+123", "/inbox/1"):
        assert safe_href(good) == good
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/\\evil",
        "http://x",
        "https:",
        "ftp://x",
        "https://[",
        " javascript:alert(1)",
        "",
    ):
        assert safe_href(bad) == "", bad
    assert icon_name("no-such", {"puzzle"}) == "puzzle"
