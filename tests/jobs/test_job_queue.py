"""Putting jobs down, running what is due, keys and ordering."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.errors import NotFound
from crmcore.jobs.new_job import NewJob
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.testing.clock import TurnableClock


async def test_a_job_runs_once_with_its_payload(queue: JobQueue, worker: Worker, done: list[Any]) -> None:
    assert await queue.enqueue("core", "note", {"n": "Привет"}) is not None
    assert await worker.drain() == 1
    assert await worker.drain() == 0
    assert done == ["Привет"]
    assert await queue.counts() == {"queued": 0, "running": 0, "dead": 0}


async def test_a_rollback_takes_the_job_with_it(
    database: Database, queue: JobQueue, worker: Worker, done: list[Any]
) -> None:
    heard: list[str] = []
    queue.listen(lambda plugin, run_at: heard.append(plugin))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await queue.enqueue("core", "note", {"n": 1})
            raise ZeroDivisionError
    assert await worker.drain() == 0
    assert heard == []
    async with database.transaction():
        await queue.enqueue("core", "note", {"n": 2})
        assert heard == []
    assert heard == ["core"]
    await worker.drain()
    assert done == [2]


async def test_jobs_run_in_the_order_they_were_put_down(
    queue: JobQueue, worker: Worker, done: list[Any]
) -> None:
    for n in range(20):
        await queue.enqueue("core", "note", {"n": n}, ordering_key="one record")
    await queue.enqueue_all([NewJob(plugin="core", name="note", payload={"n": n}) for n in range(20, 25)])
    assert await worker.drain() == 25
    assert done == list(range(25))


async def test_a_delayed_job_waits_for_its_time(
    queue: JobQueue, worker: Worker, done: list[Any], clock: TurnableClock
) -> None:
    await queue.enqueue("core", "note", {"n": 1}, delay_s=60)
    assert await worker.drain() == 0
    clock.advance(59)
    assert await worker.drain() == 0
    clock.advance(1)
    assert await worker.drain() == 1


async def test_a_key_that_waits_is_not_added_twice(queue: JobQueue, worker: Worker, done: list[Any]) -> None:
    assert await queue.enqueue("core", "note", {"n": 1}, key="same") is not None
    assert await queue.enqueue("core", "note", {"n": 2}, key="same") is None
    assert await queue.enqueue("core", "other", {"n": 3}, key="same") is not None
    await worker.drain()
    assert done == [1]
    assert await queue.enqueue("core", "note", {"n": 4}, key="same") is not None
    await worker.drain()
    assert done == [1, 4]


async def test_a_key_asked_for_while_its_job_runs_makes_it_run_once_more(
    queue: JobQueue, worker: Worker, host: Any
) -> None:
    seen: list[int] = []

    async def sync(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        seen.append(payload["n"])
        if payload["n"] == 1:
            # Something changed after this job has read it.
            assert await queue.enqueue("core", "sync", {"n": 2}, key="contact") is None
            assert await queue.enqueue("core", "sync", {"n": 3}, key="contact") is None

    host.add("core", "sync", sync)
    await queue.enqueue("core", "sync", {"n": 1}, key="contact")
    assert await worker.drain() == 2
    assert seen == [1, 3]
    assert await queue.counts() == {"queued": 0, "running": 0, "dead": 0}


async def test_two_that_put_down_one_key_at_once_add_it_once(queue: JobQueue, database: Database) -> None:
    import asyncio

    ids = await asyncio.gather(*(queue.enqueue("core", "note", {"n": n}, key="same") for n in range(10)))
    assert sum(id is not None for id in ids) == 1
    assert await JobRow.count() == 1


async def test_a_very_long_key_is_still_one_key(queue: JobQueue) -> None:
    long = "x" * 1000
    assert await queue.enqueue("core", "note", key=long + "a", ordering_key=long) is not None
    assert await queue.enqueue("core", "note", key=long + "a") is None
    assert await queue.enqueue("core", "note", key=long + "b") is not None


async def test_jobs_of_an_absent_plugin_wait_for_it(
    queue: JobQueue, worker: Worker, host: Any, done: list[Any]
) -> None:
    ran: list[int] = []

    async def work(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        ran.append(payload["n"])

    await queue.enqueue("shop", "sync", {"n": 1})
    await queue.enqueue("shop", "core.note", {"n": "for the shop"})
    assert await worker.drain() == 0
    assert (await queue.counts())["queued"] == 2
    host.add("shop", "sync", work)
    assert await worker.drain() == 2
    assert (ran, done) == ([1], ["for the shop"])


@pytest.mark.parametrize("payload", [{"n": "a\0b"}, {"n": object()}])
async def test_a_payload_that_is_no_json_is_refused_on_both_engines(queue: JobQueue, payload: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        await queue.enqueue("core", "note", payload)
    assert (await queue.counts())["queued"] == 0


async def test_only_dead_letters_can_be_retried_or_discarded(queue: JobQueue) -> None:
    id = await queue.enqueue("core", "note")
    assert id is not None
    for unknown in (id, uuid4()):
        with pytest.raises(NotFound):
            await queue.retry(unknown)
        with pytest.raises(NotFound):
            await queue.discard(unknown)
    assert (await queue.counts())["queued"] == 1
