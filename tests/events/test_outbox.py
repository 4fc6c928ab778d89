"""Events: written with the change, delivered at least once, in order, to each plugin by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pluggy
import pytest

from crmcore.clock import utc_now, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.context import PluginContext
from crmcore.contracts.events import Event
from crmcore.contracts.jobs import Job
from crmcore.database.database import Database
from crmcore.events.outbox import DELIVER_EVENT, Outbox
from crmcore.events.tables import EventRow
from crmcore.hookspecs import hookimpl
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow
from crmcore.jobs.worker import Worker
from crmcore.plugins.context import BoundContext
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.logs import Redactor, plugin_log
from crmcore.plugins.registry import Registered, Registry
from crmcore.plugins.specs import read_specs
from crmcore.plugins.state import PluginState
from crmcore.testing.clock import TurnableClock

ANNA = Actor(kind="user", id="u1", label="Anna")


class Host:
    """The real dispatcher, with plugins whose ``contact_updated`` is given by the test."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.plugins = {"core": PluginState(name="core")}
        self.dispatch = Dispatcher(read_specs(), self.context)

    def context(self, plugin: str) -> PluginContext:
        return BoundContext(plugin, plugin_log(plugin, Redactor()), None)

    def add(self, name: str, handler: Callable[[Event], Awaitable[None]]) -> None:
        class Plugin:
            @hookimpl
            async def contact_updated(self, event: Event) -> None:
                await handler(event)

        manager = pluggy.PluginManager("crmcore")
        plugin = Plugin()
        manager.register(plugin, name)
        implementations = manager.hook.contact_updated.get_hookimpls()
        self.plugins[name] = PluginState(name=name)
        self.dispatch.add(name, {"contact_updated": implementations})


class Seen:
    """A plugin's handler that remembers, and fails while told to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failing = False

    async def __call__(self, event: Event) -> None:
        if self.failing:
            raise ValueError("the shop is closed")
        self.events.append(event)

    def names(self) -> list[Any]:
        return [event.changes["first_name"][1] for event in self.events]


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def queue(database: Database, clock: TurnableClock) -> JobQueue:
    return JobQueue(database, clock)


@pytest.fixture
def outbox(host: Host, queue: JobQueue, clock: TurnableClock) -> Outbox:
    outbox = Outbox(host, queue, clock)
    job = Job(key=DELIVER_EVENT, run=outbox.deliver, max_attempts=3)
    host.registry.jobs[f"core.{DELIVER_EVENT}"] = Registered("core", job)
    return outbox


@pytest.fixture
def worker(queue: JobQueue, host: Host, clock: TurnableClock) -> Worker:
    return Worker(queue, host, clock)


async def change(database: Database, outbox: Outbox, record: UUID, name: str) -> None:
    async with database.transaction():
        await outbox.write("contact_updated", "contact", record, ANNA, changes={"first_name": ["Ann", name]})


async def test_an_event_arrives_as_it_was_written(
    database: Database, outbox: Outbox, worker: Worker, host: Host, clock: TurnableClock
) -> None:
    seen = Seen()
    host.add("shop", seen)
    record = uuid7()
    async with database.transaction():
        await outbox.write(
            "contact_updated",
            "contact",
            record,
            ANNA,
            changes={"company_id": [None, record], "seen_at": [None, clock()]},
            data={"Имя": "Анна", "nested": {"list": [1, 2.5, None, True]}},
        )
    assert await worker.drain() == 1
    (event,) = seen.events
    stored = await EventRow.select().first()
    assert stored is not None
    assert event.id == stored["id"]
    assert (event.name, event.record_type, event.record_id) == ("contact_updated", "contact", record)
    assert (event.actor_kind, event.actor_id, event.actor_label) == ("user", "u1", "Anna")
    assert event.at == stored["at"] == clock()
    assert event.changes["company_id"] == [None, str(record)]
    assert event.data == {"Имя": "Анна", "nested": {"list": [1, 2.5, None, True]}}


async def test_a_rollback_takes_the_event_and_its_deliveries_with_it(
    database: Database, outbox: Outbox, host: Host
) -> None:
    host.add("shop", Seen())
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await outbox.write("contact_updated", "contact", uuid4(), ANNA)
            raise ZeroDivisionError
    assert await EventRow.count() == 0
    assert await JobRow.count() == 0


async def test_outside_a_transaction_nothing_is_written(outbox: Outbox) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        await outbox.write("contact_updated", "contact", uuid4(), ANNA)
    assert await EventRow.count() == 0


@pytest.mark.parametrize("name", ["contact_updated", "something_that_no_hook_has"])
async def test_an_event_nobody_waits_for_is_kept_without_deliveries(
    database: Database, outbox: Outbox, name: str
) -> None:
    async with database.transaction():
        before = database.statements
        await outbox.write(name, "contact", uuid4(), ANNA)
    assert database.statements - before == 1
    assert await EventRow.count() == 1
    assert await JobRow.count() == 0


async def test_writing_costs_two_statements_at_most_however_many_plugins_wait(
    database: Database, outbox: Outbox, host: Host
) -> None:
    for name in ("a_plugin", "b_plugin", "c_plugin", "d_plugin"):
        host.add(name, Seen())
    async with database.transaction():
        before = database.statements
        await outbox.write("contact_updated", "contact", uuid4(), ANNA)
    # On PostgreSQL they travel together.
    assert database.statements - before == {"sqlite": 2, "postgres": 1}[database.kind]
    assert await JobRow.count() == 4


async def test_events_of_one_record_arrive_in_order_also_past_a_failure(
    database: Database, outbox: Outbox, worker: Worker, host: Host, clock: TurnableClock
) -> None:
    seen = Seen()
    host.add("shop", seen)
    record, other = uuid4(), uuid4()
    seen.failing = True
    await change(database, outbox, record, "1")
    await worker.drain()
    seen.failing = False
    for name in ("2", "3"):
        await change(database, outbox, record, name)
    await change(database, outbox, other, "other")
    await worker.drain()
    assert seen.names() == ["other"]
    clock.advance(10)
    await worker.drain()
    assert seen.names() == ["other", "1", "2", "3"]


async def test_a_failing_plugin_takes_nothing_from_another(
    database: Database, outbox: Outbox, worker: Worker, host: Host
) -> None:
    good, bad = Seen(), Seen()
    bad.failing = True
    host.add("bad_one", bad)
    host.add("good_one", good)
    record = uuid4()
    for n in range(5):
        await change(database, outbox, record, str(n))
    await worker.drain()
    assert good.names() == ["0", "1", "2", "3", "4"]
    assert bad.events == []


async def test_a_delivery_that_keeps_failing_ends_as_a_dead_letter_that_names_the_plugin(
    database: Database, outbox: Outbox, worker: Worker, host: Host, queue: JobQueue, clock: TurnableClock
) -> None:
    seen = Seen()
    seen.failing = True
    host.add("shop", seen)
    record = uuid4()
    await change(database, outbox, record, "1")
    await change(database, outbox, record, "2")
    for _ in range(3):
        await worker.drain()
        clock.advance(100)
    (letter,) = await queue.dead()
    assert letter.plugin == "shop"
    assert "“shop”" in letter.error
    assert "contact_updated" in letter.error
    assert "the shop is closed" in letter.error
    # The next one of the record is not held up by a dead one.
    assert (await queue.counts())["queued"] == 1


async def test_a_hanging_plugin_delays_no_other(
    database: Database, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = JobQueue(database, utc_now)
    outbox = Outbox(host, queue, utc_now)
    host.registry.jobs[f"core.{DELIVER_EVENT}"] = Registered(
        "core", Job(key=DELIVER_EVENT, run=outbox.deliver)
    )
    seen, hanging = Seen(), 0

    async def hang(event: Event) -> None:
        nonlocal hanging
        hanging += 1
        await asyncio.sleep(60)

    host.add("slow_one", hang)
    host.add("quick_one", seen)
    for n in range(30):
        await change(database, outbox, uuid4(), str(n))
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(queue, host, utc_now, concurrency=4, grace_s=0.1).run(stop))
    try:
        async with asyncio.timeout(5):
            while len(seen.events) < 30:  # noqa: ASYNC110 - the list is filled by the worker
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        await task
    assert hanging < 10
    assert sorted(seen.names(), key=int) == [str(n) for n in range(30)]


async def test_deliveries_wait_for_a_plugin_that_is_away(
    database: Database, outbox: Outbox, worker: Worker, host: Host
) -> None:
    seen = Seen()
    host.add("shop", seen)
    await change(database, outbox, uuid4(), "1")
    state = host.plugins.pop("shop")
    assert await worker.drain() == 0
    host.plugins["shop"] = state
    assert await worker.drain() == 1
    assert seen.names() == ["1"]


async def test_old_events_are_forgotten_and_their_late_deliveries_end_quietly(
    database: Database, outbox: Outbox, worker: Worker, host: Host, queue: JobQueue, clock: TurnableClock
) -> None:
    seen = Seen()
    host.add("shop", seen)
    await change(database, outbox, uuid4(), "old")
    clock.advance(91 * 86_400)
    await change(database, outbox, uuid4(), "new")
    assert await outbox.forget(keep_days=90) == 1
    await worker.drain()
    assert seen.names() == ["new"]
    assert await queue.counts() == {"queued": 0, "running": 0, "dead": 0}
