"""Periodic jobs: once per period, whatever happens to the workers."""

import asyncio
from collections.abc import Mapping
from typing import Any

from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.testing.clock import TurnableClock


class Ticks:
    """Counts runs, and fails while told to."""

    def __init__(self) -> None:
        self.count = 0
        self.failing = False

    async def run(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        self.count += 1
        if self.failing:
            raise ValueError("no")


async def test_it_runs_at_once_and_then_once_per_period(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    ticks = Ticks()
    host.add("core", "tick", ticks.run, every_s=60)
    for period in range(1, 5):
        assert await worker.drain() == 1
        assert await worker.drain() == 0
        clock.advance(59)
        assert await worker.drain() == 0
        clock.advance(1)
        assert ticks.count == period
    # Away for a day: one turn, not 1,440.
    clock.advance(86_400)
    assert await worker.drain() == 1


async def test_several_workers_and_restarts_keep_one_schedule(
    queue: JobQueue, host: Any, database: Database, clock: TurnableClock
) -> None:
    ticks = Ticks()
    host.add("shop", "tick", ticks.run, every_s=60)
    workers = [Worker(JobQueue(database, clock), host, clock) for _ in range(4)]
    for _ in range(3):
        ran = await asyncio.gather(*(worker.drain() for worker in workers))
        assert sum(ran) == 1
        clock.advance(60)
    assert await Worker(JobQueue(database, clock), host, clock).drain() == 1
    assert ticks.count == 4
    assert await JobRow.count() == 1


async def test_a_turn_cut_short_by_a_crash_is_run_again(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    ticks = Ticks()
    host.add("core", "tick", ticks.run, every_s=3600)
    await worker.drain()
    clock.advance(3600)
    await JobRow.update({JobRow.state: "running", JobRow.run_at: clock()}, force=True)
    assert await worker.drain() == 1
    assert ticks.count == 2


async def test_a_failing_turn_is_retried_within_its_period_and_leaves_one_dead_letter(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    ticks = Ticks()
    ticks.failing = True
    host.add("core", "tick", ticks.run, every_s=20, max_attempts=3)
    for _ in range(12):
        assert await worker.drain() == 1
        clock.advance(20)
    assert await queue.counts() == {"queued": 1, "running": 0, "dead": 1}
    ticks.failing = False
    assert await worker.drain() == 1
    letter = (await queue.dead())[0]
    await queue.retry(letter.id)
    assert await worker.drain() == 1
    assert await queue.counts() == {"queued": 1, "running": 0, "dead": 0}


async def test_a_shorter_period_counts_at_once(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    ticks = Ticks()
    host.add("core", "tick", ticks.run, every_s=86_400)
    await worker.drain()
    host.add("core", "tick", ticks.run, every_s=10)
    await worker.drain()
    clock.advance(10)
    assert await worker.drain() == 1


async def test_a_plugin_that_was_away_takes_its_turn_when_it_is_back(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    ticks = Ticks()
    host.add("shop", "tick", ticks.run, every_s=60)
    await worker.drain()
    host.remove("shop")
    clock.advance(600)
    assert await worker.drain() == 0
    host.add("shop", "tick", ticks.run, every_s=60)
    assert await worker.drain() == 1
    assert ticks.count == 2
