"""``Idempotency-Key``: the same request again gets the same answer, and happens once.

The answer is written in the transaction of the effect, so after a crash there are both or neither, and the
client's retry finds out which. A refusal (4xx) that the operation itself decided is kept as well; a fault of
ours (5xx) never is, so that a retry can succeed.
"""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.errors import CrmError
from crmcore.http.answers import JSON, PROBLEM, encode
from crmcore.http.auth import actor_of
from crmcore.http.failures import failure_document
from crmcore.http.operation import Operation
from crmcore.http.refusals import AnswerWithheld, BadKey, InFlight, KeyReused
from crmcore.http.request import CrmRequest
from crmcore.http.standing import standing_of, still_holds
from crmcore.records.tables import IdempotentAnswer

if TYPE_CHECKING:
    from crmcore.workspace import Crm

KEPT = timedelta(hours=72)
MAX_KEY = 255
KEPT_REFUSALS = frozenset({404, 409, 422})
PASSING_CODES = frozenset({"request_in_flight", "idempotency_key_reused", "answer_withheld"})


class Kept(msgspec.Struct, frozen=True):
    """An answer as it is kept: enough to send it again byte for byte."""

    status: int
    body: bytes
    headers: dict[str, str]
    keep: bool = True

    def response(self, *, again: bool) -> ASGIResponse:
        headers = self.headers | ({"Idempotent-Replayed": "true"} if again else {})
        media_type = PROBLEM if self.status >= 400 else JSON
        return ASGIResponse(body=self.body, status_code=self.status, headers=headers, media_type=media_type)


class SlotsInFlight(set[tuple[str, str]]):
    """Who asks with which key in this process right now."""


async def once(crm: "Crm", request: CrmRequest, operation: Operation) -> ASGIResponse:
    """Answer ``request`` once per actor and key; see the module's text.

    Raises :class:`InFlight` (409) while the first request is at work, :class:`KeyReused` (422) when the
    key came with another request before, and :class:`AnswerWithheld` (403) when the actor may less than then:
    another role, a field hidden since, or a token with fewer scopes.
    """
    key = request.headers["idempotency-key"].strip()
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise BadKey
    actor = actor_of(request)
    slot = (f"{actor.kind}:{actor.id}", key)
    digest = await _digest(request)
    in_flight = crm.own(SlotsInFlight, SlotsInFlight)
    if slot in in_flight:
        raise InFlight(headers={"Retry-After": "1"})
    in_flight.add(slot)
    try:
        if operation.idempotency == "together":
            return await _together(crm, request, operation, slot, digest)
        return await _after(crm, request, operation, slot, digest)
    finally:
        in_flight.discard(slot)


async def _together(
    crm: "Crm", request: CrmRequest, operation: Operation, slot: tuple[str, str], digest: str
) -> ASGIResponse:
    try:
        async with crm.database.transaction():
            await _lock(crm, slot)
            kept = await _find(crm, slot, digest, actor_of(request))
            if kept is not None:
                return kept.response(again=True)
            fresh = await _answer(operation, request)
            if fresh.keep and fresh.status < 500:
                await _keep(crm, slot, digest, fresh, actor_of(request))
            return fresh.response(again=False)
    except CrmError as error:
        await _keep_refusal(crm, request, slot, digest, error)
        raise


async def _after(
    crm: "Crm", request: CrmRequest, operation: Operation, slot: tuple[str, str], digest: str
) -> ASGIResponse:
    kept = await _find(crm, slot, digest, actor_of(request))
    if kept is not None:
        return kept.response(again=True)
    try:
        fresh = await _answer(operation, request)
    except CrmError as error:
        await _keep_refusal(crm, request, slot, digest, error)
        raise
    if fresh.keep and fresh.status < 500:
        async with crm.database.transaction():
            await _lock(crm, slot)
            if await _find(crm, slot, digest, actor_of(request)) is None:
                await _keep(crm, slot, digest, fresh, actor_of(request))
    return fresh.response(again=False)


async def _answer(operation: Operation, request: CrmRequest) -> Kept:
    answer = await operation.handler(request)
    return Kept(answer.status, answer.content(), answer.headers, answer.keep)


async def _keep_refusal(
    crm: "Crm", request: CrmRequest, slot: tuple[str, str], digest: str, error: CrmError
) -> None:
    if error.status not in KEPT_REFUSALS or error.code in PASSING_CODES:
        return
    status, document, headers = failure_document(request, error)
    async with crm.database.transaction():
        await _lock(crm, slot)
        if await _find(crm, slot, digest, actor_of(request)) is None:
            await _keep(crm, slot, digest, Kept(status, encode(document), headers), actor_of(request))


async def _digest(request: CrmRequest) -> str:
    raw = await request.body()
    # The same document in another spelling (order of keys, white space) is the same request.
    canonical = msgspec.json.encode(await request.json(), order="deterministic") if raw else b""
    head = f"{request.scope['method']}\n{request.scope['path']}\n".encode()
    return hashlib.sha256(head + canonical).hexdigest()


async def _lock(crm: "Crm", slot: tuple[str, str]) -> None:
    """Hold the slot against other processes until the transaction ends; SQLite's one writer is lock enough."""
    if crm.database.kind != "postgres":
        return
    number = int.from_bytes(hashlib.sha256("\n".join(slot).encode()).digest()[:8], "big", signed=True)
    rows = await IdempotentAnswer.raw("SELECT pg_try_advisory_xact_lock({}) AS held", number).run()
    if not rows[0]["held"]:
        raise InFlight(headers={"Retry-After": "1"})


async def _find(crm: "Crm", slot: tuple[str, str], digest: str, asking: Actor) -> Kept | None:
    actor, key = slot
    row: dict[str, Any] | None = (
        await IdempotentAnswer.select()
        .where((IdempotentAnswer.actor == actor) & (IdempotentAnswer.key == key))
        .first()
        .run()
    )
    if row is None:
        return None
    if row["created_at"] < crm.clock() - KEPT:
        await _forget(row["id"])
        return None
    if row["request_hash"] != digest:
        raise KeyReused
    if not still_holds(row["standing"], asking):
        raise AnswerWithheld
    return Kept(row["status"], bytes(row["body"]), _headers(row["headers"]))


async def _keep(crm: "Crm", slot: tuple[str, str], digest: str, kept: Kept, asking: Actor) -> None:
    actor, key = slot
    now = crm.clock()
    await IdempotentAnswer.insert(
        IdempotentAnswer(
            id=uuid7(now),
            actor=actor,
            key=key,
            request_hash=digest,
            status=kept.status,
            body=kept.body,
            headers=msgspec.json.encode(kept.headers).decode(),
            standing=standing_of(asking),
            created_at=now,
        )
    ).run()


async def _forget(id: UUID) -> None:
    await IdempotentAnswer.delete().where(IdempotentAnswer.id == id).run()


def _headers(stored: Any) -> dict[str, str]:
    return (
        msgspec.json.decode(stored, type=dict[str, str]) if isinstance(stored, str | bytes) else dict(stored)
    )


async def forget_old_answers(crm: "Crm") -> None:
    """Delete the answers that are older than 72 hours."""
    await IdempotentAnswer.delete().where(IdempotentAnswer.created_at < crm.clock() - KEPT).run()
