"""Plugins that listen to events, and events for them."""

import asyncio
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import system_actor
from crmcore.contracts.events import Event
from crmcore.contracts.jobs import Job
from crmcore.events.tables import EventRow
from crmcore.hookspecs import hookimpl
from crmcore.workspace import Crm

ADMIN = system_actor("admin")


class Listener:
    """A plugin that remembers what it is told, and can be made to fail or to hang."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.failing = False
        self.hanging = False

    @hookimpl
    async def contact_created(self, event: Event) -> None:
        await self._hear(event)

    @hookimpl
    async def contact_updated(self, event: Event) -> None:
        await self._hear(event)

    async def _hear(self, event: Event) -> None:
        if self.hanging:
            await asyncio.sleep(60)
        if self.failing:
            raise ValueError("closed")
        self.seen.append(event)


class Mute:
    """A plugin that listens to nothing."""

    @hookimpl
    def register_jobs(self) -> list[Job]:
        return []


class Point(EntryPoint):
    """An entry point of an object that is there already."""

    def load(self) -> Any:
        return LISTENERS[self.name]


LISTENERS: dict[str, Any] = {}


async def happen(crm: Crm, count: int, records: list[UUID]) -> list[UUID]:
    """Let ``count`` events happen to ``records`` in turn, and return their ids."""
    for n in range(count):
        async with crm.database.transaction():
            name = "contact_created" if n < len(records) else "contact_updated"
            changes = {"n": [None, n]}
            await crm.outbox.write(name, "contact", records[n % len(records)], ADMIN, changes=changes)
    return [row["id"] for row in await EventRow.select(EventRow.id).order_by(EventRow.id)]
