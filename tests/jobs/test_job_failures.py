"""Failing jobs: backoff, chosen delays, dead letters, deadlines, paused plugins."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Retry
from crmcore.jobs.backoff import LONGEST_S, backoff_s
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.testing.clock import TurnableClock


async def fail(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    raise ValueError("the other side said no")


async def due_in_s(clock: TurnableClock) -> float:
    row = await JobRow.select(JobRow.run_at).where(JobRow.state == "queued").first()
    assert row is not None
    due: datetime = row["run_at"]
    return (due - clock()).total_seconds()


async def test_delays_grow_until_the_job_is_dead(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    host.add("core", "fail", fail, max_attempts=4)
    id = await queue.enqueue("core", "fail", {"n": 7}, key="k")
    delays = []
    for _ in range(3):
        assert await worker.drain() == 1
        assert await worker.drain() == 0
        delays.append(await due_in_s(clock))
        clock.advance(delays[-1])
    assert 3.75 <= delays[0] <= 6.25
    assert delays[0] < delays[1] < delays[2]
    assert await worker.drain() == 1
    clock.advance(LONGEST_S * 10)
    assert await worker.drain() == 0

    letters = await queue.dead()
    assert [(letter.id, letter.plugin, letter.name, letter.attempts) for letter in letters] == [
        (id, "core", "fail", 4)
    ]
    assert letters[0].payload == {"n": 7}
    assert letters[0].error == "ValueError: the other side said no"
    # The key is free again: the dead letter waits for a person, the work does not.
    assert await queue.enqueue("core", "fail", key="k") is not None


async def test_a_dead_letter_can_be_sent_again(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    well = False

    async def moody(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        if not well:
            raise ValueError("not today")

    host.add("core", "moody", moody)
    id = await queue.enqueue("core", "moody", max_attempts=1)
    assert id is not None
    await worker.drain()
    assert (await queue.counts())["dead"] == 1
    await queue.retry(id)
    assert await worker.drain() == 1
    assert (await queue.counts())["dead"] == 1
    well = True
    await queue.retry(id)
    assert await worker.drain() == 1
    assert await queue.counts() == {"queued": 0, "running": 0, "dead": 0}


async def test_a_discarded_dead_letter_is_gone(queue: JobQueue, worker: Worker, host: Any) -> None:
    host.add("core", "fail", fail)
    id = await queue.enqueue("core", "fail", max_attempts=1)
    assert id is not None
    await worker.drain()
    await queue.discard(id)
    assert await JobRow.count() == 0


def test_backoff_grows_by_three_and_has_an_end() -> None:
    assert [backoff_s(attempt, 0.5) for attempt in range(1, 5)] == [5, 15, 45, 135]
    assert backoff_s(1, 0) == 3.75
    assert backoff_s(1, 1) == 6.25
    assert backoff_s(500, 0.5) == LONGEST_S
    assert len({backoff_s(3) for _ in range(10)}) > 1


async def test_retry_chooses_its_own_delay_and_is_counted(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    async def later(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        raise Retry("rate limited", after_s=77)

    host.add("shop", "later", later, max_attempts=2)
    await queue.enqueue("shop", "later")
    await worker.drain()
    assert await due_in_s(clock) == 77
    clock.advance(77)
    await worker.drain()
    assert [(letter.plugin, letter.error) for letter in await queue.dead()] == [("shop", "rate limited")]


@pytest.mark.parametrize("plugin", ["core", "shop"])
async def test_a_job_that_hangs_ends_at_its_deadline(
    queue: JobQueue, worker: Worker, host: Any, plugin: str
) -> None:
    async def hang(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await asyncio.sleep(60)

    host.add(plugin, "hang", hang, timeout_s=0.1, max_attempts=1)
    await queue.enqueue(plugin, "hang")
    async with asyncio.timeout(5):
        assert await worker.drain() == 1
    assert "within 0.1 s" in (await queue.dead())[0].error


async def test_a_plugin_that_exits_takes_nobody_with_it(
    queue: JobQueue, worker: Worker, host: Any, done: list[Any]
) -> None:
    async def exits(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        raise SystemExit(3)

    host.add("shop", "exits", exits, max_attempts=1)
    await queue.enqueue("shop", "exits")
    await queue.enqueue("core", "note", {"n": 1})
    assert await worker.drain() == 2
    assert done == [1]
    assert "“shop”" in (await queue.dead())[0].error


async def test_a_paused_plugin_costs_its_jobs_no_attempt(
    queue: JobQueue, worker: Worker, host: Any, clock: TurnableClock
) -> None:
    host.add("shop", "fail", fail, max_attempts=5)
    for n in range(5):
        await queue.enqueue("shop", "fail", {"n": n})
    assert await worker.drain() == 5
    # Three failures in a row pause the plugin; the last two were not called.
    attempts = await JobRow.select(JobRow.attempts).order_by(JobRow.id)
    assert [row["attempts"] for row in attempts] == [1, 1, 1, 0, 0]
    assert 0 < await due_in_s(clock) <= 30
    assert (await queue.counts()) == {"queued": 5, "running": 0, "dead": 0}


async def test_the_cores_own_jobs_are_never_paused(queue: JobQueue, worker: Worker, host: Any) -> None:
    host.add("core", "fail", fail)
    for n in range(6):
        await queue.enqueue("core", "fail", {"n": n})
    await worker.drain()
    rows = await JobRow.select(JobRow.attempts)
    assert [row["attempts"] for row in rows] == [1] * 6


async def test_an_error_of_any_length_and_character_is_kept(
    queue: JobQueue, worker: Worker, host: Any
) -> None:
    async def shout(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        raise ValueError("\0" + "ы" * 100_000)

    host.add("core", "shout", shout)
    await queue.enqueue("core", "shout", max_attempts=1)
    await worker.drain()
    error = (await queue.dead())[0].error
    assert error.startswith("ValueError: ыы")
    assert len(error) == 4000
