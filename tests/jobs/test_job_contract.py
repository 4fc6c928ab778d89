# ruff: noqa: ASYNC110 - the conditions are plain lists and rows
"""What the queue promises on either engine, besides what its neighbours here assert.

Claims, leases and fencing: ``test_job_leases``. Transactions, keys, order: ``test_job_queue``. Backoff, deadlines,
dead letters: ``test_job_failures``. Lanes, stopping, a database that is away: ``test_job_worker``. Several processes,
kill -9, SIGTERM: ``test_worker_processes``. Turns: ``test_job_periodic``, ``test_job_timetable``. Here: priorities,
bounds over all workers, progress, cancelling, clocks that jump, long work.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from crmcore.clock import utc_now
from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.jobs.host import LONG
from crmcore.jobs.progress import tell_progress
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.testing.clock import TurnableClock


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def test_what_is_urgent_goes_first_and_order_within_a_record_stays(
    queue: JobQueue, worker: Worker, done: list[Any]
) -> None:
    await queue.enqueue("core", "note", {"n": "low"}, priority="low")
    await queue.enqueue("core", "note", {"n": "first"}, ordering_key="a")
    await queue.enqueue("core", "note", {"n": "second"}, ordering_key="a", priority="high")
    await queue.enqueue("core", "note", {"n": "high"}, priority="high")
    assert await worker.drain() == 4
    assert done == ["high", "first", "second", "low"]


async def test_the_registered_priority_counts_unless_another_is_asked_for(
    database: Database, host: Any, clock: TurnableClock, done: list[Any]
) -> None:
    async def urgent(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        done.append("urgent")

    host.add("core", "urgent", urgent, priority="high")
    queue = JobQueue(database, clock, host.registry.jobs)
    await queue.enqueue("core", "note", {"n": "normal"})
    await queue.enqueue("core", "urgent", priority="low")
    await queue.enqueue("core", "urgent")
    await Worker(queue, host, clock).drain()
    assert done == ["urgent", "normal", "urgent"]


async def test_a_bound_holds_over_all_workers_and_lets_others_pass(
    database: Database, database_url: str, host: Any
) -> None:
    running: set[int] = set()
    most = 0
    ended: list[int] = []
    quick: list[float] = []

    async def call(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        nonlocal most
        running.add(payload["n"])
        most = max(most, len(running))
        await asyncio.sleep(0.05)
        running.discard(payload["n"])
        ended.append(payload["n"])

    async def other(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        quick.append(time.monotonic())

    host.add("shop", "call", call, at_once=2)
    host.add("shop", "other", other)
    queue = JobQueue(database, utc_now)
    for n in range(24):
        await queue.enqueue("shop", "call", {"n": n})
    for _ in range(3):
        await queue.enqueue("shop", "other")
    elsewhere = Database.from_url(database_url)
    await elsewhere.open()
    try:
        workers = [Worker(queue, host, utc_now), Worker(JobQueue(elsewhere, utc_now), host, utc_now)]
        began = time.monotonic()
        async with working(*workers), asyncio.timeout(20):
            while len(ended) < 24 or len(quick) < 3:
                await asyncio.sleep(0.01)
    finally:
        await elsewhere.close()
    assert sorted(ended) == list(range(24))
    assert most == 2
    # Those of the same plugin without a bound did not wait for the twelve rounds of those with one.
    assert max(quick) - began < 0.5 * 12 * 0.05 + 1.0


async def test_progress_is_seen_while_the_job_runs(queue: JobQueue, host: Any) -> None:
    go_on = asyncio.Event()
    queue = JobQueue(queue.database, utc_now)

    async def long(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await tell_progress(1200, 5000)
        async with queue.database.transaction():
            # Not now: the row would be locked for the heartbeat.
            await tell_progress(5000, 5000)
        await go_on.wait()

    host.add("core", "import", long)
    await tell_progress(1, 2)  # outside of a job nobody listens
    id = await queue.enqueue(LONG, "core.import")
    async with working(Worker(queue, host, utc_now)), asyncio.timeout(10):
        while not (row := await JobRow.select().where(JobRow.total.is_not_null()).first()):
            await asyncio.sleep(0.02)
        assert (row["id"], row["done"], row["total"], row["state"]) == (id, 1200, 5000, "running")
        assert row["began_at"] is not None
        go_on.set()
    assert await JobRow.count() == 0


async def test_a_job_that_was_cancelled_is_stopped_by_its_worker(queue: JobQueue, host: Any) -> None:
    outcome: list[str] = []

    async def long(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        try:
            outcome.append("begun")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            outcome.append("stopped")
            raise

    host.add("core", "long", long)
    queue = JobQueue(queue.database, utc_now)
    id = await queue.enqueue("core", "long")
    async with working(Worker(queue, host, utc_now, lease_s=0.6)), asyncio.timeout(10):
        while outcome != ["begun"]:
            await asyncio.sleep(0.01)
        await JobRow.delete().where(JobRow.id == id)
        while outcome != ["begun", "stopped"]:
            await asyncio.sleep(0.01)
    assert await JobRow.count() == 0


@pytest.mark.parametrize("jump_s", [3600, -3600])
async def test_a_clock_that_jumps_while_a_worker_runs_loses_and_doubles_nothing(
    database: Database, host: Any, jump_s: float
) -> None:
    offset_s = 0.0
    runs: list[int] = []

    def clock() -> Any:
        return utc_now() + timedelta(seconds=offset_s)

    async def note(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        runs.append(payload["n"])
        # Longer than leases that seem to be over stay unnoticed.
        await asyncio.sleep(2.4)

    host.add("core", "note", note)
    queue = JobQueue(database, clock)
    for n in range(3):
        await queue.enqueue("core", "note", {"n": n})
    async with working(Worker(queue, host, clock)), asyncio.timeout(20):
        while len(runs) < 3:
            await asyncio.sleep(0.01)
        offset_s = jump_s
        await queue.enqueue("core", "note", {"n": 3})
        while len(runs) < 4 or await JobRow.count():
            await asyncio.sleep(0.02)
    assert sorted(runs) == list(range(4))


async def test_long_work_keeps_no_reply_waiting(queue: JobQueue, host: Any, done: list[Any]) -> None:
    async def long(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await asyncio.sleep(60)

    host.add("core", "import", long)
    queue = JobQueue(queue.database, utc_now)
    for _ in range(20):
        await queue.enqueue(LONG, "core.import")
    async with working(Worker(queue, host, utc_now, concurrency=4, grace_s=0.1)), asyncio.timeout(10):
        while not await JobRow.exists().where(JobRow.state == "running"):
            await asyncio.sleep(0.01)
        await queue.enqueue("core", "note", {"n": 1})
        while done != [1]:
            await asyncio.sleep(0.01)
    assert await queue.counts() == {"queued": 20, "running": 0, "dead": 0}
