"""Sends one delivery and writes down what came of it."""

from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
import structlog

from crmcore.accounts.patterns import both
from crmcore.accounts.service import Accounts
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.events import Event
from crmcore.contracts.outgoing import OutgoingError
from crmcore.events.tables import EventRow
from crmcore.outgoing.client import GuardedClient
from crmcore.outgoing.signing import signed_headers
from crmcore.telemetry.current import trace_headers
from crmcore.webhooks.outcome import Outcome, answered, unanswered
from crmcore.webhooks.payload import OutOfSight, Payloads, test_body
from crmcore.webhooks.schedule import MAX_ATTEMPTS
from crmcore.webhooks.secrets import EndpointSecrets
from crmcore.webhooks.settling import Settling
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint

DEADLINE_S = 15.0


class Skipped(Exception):
    """There is nothing to send, and there never will be; the text is the reason's code."""


class Courier:
    """Carries deliveries to their endpoints, at least once each and with the same ``webhook-id`` every time."""

    def __init__(
        self,
        *,
        clock: Clock,
        client: GuardedClient,
        accounts: Accounts,
        payloads: Payloads,
        secrets: EndpointSecrets,
        settling: Settling,
    ) -> None:
        self._clock = clock
        self._client = client
        self._accounts = accounts
        self._payloads = payloads
        self._secrets = secrets
        self._settling = settling
        self._log = structlog.get_logger("crmcore.webhooks")

    async def deliver(self, id: UUID) -> None:
        """Make an attempt at a queued delivery, or put it aside when it is not its turn."""
        rows = await WebhookDelivery.select().where(
            WebhookDelivery.id == id, WebhookDelivery.state == "queued"
        )
        if not rows:
            return
        delivery = rows[0]
        endpoints = await WebhookEndpoint.select().where(WebhookEndpoint.id == delivery["endpoint"])
        if not endpoints:
            await WebhookDelivery.delete().where(WebhookDelivery.id == id)
            return
        endpoint = endpoints[0]
        if delivery["event"] is not None:
            if endpoint["state"] == "disabled":
                await self._settling.skipped(delivery, "disabled")
                return
            if (due := await self._not_before(delivery, endpoint)) is not None:
                await self._settling.put_aside(delivery, due)
                return
        if delivery["attempts"] >= MAX_ATTEMPTS:
            # Attempts are counted when they begin: the last one never came to an end.
            await self._settling.failed(delivery, endpoint, Outcome(error="internal"), None)
            return
        if await self._settling.begun(delivery):
            await self._attempt(delivery, endpoint)

    async def _attempt(self, delivery: dict[str, Any], endpoint: dict[str, Any]) -> None:
        started = perf_counter()
        try:
            body = await self._body(delivery, endpoint)
            secrets = self._secrets.opened(endpoint)
        except Skipped as skipped:
            await self._settling.skipped(delivery, str(skipped))
            return
        except Exception as error:
            self._log.error("webhook_not_written", delivery=str(delivery["id"]), error=type(error).__name__)
            await self._settling.failed(delivery, endpoint, Outcome(error="internal"), None)
            return
        signed = signed_headers(webhook_id(delivery), self._clock(), body, secrets)
        headers = {**signed, **trace_headers()}
        try:
            answer = await self._client.request(
                "POST", endpoint["url"], headers=headers, data=body, timeout_s=DEADLINE_S
            )
            outcome = answered(answer)
        except OutgoingError as error:
            outcome = unanswered(error)
        spent = round((perf_counter() - started) * 1000)
        if outcome.error:
            await self._settling.failed(delivery, endpoint, outcome, spent)
        else:
            await self._settling.delivered(delivery, endpoint, outcome, spent)

    async def _not_before(self, delivery: Mapping[str, Any], endpoint: Mapping[str, Any]) -> datetime | None:
        """Return when to look at ``delivery`` again; None when it is its turn now."""
        now = self._clock()
        if endpoint["state"] == "paused":
            return now
        if endpoint["held_until"] is not None and endpoint["held_until"] > now:
            held: datetime = endpoint["held_until"]
            return held
        older = await WebhookDelivery.exists().where(
            WebhookDelivery.endpoint == delivery["endpoint"],
            WebhookDelivery.record_id == delivery["record_id"],
            WebhookDelivery.id < delivery["id"],
            WebhookDelivery.event.is_not_null(),
            WebhookDelivery.state.is_in(["queued", "waiting"]),
        )
        return now if older else None

    async def _body(self, delivery: Mapping[str, Any], endpoint: Mapping[str, Any]) -> bytes:
        if delivery["event"] is None:
            return test_body(endpoint["id"], delivery["id"], delivery["created_at"])
        row = await EventRow.select(EventRow.payload).where(EventRow.id == delivery["event"]).first()
        if row is None:
            raise Skipped("event_gone")
        actor = await self._owner(endpoint)
        try:
            return await self._payloads.body(msgspec.json.decode(row["payload"], type=Event), actor)
        except OutOfSight:
            raise Skipped("out_of_sight") from None

    async def _owner(self, endpoint: Mapping[str, Any]) -> Actor:
        """Return the owner with what he may now, and no more than the request might that made the endpoint."""
        owner = await self._accounts.actor_for_user(endpoint["owner"])
        if owner is None:
            raise Skipped("owner_gone")
        given = msgspec.json.decode(endpoint["permissions"], type=list[str])
        return msgspec.structs.replace(owner, permissions=both(owner.permissions, given))


def webhook_id(delivery: Mapping[str, Any]) -> str:
    """Return the id that every attempt at ``delivery`` carries: that of its event and its endpoint."""
    return f"msg_{(delivery['event'] or delivery['id']).hex}_{delivery['endpoint'].hex}"
