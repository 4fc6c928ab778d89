"""A plugin host with jobs to try the queue with, and a worker on it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.worker import Worker
from crmcore.plugins.context import BoundContext
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.logs import Redactor, plugin_log
from crmcore.plugins.registry import Registered, Registry
from crmcore.plugins.specs import read_specs
from crmcore.plugins.state import PluginState
from crmcore.testing.clock import TurnableClock

Run = Callable[[Mapping[str, Any], PluginContext], Awaitable[None]]


class Host:
    """The real registry and dispatcher, filled by hand."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.plugins = {"core": PluginState(name="core")}
        self.dispatch = Dispatcher(read_specs(), self.context)

    def context(self, plugin: str) -> PluginContext:
        return BoundContext(plugin, plugin_log(plugin, Redactor()), None)

    def add(self, plugin: str, key: str, run: Run, **options: Any) -> None:
        self.plugins.setdefault(plugin, PluginState(name=plugin))
        self.registry.jobs[f"{plugin}.{key}"] = Registered(plugin, Job(key=key, run=run, **options))

    def remove(self, plugin: str) -> None:
        del self.plugins[plugin]
        self.registry.withdraw(plugin)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def queue(database: Database, clock: TurnableClock) -> JobQueue:
    return JobQueue(database, clock)


@pytest.fixture
def worker(queue: JobQueue, host: Host, clock: TurnableClock) -> Worker:
    return Worker(queue, host, clock)


@pytest.fixture
def done(host: Host) -> list[Any]:
    """What the job ``core.note`` was given, in the order in which it ran."""
    notes: list[Any] = []

    async def note(payload: Mapping[str, Any], plugin: PluginContext) -> None:
        notes.append(payload.get("n"))

    host.add("core", "note", note)
    return notes
