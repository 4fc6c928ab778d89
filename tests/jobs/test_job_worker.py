"""The running worker: promptness, lanes, stopping, losing the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crmcore.clock import utc_now
from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.errors import Unavailable
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker


@pytest.fixture
def queue(database: Database) -> JobQueue:
    """The queue on real time: these tests wait."""
    return JobQueue(database, utc_now)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Event]:
    """Run ``worker`` meanwhile, and wait for its end."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


async def until(condition: Callable[[], bool], seconds: float = 10) -> float:
    """Wait for ``condition`` and return how long it took."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the conditions are plain lists
            await asyncio.sleep(0.005)
    return time.monotonic() - started


async def test_a_job_put_down_here_is_run_without_waiting_for_the_poll(
    queue: JobQueue, host: Any, done: list[Any]
) -> None:
    async with running(Worker(queue, host, utc_now)):
        await asyncio.sleep(0.3)
        took = []
        for n in range(5):
            await queue.enqueue("core", "note", {"n": n})
            took.append(await until(lambda n=n: done[-1:] == [n]))  # type: ignore[misc]
            await asyncio.sleep(0.1)
        assert sorted(took)[2] < 0.3


async def test_a_job_put_down_elsewhere_is_seen_within_a_second(
    queue: JobQueue, host: Any, done: list[Any], database: Database
) -> None:
    elsewhere = JobQueue(database, utc_now)
    async with running(Worker(queue, host, utc_now)):
        await asyncio.sleep(0.2)
        await elsewhere.enqueue("core", "note", {"n": 1})
        # SQLite's workers look every second; PostgreSQL's are called.
        assert await until(lambda: done == [1]) < (1.5 if database.kind == "sqlite" else 0.7)
        await elsewhere.enqueue("core", "note", {"n": 2}, delay_s=0.3)
        assert await until(lambda: done == [1, 2]) < (1.8 if database.kind == "sqlite" else 1.0)


async def test_delayed_jobs_are_on_time(queue: JobQueue, host: Any, database: Database) -> None:
    late_s: list[float] = []

    async def note(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        late_s.append(time.time() - payload["due"])

    host.add("core", "note", note)
    elsewhere = JobQueue(database, utc_now)
    async with running(Worker(queue, host, utc_now)):
        for index, delay_s in enumerate((0.4, 0.8, 1.7, 2.3)):
            by = queue if index % 2 else elsewhere
            await by.enqueue("core", "note", {"due": time.time() + delay_s}, delay_s=delay_s)
        await until(lambda: len(late_s) == 4)
    assert min(late_s) > -0.05
    # Those of another process that are due within a second may wait for the next look.
    assert max(late_s) < 1.2
    assert sorted(late_s)[1] < 0.4


async def test_a_hanging_plugin_delays_nobody_else(queue: JobQueue, host: Any, done: list[Any]) -> None:
    hanging = 0

    async def hang(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        nonlocal hanging
        hanging += 1
        await asyncio.sleep(60)

    quick: list[int] = []

    async def work(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        quick.append(payload["n"])

    host.add("slow", "hang", hang)
    host.add("shop", "work", work)
    for n in range(50):
        await queue.enqueue("slow", "hang", {"n": n})
    worker = Worker(queue, host, utc_now, concurrency=4, grace_s=0.1)
    async with running(worker):
        await until(lambda: hanging == 2)
        for n in range(30):
            await queue.enqueue("core", "note", {"n": n})
            await queue.enqueue("shop", "work", {"n": n})
        assert await until(lambda: len(done) == 30 and len(quick) == 30) < 5
        assert hanging == 2
    # Given back, as if they had not been tried.
    assert await queue.counts() == {"queued": 50, "running": 0, "dead": 0}
    assert {row["attempts"] for row in await JobRow.select(JobRow.attempts)} == {0}


async def test_stopping_lets_running_jobs_end(queue: JobQueue, host: Any) -> None:
    begun, ended = [], []

    async def work(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        begun.append(1)
        await asyncio.sleep(0.5)
        ended.append(1)

    host.add("core", "work", work)
    for _ in range(20):
        await queue.enqueue("core", "work")
    async with running(Worker(queue, host, utc_now, concurrency=4)) as stop:
        await until(lambda: len(begun) == 4)
        stop.set()
    assert len(begun) == len(ended) == 4
    assert await queue.counts() == {"queued": 16, "running": 0, "dead": 0}


async def test_a_cancelled_worker_gives_its_jobs_back(queue: JobQueue, host: Any) -> None:
    begun: list[int] = []

    async def hang(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        begun.append(1)
        await asyncio.sleep(60)

    host.add("core", "hang", hang)
    await queue.enqueue("core", "hang")
    task = asyncio.create_task(Worker(queue, host, utc_now).run(asyncio.Event()))
    await until(lambda: begun == [1])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await queue.counts() == {"queued": 1, "running": 0, "dead": 0}


async def test_a_long_job_keeps_its_lease_and_runs_once(
    queue: JobQueue, host: Any, database: Database
) -> None:
    runs: list[int] = []

    async def long(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        runs.append(1)
        await asyncio.sleep(3)

    host.add("core", "long", long)
    await queue.enqueue("core", "long")
    other = Worker(JobQueue(database, utc_now), host, utc_now, lease_s=0.6)
    async with running(Worker(queue, host, utc_now, lease_s=0.6)), running(other):
        await until(lambda: runs == [1])
        await asyncio.sleep(2)
        assert (await queue.counts())["running"] == 1
    assert len(runs) == 1
    assert await JobRow.count() == 0


async def test_a_job_whose_lease_was_lost_is_stopped(queue: JobQueue, host: Any) -> None:
    outcome: list[str] = []

    async def long(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        try:
            outcome.append("begun")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            outcome.append("stopped")
            raise

    host.add("core", "long", long)
    await queue.enqueue("core", "long")
    async with running(Worker(queue, host, utc_now, lease_s=0.6)):
        await until(lambda: outcome == ["begun"])
        await JobRow.update({JobRow.state: "dead", JobRow.lease: None}, force=True)
        await until(lambda: outcome == ["begun", "stopped"])
    assert (await queue.counts())["dead"] == 1


async def test_the_worker_outlives_a_database_that_is_away(
    queue: JobQueue, host: Any, done: list[Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = False
    run = type(database.engine).run_querystring

    async def run_unless_away(self: Any, *args: Any, **kwargs: Any) -> Any:
        if away:
            raise Unavailable
        return await run(self, *args, **kwargs)

    monkeypatch.setattr(type(database.engine), "run_querystring", run_unless_away)
    async with running(Worker(queue, host, utc_now)):
        await queue.enqueue("core", "note", {"n": 1})
        await until(lambda: done == [1])
        away = True
        await asyncio.sleep(2.2)
        away = False
        await queue.enqueue("core", "note", {"n": 2})
        assert await until(lambda: done == [1, 2]) < 5


async def test_what_was_done_while_the_database_went_away_is_not_done_again(
    queue: JobQueue, host: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = False
    runs: list[int] = []
    run = type(database.engine).run_querystring

    async def run_unless_away(self: Any, *args: Any, **kwargs: Any) -> Any:
        if away:
            raise Unavailable
        return await run(self, *args, **kwargs)

    async def work(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        nonlocal away
        runs.append(1)
        away = True

    monkeypatch.setattr(type(database.engine), "run_querystring", run_unless_away)
    host.add("core", "work", work)
    async with running(Worker(queue, host, utc_now)):
        await queue.enqueue("core", "work")
        await until(lambda: runs == [1])
        await asyncio.sleep(1)
        away = False
        await asyncio.sleep(2.5)
    assert runs == [1]
    assert await JobRow.count() == 0
