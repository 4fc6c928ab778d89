"""Rules of RFC 5545: the dates are those of dateutil, hostile rules are refused or end, clocks change under them."""

import random
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule

from crmcore.tasks.dates import dates
from crmcore.tasks.occurrences import EARLIEST, next_after, shifted, upcoming
from crmcore.tasks.recurrence import WEEKDAYS, BadRule, read_rule
from crmcore.tasks.spoken import spoken

BERLIN = ZoneInfo("Europe/Berlin")


def _any_rule(chance: random.Random) -> str:
    frequency = chance.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={frequency}", f"INTERVAL={chance.choice((1, 1, 2, 3, 7))}"]
    if chance.random() < 0.3:
        parts.append("BYMONTH=" + ",".join(map(str, sorted(chance.sample(range(1, 13), 2)))))
    if chance.random() < 0.5:
        days = chance.sample(WEEKDAYS, chance.choice((1, 2, 5)))
        if frequency in ("MONTHLY", "YEARLY") and chance.random() < 0.5:
            days = [f"{chance.choice((1, 2, 4, -1, -2))}{day}" for day in days]
        parts.append("BYDAY=" + ",".join(days))
    if frequency != "WEEKLY" and chance.random() < 0.4:
        parts.append("BYMONTHDAY=" + ",".join(map(str, chance.sample((1, 13, 15, 28, -1, -3), 2))))
    if frequency == "YEARLY" and chance.random() < 0.2:
        parts.append("BYYEARDAY=1,100,-1")
    # dateutil takes positions of a first week from the day on which the series begins; RFC 5545 from the week's.
    if frequency in ("MONTHLY", "YEARLY") and len(parts) > 2 and chance.random() < 0.4:
        parts.append(f"BYSETPOS={chance.choice(('1', '-1', '1,2', '3'))}")
    if chance.random() < 0.3:
        parts.append("WKST=SU")
    return ";".join(parts)


def test_the_dates_are_those_of_dateutil() -> None:
    compared = 0
    for seed in range(120):
        chance = random.Random(seed)
        text = _any_rule(chance)
        start = date(2024, 1, 1) + timedelta(days=chance.randrange(1000))
        last = start + timedelta(days=2000)
        rule = read_rule(text)
        moment = datetime.combine(start, datetime.min.time())
        try:
            expected = [one.date() for one in rrule.rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=moment)]
        except IndexError:
            continue  # dateutil's own fault with some weekdays of a year
        assert list(dates(rule, start, last, start)) == expected, (text, start)
        begin = start + timedelta(days=chance.randrange(1500))
        later = [day for day in dates(rule, start, last, begin) if day >= begin]
        assert later == [day for day in expected if day >= begin], (text, start, begin)
        assert read_rule(rule.text()) == rule
        compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FREQ=SECONDLY", "bad_rule_too_often"),
        ("FREQ=MINUTELY;COUNT=5", "bad_rule_too_often"),
        ("FREQ=HOURLY;INTERVAL=24", "bad_rule_too_often"),
        ("", "bad_rule_shape"),
        ("every day", "bad_rule_shape"),
        ("FREQ=DAILY;FREQ=DAILY", "bad_rule_shape"),
        ("FREQ=WEEKLY;" + "BYDAY=MO;" * 100, "bad_rule_shape"),
        ("INTERVAL=2", "bad_rule_value"),
        ("FREQ=DAILY;INTERVAL=0", "bad_rule_value"),
        ("FREQ=DAILY;INTERVAL=1000", "bad_rule_value"),
        ("FREQ=DAILY;INTERVAL=٣", "bad_rule_shape"),
        ("FREQ=DAILY;COUNT=100000", "bad_rule_value"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "bad_rule_two_ends"),
        ("FREQ=DAILY;UNTIL=20270101T000000", "bad_rule_value"),
        ("FREQ=DAILY;UNTIL=99991231", "bad_rule_value"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "bad_rule_value"),
        ("FREQ=WEEKLY;BYDAY=2TU", "bad_rule_value"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "bad_rule_part"),
        ("FREQ=MONTHLY;BYSETPOS=1", "bad_rule_part"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "bad_rule_part"),
        ("FREQ=DAILY;WKST=XX", "bad_rule_value"),
    ],
)
def test_hostile_rules_are_refused(text: str, code: str) -> None:
    with pytest.raises(BadRule) as refused:
        read_rule(text)
    assert refused.value.code == code


def test_a_rule_that_never_occurs_ends_soon() -> None:
    for text in (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=1000;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=YEARLY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYDAY=53MO;BYMONTH=2",
    ):
        began = perf_counter()
        assert next_after(read_rule(text), EARLIEST, BERLIN, datetime(2026, 1, 1, tzinfo=UTC)) is None, text
        # dateutil takes seven seconds for the first of them.
        assert perf_counter() - began < 2


def test_nine_in_the_morning_stays_nine_over_both_changes_of_the_clocks() -> None:
    rule = read_rule("FREQ=DAILY")
    for start in (datetime(2026, 3, 27, 9, tzinfo=BERLIN), datetime(2026, 10, 23, 9, tzinfo=BERLIN)):
        found = upcoming(rule, start, BERLIN, start, 4)
        assert [at.astimezone(BERLIN).hour for at in found] == [9] * 4
        assert len({at.hour for at in found}) == 2  # in UTC the hour changes
    # 02:30 does not exist on the 29th of March and is twice on the 25th of October.
    start = datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN)
    assert [f"{at.astimezone(BERLIN):%d %H:%M}" for at in upcoming(rule, start, BERLIN, start, 2)] == [
        "29 03:30",
        "30 02:30",
    ]
    start = datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN)
    first, second = upcoming(rule, start, BERLIN, start, 2)
    assert (first.hour, first.day, second.day) == (0, 25, 26)  # the first of the two, by summer time
    assert next_after(rule, start, BERLIN, first) == second  # and it comes once


def test_rules_end() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert len(upcoming(read_rule("FREQ=DAILY;COUNT=3"), start, BERLIN, start, 9)) == 2
    assert len(upcoming(read_rule("FREQ=DAILY;UNTIL=20260603"), start, BERLIN, start, 9)) == 2
    assert len(upcoming(read_rule("FREQ=DAILY;UNTIL=20260603T085959Z"), start, BERLIN, start, 9)) == 1
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert next_after(read_rule("FREQ=DAILY;COUNT=3"), start, BERLIN, later) is None


def test_a_reminder_keeps_its_hour_when_the_clocks_change() -> None:
    due, then = datetime(2026, 3, 28, 9, tzinfo=BERLIN), datetime(2026, 3, 30, 9, tzinfo=BERLIN)
    remind = datetime(2026, 3, 27, 18, tzinfo=BERLIN)
    assert shifted(remind, due, then, BERLIN) == datetime(2026, 3, 29, 18, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("rule", "english", "russian"),
    [
        ("FREQ=DAILY", "Every day", "Каждый день"),
        ("FREQ=DAILY;INTERVAL=2", "Every second day", "Через день"),
        ("FREQ=DAILY;INTERVAL=5;COUNT=3", "Every 5 days, 3 times", "Раз в 5 дней, 3 раза"),
        ("FREQ=WEEKLY", "Every Tuesday", "Каждый вторник"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Every second Tuesday", "Каждый второй вторник"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", "Every second Wednesday", "Каждую вторую среду"),
        ("FREQ=WEEKLY;BYDAY=SU,MO", "Every Monday and Sunday", "По понедельникам и воскресеньям"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday", "По будням"),
        (
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR;UNTIL=20261231",
            "Every 3 weeks on Friday, until 31 December 2026",
            "Раз в 3 недели по пятницам, до 31 декабря 2026\N{NARROW NO-BREAK SPACE}г.",
        ),
        ("FREQ=MONTHLY", "Every month on day 10", "Каждый месяц 10-го числа"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day", "Каждый месяц в последний день"),
        ("FREQ=MONTHLY;BYDAY=2TU", "Every month on the second Tuesday", "Каждый месяц во второй вторник"),
        ("FREQ=MONTHLY;INTERVAL=3", "Every 3 months on day 10", "Раз в 3 месяца 10-го числа"),
        ("FREQ=YEARLY", "Every year on 10 March", "Каждый год 10 марта"),
        (
            "FREQ=YEARLY;BYYEARDAY=100",
            "By the rule FREQ=YEARLY;BYYEARDAY=100",
            "По правилу FREQ=YEARLY;BYYEARDAY=100",
        ),
    ],
)
def test_rules_are_said_in_words(rule: str, english: str, russian: str) -> None:
    start = date(2026, 3, 10)  # a Tuesday
    assert spoken(read_rule(rule), start, "en") == english
    assert spoken(read_rule(rule), start, "ru") == russian
