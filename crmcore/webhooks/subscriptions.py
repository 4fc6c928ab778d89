"""Who wants to be told of an event: one delivery and one job for each of them, in the event's transaction."""

from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.events import Event
from crmcore.database.database import Database
from crmcore.database.statement import fetch, insert_rows
from crmcore.jobs.host import WEBHOOKS
from crmcore.jobs.ids import AscendingIds
from crmcore.jobs.new_job import NewJob
from crmcore.jobs.queue import JobQueue
from crmcore.webhooks.names import is_wanted
from crmcore.webhooks.tables import WebhookDelivery

DELIVER = "deliver_webhook"
"""The key of the core's job that sends one delivery."""
AT_ONCE = 2
"""How many deliveries of one endpoint are under way at once, in all workers together."""
KNOWN_S = 0.25
"""So long the endpoints are not looked up again, unless this process wrote to their table."""


class Subscriptions:
    """Writes deliveries next to events. Two statements for all endpoints of an event, none where there are none."""

    def __init__(self, database: Database, queue: JobQueue, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._ids = AscendingIds()
        self._known: tuple[float, int, list[tuple[UUID, frozenset[str]]]] = (0.0, -1, [])

    async def write(self, event: Event) -> None:
        """Write the deliveries of ``event`` and their jobs into the open transaction."""
        wanted = [id for id, names in await self._endpoints() if is_wanted(event.name, names)]
        await self.add(
            [
                {
                    "endpoint": endpoint,
                    "event": event.id,
                    "name": event.name,
                    "record_type": event.record_type,
                    "record_id": event.record_id,
                }
                for endpoint in wanted
            ]
        )

    async def add(self, deliveries: Sequence[dict[str, Any]]) -> list[UUID]:
        """Write ``deliveries`` and queue them; return their ids."""
        if not deliveries:
            return []
        now = self._clock()
        rows = [
            {"id": self._ids.next(), **delivery, "created_at": now, "updated_at": now}
            for delivery in deliveries
        ]
        await insert_rows(WebhookDelivery, *rows)
        await self.queue(rows)
        return [row["id"] for row in rows]

    async def queue(self, rows: Sequence[dict[str, Any]]) -> None:
        """Put down a job for each of the stored deliveries ``rows``."""
        await self._queue.enqueue_all([_job(row) for row in rows])

    async def _endpoints(self) -> list[tuple[UUID, frozenset[str]]]:
        until, changes, known = self._known
        now_changes = self._database.changes.of("webhook_endpoint")
        if monotonic() < until and changes == now_changes:
            return known
        # Found by whoever deletes one meanwhile: a delivery to an endpoint that is gone is dropped by its job.
        rows = await fetch("SELECT id, events FROM webhook_endpoint WHERE state <> 'disabled' ORDER BY id")
        known = [
            (UUID(str(row["id"])), frozenset(msgspec.json.decode(row["events"], type=list[str])))
            for row in rows
        ]
        self._known = (monotonic() + KNOWN_S, now_changes, known)
        return known


def _job(row: dict[str, Any]) -> NewJob:
    # One record's deliveries are always in the same order; the other orders of the endpoint go on beside it.
    order = crc32(UUID(str(row["record_id"])).bytes) % AT_ONCE
    return NewJob(
        plugin=WEBHOOKS,
        name=f"core.{DELIVER}",
        payload={"delivery": str(row["id"])},
        ordering_key=f"webhook:{row['endpoint']}:{order}",
    )
