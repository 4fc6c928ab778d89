"""Moments of filters that are relative to now, in the time zone of who asks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crmcore import Actor
from crmcore.contracts.fields import CustomField
from crmcore.errors import Invalid
from crmcore.records.moments import Present
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

# A Sunday; in Vladivostok it is Monday already.
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "zone", "start", "end"),
    [
        ("now", "UTC", "2026-11-22T15:30", "2026-11-22T15:30"),
        ("today", "UTC", "2026-11-22T00:00", "2026-11-23T00:00"),
        ("today", "Asia/Vladivostok", "2026-11-22T14:00", "2026-11-23T14:00"),
        ("today", "No/Such", "2026-11-22T00:00", "2026-11-23T00:00"),
        ("yesterday", "UTC", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("tomorrow", "Europe/Moscow", "2026-11-22T21:00", "2026-11-23T21:00"),
        ("this_week", "UTC", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("this_week", "Asia/Vladivostok", "2026-11-22T14:00", "2026-11-29T14:00"),
        ("last_week", "UTC", "2026-11-09T00:00", "2026-11-16T00:00"),
        ("next_month", "UTC", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("last_month", "America/New_York", "2026-10-01T04:00", "2026-11-01T04:00"),
        ("this_month", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00"),
        ("last_year", "UTC", "2025-01-01T00:00", "2026-01-01T00:00"),
        ({"last": 30, "unit": "day"}, "UTC", "2026-10-24T00:00", "2026-11-23T00:00"),
        ({"last": 1, "unit": "day"}, "UTC", "2026-11-22T00:00", "2026-11-23T00:00"),
        ({"next": 7, "unit": "day"}, "UTC", "2026-11-22T00:00", "2026-11-29T00:00"),
        ({"last": 2, "unit": "week"}, "UTC", "2026-11-09T00:00", "2026-11-23T00:00"),
        ({"last": 3, "unit": "month"}, "UTC", "2026-08-23T00:00", "2026-11-23T00:00"),
        ({"next": 1, "unit": "year"}, "UTC", "2026-11-22T00:00", "2027-11-22T00:00"),
        ({"last": 2, "unit": "hour"}, "Europe/Moscow", "2026-11-22T13:30", "2026-11-22T15:30"),
        ({"next": 15, "unit": "minute"}, "UTC", "2026-11-22T15:30", "2026-11-22T15:45"),
    ],
)
def test_a_span_is_what_people_mean(value: Any, zone: str, start: str, end: str) -> None:
    span = Present(now=NOW, time_zone=zone).span(value)
    assert f"{span.start.astimezone(UTC):%Y-%m-%dT%H:%M}" == start
    assert f"{span.end.astimezone(UTC):%Y-%m-%dT%H:%M}" == end


def test_the_day_of_a_clock_change_has_23_hours() -> None:
    span = Present(now=datetime(2026, 3, 8, 12, tzinfo=UTC), time_zone="America/New_York").span("today")
    assert (span.end - span.start).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    "value",
    [
        "someday",
        "",
        5,
        None,
        [],
        {},
        {"last": 30},
        {"last": "30", "unit": "day"},
        {"last": 0, "unit": "day"},
        {"last": True, "unit": "day"},
        {"last": 1, "next": 1, "unit": "day"},
        {"last": 1, "unit": "century"},
        {"last": 1, "unit": []},
        {"last": 10_000, "unit": "year"},
        {"last": 10_001, "unit": "day"},
        {"next": 9_000, "unit": "year"},
    ],
)
def test_what_is_no_span_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Present(now=NOW).span(value)


@pytest.fixture
async def three(crm: Crm, actor: Actor) -> Crm:
    """A workspace with contacts of today, yesterday and 30 days before."""
    for key, type in (("birthday", "date"), ("visit", "date_time")):
        await crm.fields.create(
            CustomField(record_type="contact", key=key, label=key, type=type, filterable=True), actor=actor
        )
    at = crm.clock()
    for days, name in ((30, "Old"), (1, "Yesterday"), (0, "Today")):
        crm.clock.advance(-86_400 * days)  # type: ignore[attr-defined]  # the tests' clock
        moment = crm.clock()
        custom = {"birthday": moment.date().isoformat(), "visit": moment.isoformat()}
        await crm.records.create("contact", {"first_name": name, "custom": custom}, actor=actor)
        crm.clock.advance(86_400 * days)  # type: ignore[attr-defined]  # the tests' clock
    assert crm.clock() == at
    return crm


@pytest.mark.parametrize("field", ["last_contact_at", "custom.birthday", "custom.visit"])
@pytest.mark.parametrize(
    ("op", "value", "names"),
    [
        ("within", "today", "Today"),
        ("within", "yesterday", "Yesterday"),
        ("within", {"last": 2, "unit": "day"}, "Yesterday Today"),
        ("within", {"last": 30, "unit": "day"}, "Yesterday Today"),
        ("within", {"last": 31, "unit": "day"}, "Old Yesterday Today"),
        ("lt", "today", "Old Yesterday"),
        ("lte", "yesterday", "Old Yesterday"),
        ("gt", "yesterday", "Today"),
        ("gte", "yesterday", "Yesterday Today"),
        ("lte", "now", "Old Yesterday Today"),
        ("gt", "tomorrow", ""),
    ],
)
async def test_moments_and_dates_are_compared_alike(
    three: Crm, actor: Actor, field: str, op: str, value: Any, names: str
) -> None:
    if field == "last_contact_at":
        rows = await three.records.list("contact", ListQuery(sort="created_at"), actor=actor)
        for record in rows.items:
            await three.records.update(
                "contact",
                record.id,
                {},
                actor=actor,
                internal={"last_contact_at": record.document["created_at"]},
            )
    query = ListQuery(filter={"field": field, "op": op, "value": value}, sort="created_at")
    found = (await three.records.list("contact", query, actor=actor)).items
    assert " ".join(record.document["first_name"] for record in found) == names


@pytest.mark.parametrize(
    ("field", "op", "value", "path"),
    [
        ("last_contact_at", "within", "someday", "/filter/value"),
        ("last_contact_at", "within", "now", "/filter/value"),
        ("last_contact_at", "within", None, "/filter/value"),
        ("last_contact_at", "lt", {"last": 1}, "/filter/value"),
        ("first_name", "within", "today", "/filter/op"),
        ("custom.birthday", "within", [], "/filter/value"),
    ],
)
async def test_a_span_that_makes_no_sense_is_refused_with_its_path(
    three: Crm, actor: Actor, field: str, op: str, value: Any, path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await three.records.list(
            "contact", ListQuery(filter={"field": field, "op": op, "value": value}), actor=actor
        )
    assert refused.value.problems[0].path == path
