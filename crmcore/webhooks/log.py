"""The deliveries of an endpoint: read, sent again, tested."""

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.database.database import Database
from crmcore.errors import Conflict, NotFound
from crmcore.records.scope import demand
from crmcore.webhooks.endpoint import DeliveryEntry, DeliveryState
from crmcore.webhooks.names import TEST
from crmcore.webhooks.reasons import DELIVERIES
from crmcore.webhooks.subscriptions import Subscriptions
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint

STATES = get_args(DeliveryState)
_RESTS: Label = {
    "en": "The endpoint is paused or disabled. Enable it first.",
    "ru": "Адрес приостановлен или отключён. Сначала включите его.",
}


class DeliveryLog:
    """What was sent to endpoints, and what is sent once more."""

    def __init__(self, database: Database, clock: Clock, subscriptions: Subscriptions) -> None:
        self._database = database
        self._clock = clock
        self._subscriptions = subscriptions

    async def page(
        self, endpoint: UUID, *, actor: Actor, state: str = "", limit: int = 50, before: UUID | None = None
    ) -> tuple[list[DeliveryEntry], UUID | None]:
        """Return deliveries, the newest first, and the cursor of the next page. Raises NotFound."""
        demand(actor, "webhook.read")
        await self._endpoint(endpoint)
        query = WebhookDelivery.select().where(WebhookDelivery.endpoint == endpoint)
        if state:
            query = query.where(WebhookDelivery.state == state)
        if before is not None:
            query = query.where(WebhookDelivery.id < before)
        rows = await query.order_by(WebhookDelivery.id, ascending=False).limit(limit + 1)
        entries = [_entry(row, actor.language) for row in rows[:limit]]
        return entries, entries[-1].id if len(rows) > limit else None

    async def send_again(self, endpoint: UUID, id: UUID, *, actor: Actor) -> DeliveryEntry:
        """Queue a delivery with all its attempts, whatever became of it. Raises NotFound, Conflict."""
        demand(actor, "webhook.write")
        row = await self._endpoint(endpoint)
        async with self._database.transaction():
            delivery = await self._delivery(endpoint, id)
            if delivery["event"] is not None and row["state"] != "enabled":
                raise Conflict(_RESTS, code="endpoint_rests")
            values: dict[Any, Any] = {
                "state": "queued",
                "attempts": 0,
                "next_at": None,
                "error": "",
                "detail": "{}",
                "updated_at": self._clock(),
            }
            changed = (
                await WebhookDelivery.update(values, force=True)
                .where(WebhookDelivery.id == id, WebhookDelivery.state != "queued")
                .returning(WebhookDelivery.id)
            )
            if changed:
                # Somebody has mended the other side: it is not left alone any longer.
                await WebhookEndpoint.update({WebhookEndpoint.held_until: None}, force=True).where(
                    WebhookEndpoint.id == endpoint
                )
                await self._subscriptions.queue([delivery])
            return _entry(await self._delivery(endpoint, id), actor.language)

    async def test(self, endpoint: UUID, *, actor: Actor) -> DeliveryEntry:
        """Send a test, to an endpoint that rests as well; it has one attempt. Raises NotFound."""
        demand(actor, "webhook.write")
        await self._endpoint(endpoint)
        async with self._database.transaction():
            (id,) = await self._subscriptions.add(
                [{"endpoint": endpoint, "event": None, "name": TEST, "record_id": endpoint}]
            )
        return _entry(await self._delivery(endpoint, id), actor.language)

    async def _delivery(self, endpoint: UUID, id: UUID) -> dict[str, Any]:
        rows = await WebhookDelivery.select().where(
            WebhookDelivery.id == id, WebhookDelivery.endpoint == endpoint
        )
        if not rows:
            raise NotFound()
        row: dict[str, Any] = rows[0]
        return row

    @staticmethod
    async def _endpoint(id: UUID) -> dict[str, Any]:
        rows = await WebhookEndpoint.select().where(WebhookEndpoint.id == id)
        if not rows:
            raise NotFound()
        row: dict[str, Any] = rows[0]
        return row


def _entry(row: Mapping[str, Any], language: str) -> DeliveryEntry:
    detail = msgspec.json.decode(row["detail"], type=dict[str, str])
    why = detail or DELIVERIES.get(row["error"], "")
    return DeliveryEntry(
        id=row["id"],
        event_id=row["event"],
        name=row["name"],
        record_type=row["record_type"],
        record_id=row["record_id"] if row["event"] is not None else None,
        state=row["state"],
        attempts=row["attempts"],
        next_at=row["next_at"],
        status=row["status"],
        answer=row["answer"],
        error=row["error"],
        detail=text_of(why, language),
        duration_ms=row["duration_ms"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
