"""A host with jobs, and a queue and a worker on each kind of database."""

from collections.abc import Mapping
from typing import Any

import pytest
from jobs_host import Host

from crmcore.contracts.context import PluginContext
from crmcore.database.database import Database
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.worker import Worker
from crmcore.testing.clock import TurnableClock


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
