"""Gives deliveries that wait back to the queue when their time has come, and forgets old ones."""

from datetime import timedelta
from uuid import UUID

from crmcore.clock import Clock
from crmcore.database.database import Database
from crmcore.database.statement import fetch
from crmcore.webhooks.schedule import KEEP_DAYS
from crmcore.webhooks.subscriptions import Subscriptions
from crmcore.webhooks.tables import WebhookDelivery

RELEASE_EVERY_S = 5.0
BATCH = 500
LOST_DAYS = 2

# The oldest unfinished delivery of each record of an endpoint that takes deliveries now.
_DUE = """
SELECT d.id, d.endpoint, d.record_id FROM webhook_delivery AS d
JOIN webhook_endpoint AS e ON e.id = d.endpoint
WHERE d.state = 'waiting' AND d.next_at <= {} AND e.state = 'enabled'
  AND (e.held_until IS NULL OR e.held_until <= {})
  AND NOT EXISTS (
    SELECT 1 FROM webhook_delivery AS older
    WHERE older.endpoint = d.endpoint AND older.record_id = d.record_id AND older.id < d.id
      AND older.state IN ('queued', 'waiting') AND older.event IS NOT NULL
  )
ORDER BY d.id LIMIT {}"""
_OLD = """
SELECT id FROM webhook_delivery WHERE created_at < {}
  OR endpoint NOT IN (SELECT id FROM webhook_endpoint) LIMIT {}"""


class Release:
    """The two periodic works of webhooks."""

    def __init__(self, database: Database, clock: Clock, subscriptions: Subscriptions) -> None:
        self._database = database
        self._clock = clock
        self._subscriptions = subscriptions

    async def due(self) -> int:
        """Queue the deliveries whose turn it is, up to 500; return how many."""
        now = self._clock()
        if not await WebhookDelivery.exists().where(
            WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= now
        ):
            return 0
        async with self._database.transaction():
            rows = await fetch(_DUE, now, now, BATCH)
            if not rows:
                return 0
            ids = [UUID(str(row["id"])) for row in rows]
            queued = (
                await WebhookDelivery.update(
                    {
                        WebhookDelivery.state: "queued",
                        WebhookDelivery.next_at: None,
                        WebhookDelivery.updated_at: now,
                    },
                    force=True,
                )
                .where(WebhookDelivery.id.is_in(ids), WebhookDelivery.state == "waiting")
                .returning(WebhookDelivery.id)
            )
            ours = {str(row["id"]) for row in queued}
            await self._subscriptions.queue([row for row in rows if str(row["id"]) in ours])
        return len(ours)

    async def forget(self) -> int:
        """Delete deliveries of more than 30 days ago and those whose endpoint is gone; return how many."""
        now = self._clock()
        # Their jobs came to no end, because of a fault of ours: they would keep their record's others waiting.
        lost = WebhookDelivery.update(
            {WebhookDelivery.state: "waiting", WebhookDelivery.next_at: now}, force=True
        )
        await lost.where(
            WebhookDelivery.state == "queued", WebhookDelivery.updated_at < now - timedelta(days=LOST_DAYS)
        )
        before, gone = now - timedelta(days=KEEP_DAYS), 0
        while True:
            # In batches: one statement holds SQLite's writer as long as it runs.
            rows = await fetch(_OLD, before, BATCH)
            if rows:
                ids = [UUID(str(row["id"])) for row in rows]
                await WebhookDelivery.delete().where(WebhookDelivery.id.is_in(ids))
            gone += len(rows)
            if len(rows) < BATCH:
                return gone
