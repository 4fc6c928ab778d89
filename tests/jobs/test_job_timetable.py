"""Times of day of periodic jobs: in their zone, over both changes of the clock, once each."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.timetable import next_turn
from crmcore.jobs.worker import Worker
from crmcore.plugins.checks.jobs import check_job
from crmcore.plugins.failures import LoadProblem
from crmcore.testing.clock import TurnableClock


async def nothing(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Do nothing."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def turns(at: str, zone: str, start: str, count: int) -> list[str]:
    job, now, found = Job(key="x", run=nothing, at=at, time_zone=zone), utc(start), []
    for _ in range(count):
        now = next_turn(job, now, "UTC")
        found.append(now.strftime("%d %H:%M"))
    return found


def test_the_hour_that_is_skipped_is_made_up_and_the_one_that_comes_twice_counts_once() -> None:
    # Clocks in Berlin go from 2:00 to 3:00 on 29 March 2026, and from 3:00 to 2:00 on 25 October.
    assert turns("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00", 3) == ["28 01:30", "29 01:00", "30 00:30"]
    assert turns("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00", 3) == ["24 00:30", "25 00:30", "26 01:30"]
    # Asked within the second of the two hours.
    assert turns("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", 1) == ["26 01:30"]
    # Every hour is every hour.
    assert turns("5 * * * *", "Europe/Berlin", "2026-10-24T23:50", 4) == [
        "25 00:05",
        "25 01:05",
        "25 02:05",
        "25 03:05",
    ]
    # New York goes an hour on at 2:00 on 8 March and back at 2:00 on 1 November: 1:30 comes twice there, 2:30 once.
    assert turns("30 2 * * *", "America/New_York", "2026-03-07T12:00", 2) == ["08 07:00", "09 06:30"]
    assert turns("30 1 * * *", "America/New_York", "2026-10-31T12:00", 2) == ["01 05:30", "02 06:30"]
    assert turns("30 2 * * *", "America/New_York", "2026-10-31T12:00", 2) == ["01 07:30", "02 07:30"]
    # A zone that skips midnight, and one that is half an hour off.
    assert turns("0 0 * * *", "America/Santiago", "2026-09-05T12:00", 2) == ["06 04:00", "07 03:00"]
    assert turns("30 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", 2) == ["03 15:30", "04 15:30"]


def test_what_cannot_be_a_time_is_refused_when_the_plugin_loads() -> None:
    wrong: list[dict[str, Any]] = [
        {"at": "30 2 * *"},
        {"at": "61 2 * * *"},
        {"at": "0 0 30 2 *"},
        {"at": "* * * * * *"},
        {"at": "nightly"},
        {"at": "30 2 * * *", "every_s": 60},
        {"at": "30 2 * * *", "time_zone": "Europe/Nowhere"},
        {"every_s": 0},
        {"every_s": -5},
        {"at_once": 0},
    ]
    for options in wrong:
        with pytest.raises(LoadProblem):
            check_job(Job(key="x", run=nothing, **options))
    check_job(Job(key="x", run=nothing, at="*/15 8-18 * * MON-FRI", time_zone="Asia/Tokyo", at_once=1))


async def test_a_night_job_runs_once_among_many_workers_and_once_for_a_week_away(
    database: Database, host: Any
) -> None:
    ran: list[str] = []
    clock = TurnableClock(utc("2026-10-24T12:00:00"))

    async def nightly(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        ran.append(clock().strftime("%d %H:%M"))

    host.add("shop", "nightly", nightly, at="30 2 * * *")
    workers = [Worker(JobQueue(database, clock, None, "Europe/Berlin"), host, clock) for _ in range(4)]

    async def drain() -> int:
        return sum(await asyncio.gather(*(worker.drain() for worker in workers)))

    # Not when it is new, only when its time comes: every ten minutes through the night of the change.
    assert await drain() == 0
    for _ in range(6 * 15):
        clock.advance(600)
        await drain()
    assert ran == ["25 00:30"]
    row = await JobRow.select().first()
    assert row is not None
    assert (row["run_at"], row["ran_at"]) == (utc("2026-10-26T01:30:00"), utc("2026-10-25T00:30:00"))
    # Away for a week: one turn makes up for seven.
    clock.advance(7 * 86_400)
    assert await drain() == 1
    assert await drain() == 0


async def test_other_times_count_at_once(database: Database, host: Any) -> None:
    clock = TurnableClock(utc("2026-06-01T12:00:00"))
    queue = JobQueue(database, clock)
    host.add("shop", "nightly", nothing, at="30 23 * * *")
    worker = Worker(queue, host, clock)
    await worker.drain()
    host.add("shop", "nightly", nothing, at="30 13 * * *")
    await worker.drain()
    row = await JobRow.select(JobRow.run_at).first()
    assert row is not None and row["run_at"] == utc("2026-06-01T13:30:00")
