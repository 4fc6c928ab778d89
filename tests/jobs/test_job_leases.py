"""Leases: who may run a job, who may say what became of it."""

import asyncio
from typing import Any

from crmcore.database.database import Database
from crmcore.jobs.claimed_job import ClaimedJob
from crmcore.jobs.claims import Claims
from crmcore.jobs.clock_step import ClockStep
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.settling import Settling
from crmcore.jobs.tables import JobRow
from crmcore.testing.clock import TurnableClock

KINDS = ["core.note"]


async def claim_one(claims: Claims) -> ClaimedJob:
    jobs = await claims.claim(["core"], KINDS, 1)
    assert len(jobs) == 1
    return jobs[0]


async def test_a_claimed_job_is_nobody_elses(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    one, other = Claims(database, clock, 15), Claims(database, clock, 15)
    await queue.enqueue("core", "note")
    await claim_one(one)
    assert await other.claim(["core"], KINDS, 10) == []


async def test_many_claims_at_once_take_each_job_once(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    for n in range(60):
        await queue.enqueue("core", "note", {"n": n})
    claims = Claims(database, clock, 15)
    taken = await asyncio.gather(*(claims.claim(["core"], KINDS, 7) for _ in range(12)))
    ids = [job.id for jobs in taken for job in jobs]
    assert len(ids) == len(set(ids))
    assert max(len(jobs) for jobs in taken) <= 7
    while jobs := await claims.claim(["core"], KINDS, 7):
        ids += [job.id for job in jobs]
    assert len(set(ids)) == len(ids) == 60


async def test_a_lease_that_ends_makes_the_job_anybodys(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    claims = Claims(database, clock, 15)
    await queue.enqueue("core", "note")
    first = await claim_one(claims)
    clock.advance(14)
    assert not await claims.release_expired()
    assert await claims.extend([first]) == {first.id}
    clock.advance(14)
    assert not await claims.release_expired()
    clock.advance(1)
    assert await claims.release_expired()
    second = await claim_one(claims)
    assert (second.id, second.attempts) == (first.id, 2)
    assert second.lease != first.lease
    assert await claims.extend([first]) == set()
    assert await claims.extend([second]) == {second.id}


async def test_who_lost_the_lease_changes_nothing(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    claims, settling = Claims(database, clock, 15), Settling(queue)
    await queue.enqueue("core", "note")
    late = await claim_one(claims)
    clock.advance(16)
    await claims.release_expired()
    current = await claim_one(claims)
    before = await JobRow.select()
    assert not await settling.done(late)
    assert not await settling.try_again(late, 5, "late")
    assert not await settling.dead(late, "late")
    assert not await settling.next_turn(late, clock())
    await claims.release(late)
    assert await JobRow.select() == before
    assert await settling.done(current)
    assert await JobRow.count() == 0


async def test_one_ordering_key_runs_one_job_at_a_time_oldest_first(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    claims, settling = Claims(database, clock, 15), Settling(queue)
    for n in range(3):
        await queue.enqueue("core", "note", {"n": n}, ordering_key="a")
        await queue.enqueue("core", "note", {"n": n}, ordering_key="b")
    seen: list[list[Any]] = []
    while jobs := await claims.claim(["core"], KINDS, 10):
        seen.append(sorted((job.ordering_key, job.payload["n"]) for job in jobs))
        assert await claims.claim(["core"], KINDS, 10) == []
        for job in jobs:
            await settling.done(job)
    assert seen == [[("a", n), ("b", n)] for n in range(3)]


async def test_a_failed_job_holds_up_its_successors_and_a_dead_one_does_not(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    claims, settling = Claims(database, clock, 15), Settling(queue)
    first_id = await queue.enqueue("core", "note", {"n": 1}, ordering_key="a")
    await queue.enqueue("core", "note", {"n": 2}, ordering_key="a")
    first = await claim_one(claims)
    await settling.try_again(first, 30, "no")
    assert await claims.claim(["core"], KINDS, 10) == []
    clock.advance(30)
    await settling.dead(await claim_one(claims), "no")
    second = await claim_one(claims)
    assert second.payload == {"n": 2}
    # Sent again, the older one waits for the one that is running, and then goes first.
    assert first_id is not None
    await queue.enqueue("core", "note", {"n": 3}, ordering_key="a")
    await queue.retry(first_id)
    assert await claims.claim(["core"], KINDS, 10) == []
    await settling.done(second)
    assert (await claim_one(claims)).payload == {"n": 1}


async def test_a_clock_set_back_delays_nothing(
    database: Database, queue: JobQueue, clock: TurnableClock
) -> None:
    claims = Claims(database, clock, 15)
    step = ClockStep(clock)
    await queue.enqueue("core", "note", {"n": "running"})
    assert (await claim_one(claims)).payload == {"n": "running"}
    await queue.enqueue("core", "note", {"n": "now"})
    await queue.enqueue("core", "note", {"n": "later"}, delay_s=100)
    clock.advance(-3600)
    assert step.noticed()
    assert not step.noticed()
    assert await claims.claim(["core"], KINDS, 10) == []

    assert await step.mend() == 3
    assert await step.mend() == 0
    assert [job.payload["n"] for job in await claims.claim(["core"], KINDS, 10)] == ["now"]
    clock.advance(15)
    await claims.release_expired()
    again = await claims.claim(["core"], KINDS, 10)
    assert [job.payload["n"] for job in again] == ["running", "now"]
    clock.advance(85)
    assert [job.payload["n"] for job in await claims.claim(["core"], KINDS, 10)] == ["later"]
