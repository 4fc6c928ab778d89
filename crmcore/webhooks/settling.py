"""What becomes of deliveries and of their endpoints after an attempt."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from crmcore.clock import Clock
from crmcore.contracts.actors import system_actor
from crmcore.database.database import Database
from crmcore.webhooks.outcome import Outcome, columns_of
from crmcore.webhooks.reasons import FAILING, GONE
from crmcore.webhooks.schedule import FAILING_DAYS, MAX_ATTEMPTS, hold_s, wait_s
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint

Note = Callable[..., Awaitable[Any]]
Row = Mapping[str, Any]


class Settling:
    """Writes outcomes: the delivery's and the endpoint's in one transaction."""

    def __init__(self, database: Database, clock: Clock, note: Note) -> None:
        self._database = database
        self._clock = clock
        self._note = note
        self._log = structlog.get_logger("crmcore.webhooks")

    async def begun(self, delivery: dict[str, Any]) -> bool:
        """Count an attempt before it is made; False when another worker is ahead."""
        attempts = delivery["attempts"] + 1
        values: dict[Any, Any] = {"attempts": attempts, "updated_at": self._clock()}
        begun = (
            await WebhookDelivery.update(values, force=True)
            .where(
                WebhookDelivery.id == delivery["id"],
                WebhookDelivery.state == "queued",
                WebhookDelivery.attempts == delivery["attempts"],
            )
            .returning(WebhookDelivery.id)
        )
        delivery["attempts"] = attempts
        return bool(begun)

    async def put_aside(self, delivery: Row, due: datetime) -> None:
        """Let ``delivery`` wait until ``due``; that is no attempt."""
        await self._write(delivery, {"state": "waiting", "next_at": due})

    async def skipped(self, delivery: Row, reason: str) -> None:
        """Do not send ``delivery``, for the reason of this code."""
        await self._write(delivery, {"state": "skipped", "error": reason, "next_at": None})

    async def delivered(self, delivery: Row, endpoint: Row, outcome: Outcome, spent_ms: int) -> None:
        """Write that ``delivery`` arrived: its endpoint is well."""
        async with self._database.transaction():
            await self._write(
                delivery,
                columns_of(outcome) | {"state": "delivered", "next_at": None, "duration_ms": spent_ms},
            )
            well = {"failures": 0, "failing_since": None, "held_until": None}
            await self._write_endpoint(endpoint["id"], well | self._last(outcome))

    async def failed(self, delivery: Row, endpoint: Row, outcome: Outcome, spent_ms: int | None) -> None:
        """Write a failed attempt: when the next one is, or that this was the last; a test has one only."""
        now = self._clock()
        test = delivery["event"] is None
        values = columns_of(outcome) | {"state": "waiting", "duration_ms": spent_ms}
        if test or outcome.error == GONE or delivery["attempts"] >= MAX_ATTEMPTS:
            values |= {"state": "dead", "next_at": None}
        else:
            wait = max(wait_s(delivery["attempts"]), min(outcome.retry_after_s or 0.0, 86_400.0))
            values["next_at"] = now + timedelta(seconds=wait)
        async with self._database.transaction():
            await self._write(delivery, values)
            if outcome.error == GONE:
                await self._disable(endpoint, outcome)
            elif outcome.error == "internal":
                # The fault is ours; it says nothing about the endpoint.
                return
            elif test:
                await self._write_endpoint(endpoint["id"], self._last(outcome))
            else:
                await self._worse(endpoint["id"], outcome, now)

    async def _worse(self, id: UUID, outcome: Outcome, now: datetime) -> None:
        """Note one more failure of an endpoint; hold it for a while, and pause it after days of them."""
        rows = await self._locked(id)
        if not rows:
            return
        row = rows[0]
        failures, since = row["failures"] + 1, row["failing_since"] or now
        values = self._last(outcome) | {"failures": failures, "failing_since": since}
        if outcome.rests:
            values["held_until"] = now + timedelta(seconds=hold_s(failures, outcome.retry_after_s))
        if row["state"] == "enabled" and since <= now - timedelta(days=FAILING_DAYS):
            values |= {"state": "paused", "reason": FAILING, "version": row["version"] + 1}
            await self._tell(row, "paused", FAILING)
        await self._write_endpoint(id, values)

    async def _disable(self, endpoint: Row, outcome: Outcome) -> None:
        values = self._last(outcome) | {"state": "disabled", "reason": GONE, "held_until": None}
        values |= {"version": endpoint["version"] + 1, "updated_at": self._clock()}
        await self._write_endpoint(endpoint["id"], values)
        left: dict[Any, Any] = {
            "state": "skipped",
            "error": "disabled",
            "next_at": None,
            "updated_at": self._clock(),
        }
        await WebhookDelivery.update(left, force=True).where(
            WebhookDelivery.endpoint == endpoint["id"], WebhookDelivery.state == "waiting"
        )
        await self._tell(endpoint, "disabled", GONE)

    async def _tell(self, endpoint: Row, state: str, reason: str) -> None:
        self._log.warning("webhook_endpoint_rests", endpoint=str(endpoint["id"]), state=state, reason=reason)
        await self._note(
            "update",
            "webhook",
            str(endpoint["id"]),
            actor=system_actor("webhooks"),
            changes={"state": [endpoint["state"], state]},
            reason=reason,
            id=endpoint["id"],
        )

    async def _locked(self, id: UUID) -> list[dict[str, Any]]:
        query = WebhookEndpoint.select().where(WebhookEndpoint.id == id)
        return await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)

    def _last(self, outcome: Outcome) -> dict[str, Any]:
        return {"last_at": self._clock(), "last_status": outcome.status}

    @staticmethod
    async def _write_endpoint(id: UUID, values: dict[Any, Any]) -> None:
        await WebhookEndpoint.update(values, force=True).where(WebhookEndpoint.id == id)

    async def _write(self, delivery: Row, values: dict[Any, Any]) -> None:
        await WebhookDelivery.update(values | {"updated_at": self._clock()}, force=True).where(
            WebhookDelivery.id == delivery["id"], WebhookDelivery.state == "queued"
        )
