"""Deliveries as they arrived: kept raw before anybody tries to understand them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from crmcore.clock import Clock, uuid7
from crmcore.contracts.channels import InboundRequest, RawDelivery
from crmcore.conversations.storable import bounded_key, storable_text
from crmcore.conversations.tables import InboundDelivery
from crmcore.database.database import Database
from crmcore.database.statement import insert_rows
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.names import CORE
from crmcore.redaction import redact, redact_body
from crmcore.secrets.keyring import KeyRing, is_envelope

# Pseudo-headers that keep what else belonged to the request. No HTTP header begins with a colon, and those that
# pretend to are removed on arrival: what stands here was written by the core.
METHOD, ADDRESS, ACTOR = ":method", ":remote_address", ":actor"
UNVERIFIED = "unverified:"
# Credentials of the program that posts are no part of the message.
_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_MAX_HEADERS, _MAX_HEADER = 100, 4_000


class Kept(NamedTuple):
    """A delivery that is stored; ``fresh`` says that it was not before."""

    id: UUID
    fresh: bool


class Deliveries:
    """Stores deliveries and what became of them."""

    def __init__(self, database: Database, clock: Clock, queue: JobQueue, keys: KeyRing) -> None:
        self._keys = keys
        self._database = database
        self._clock = clock
        self._queue = queue

    async def keep(
        self,
        account: UUID,
        key: str,
        request: InboundRequest,
        status: int,
        *,
        verified: bool = True,
        lane: str = CORE,
    ) -> Kept:
        """Store ``request`` under its delivery key and queue it; return its id, the first one's when repeated.

        Its body is encrypted, and without card numbers unless somebody has still to check a signature over it.
        """
        key, id = bounded_key(key), uuid7()
        body = redact_body(request.body, request.headers) if verified else request.body
        row = {
            "id": id,
            "account": account,
            "delivery_key": key,
            "body": self._keys.encrypt_bytes(body, *_place(id)),
            "headers": msgspec.json.encode(_kept_headers(request)).decode(),
            "url": redact(storable_text(request.url)[:2000]),
            "answer_status": status,
            "received_at": request.received_at,
        }
        async with self._database.transaction():
            stored = await insert_rows(InboundDelivery, row, then=" ON CONFLICT DO NOTHING RETURNING id")
            if stored:
                await self.queue(id, lane=lane)
                return Kept(id, True)
        rows = await InboundDelivery.select(InboundDelivery.id).where(
            InboundDelivery.account == account, InboundDelivery.delivery_key == key
        )
        return Kept(rows[0]["id"], False)

    async def queue(self, id: UUID, *, accept: bool = False, attempts: int = 0, lane: str = CORE) -> None:
        """Put delivery ``id`` into the queue; ``accept`` lets it pass filters that held or dropped it.

        ``attempts`` that failed before are part of the job's key, so that a dead letter does not stand in the way.
        """
        payload = {"delivery_id": str(id), **({"accept": True} if accept else {})}
        more = [*([str(attempts)] if attempts else []), *(["accept"] if accept else [])]
        await put_down(self._queue, lane, payload, ":".join(["delivery", str(id), *more]))

    async def read(self, id: UUID) -> dict[str, Any] | None:
        """Return the stored delivery with its account's version, None when there is none."""
        rows = await InboundDelivery.select(
            *InboundDelivery.all_columns(),
            InboundDelivery.account.version.as_alias("account_version"),
        ).where(InboundDelivery.id == id)
        return self.opened(rows[0]) if rows else None

    def opened(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a stored ``row`` with its body in the clear. Raises SecretError."""
        body = bytes(row["body"])
        if is_envelope(body[:64].decode("latin-1")):
            body = self._keys.decrypt_bytes(body, *_place(row["id"]))
        return {**row, "body": body}

    async def waiting_unverified(self, account: UUID) -> int:
        """Return how many deliveries of ``account`` wait for their plugin to verify them."""
        return int(
            await InboundDelivery.count().where(
                InboundDelivery.account == account,
                InboundDelivery.state == "received",
                InboundDelivery.delivery_key.like(f"{UNVERIFIED}%"),
            )
        )

    async def mark(self, id: UUID, state: str, error: str = "", conversation: UUID | None = None) -> None:
        """Write what became of delivery ``id``."""
        values: dict[Any, Any] = {"state": state, "error": redact(storable_text(error)[:4000])}
        values["processed_at"] = None if state == "received" else self._clock()
        if conversation is not None:
            values["conversation_id"] = conversation
        await InboundDelivery.update(values, force=True).where(InboundDelivery.id == id)

    async def failed(self, row: Mapping[str, Any], error: str) -> None:
        """Count an attempt at the delivery ``row`` that ended in an error, and keep the error in view."""
        values: dict[Any, Any] = {
            "attempts": row["attempts"] + 1,
            "error": redact(storable_text(error)[:4000]),
        }
        await InboundDelivery.update(values, force=True).where(InboundDelivery.id == row["id"])

    async def verified_as(self, id: UUID, account: UUID, key: str) -> bool:
        """Give a delivery that was stored unverified its key; False when that delivery is here already."""
        key = bounded_key(key)
        async with self._database.transaction():
            if await InboundDelivery.exists().where(
                InboundDelivery.account == account, InboundDelivery.delivery_key == key
            ):
                return False
            await InboundDelivery.update({"delivery_key": key}, force=True).where(InboundDelivery.id == id)
        return True


async def put_down(queue: JobQueue, lane: str, payload: Mapping[str, Any], key: str) -> None:
    """Put the job that processes a delivery into the lane of the core or of a plugin."""
    if lane == CORE:
        await queue.enqueue(CORE, "process_delivery", payload, key=key)
    else:
        # Its attempts are counted with the delivery, which goes to quarantine after the last.
        await queue.enqueue(lane, "core.process_delivery", payload, key=key, max_attempts=100)


def unverified_key(request: InboundRequest) -> str:
    """Return a key for a request that nobody can verify yet: the same request again has the same key."""
    signed = sorted((name, value) for name, value in request.headers.items() if name not in _NOT_KEPT)
    digest = hashlib.sha256(request.body)
    digest.update(msgspec.json.encode([request.url, signed]))
    return UNVERIFIED + digest.hexdigest()


def raw_delivery(row: Mapping[str, Any]) -> RawDelivery:
    """Return an opened row as ``parse`` gets it: without card numbers."""
    headers = msgspec.json.decode(row["headers"])
    return RawDelivery(
        id=row["id"],
        delivery_key=row["delivery_key"],
        headers={name: value for name, value in headers.items() if not name.startswith(":")},
        body=redact_body(bytes(row["body"]), headers),
        url=row["url"],
        received_at=row["received_at"],
    )


def as_request(row: Mapping[str, Any]) -> InboundRequest:
    """Return an opened row as the request that it was, for ``verify``."""
    headers: dict[str, str] = msgspec.json.decode(row["headers"])
    received_at: datetime = row["received_at"]
    return InboundRequest(
        method=headers.pop(METHOD, "POST"),
        url=row["url"],
        remote_address=headers.pop(ADDRESS, ""),
        headers=headers,
        body=bytes(row["body"]),
        received_at=received_at,
    )


def _place(id: UUID) -> tuple[str, str, str]:
    return "inbound_delivery", "body", str(id)


def _kept_headers(request: InboundRequest) -> dict[str, str]:
    kept = {
        storable_text(name.lower()): storable_text(value)[:_MAX_HEADER]
        for name, value in list(request.headers.items())[:_MAX_HEADERS]
        if name.lower() not in _NOT_KEPT
    }
    return {METHOD: request.method, ADDRESS: request.remote_address, **kept}
