"""Reading conversations' messages, and deliveries with what became of them."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.columns.combination import And, Or, WhereRaw

from crmcore.contracts.actors import Actor
from crmcore.conversations.deliveries import Deliveries
from crmcore.conversations.message_page import MessagePage, message_page
from crmcore.conversations.tables import ChannelAccountRow, InboundDelivery
from crmcore.conversations.told import lines_told
from crmcore.errors import Forbidden, NotFound
from crmcore.records.query import BadCursor, ListQuery, Page
from crmcore.records.scope import demand, sees_all, visible
from crmcore.records.service import Records

STATES = ("received", "done", "dropped", "held", "quarantined")
_SHOWN_BODY = 100_000


class DeliveryPage(Struct, frozen=True, kw_only=True):
    """One page of deliveries, newest first."""

    items: list[dict[str, Any]]
    next: str | None = None


class Reading:
    """Reads what receiving and answering have written."""

    def __init__(self, records: Records, deliveries: Deliveries) -> None:
        self._records = records
        self._deliveries = deliveries

    async def messages(
        self, conversation_id: UUID, *, actor: Actor, cursor: str = "", limit: int = 50, newest: bool = False
    ) -> Page:
        """Return a page of a conversation's messages, notes and event lines, oldest first.

        ``newest`` begins at the end: each page is then newest first, and its cursor leads back in time.
        """
        await self._demand_conversation(conversation_id, actor)
        query = ListQuery(
            filter={"field": "conversation_id", "op": "eq", "value": str(conversation_id)},
            sort="-created_at" if newest else "created_at",
            limit=limit,
            cursor=cursor,
        )
        page = await self._records.list("message", query, actor=actor)
        await self._demand_conversation(conversation_id, actor, page.items)
        return page

    async def documents(
        self, conversation_id: UUID, *, actor: Actor, cursor: str = "", limit: int = 50
    ) -> MessagePage:
        """Return what :meth:`messages` does as documents that are there to be JSON: ids and moments may be text."""
        if actor.hidden:
            page = await self.messages(conversation_id, actor=actor, cursor=cursor, limit=limit)
            return MessagePage(items=[record.document for record in page.items], next=page.next)
        await self._demand_conversation(conversation_id, actor)
        kind = self._records.record_type("message")
        found = await message_page(kind, conversation_id, actor, cursor=cursor, limit=limit)
        await self._demand_conversation(conversation_id, actor, found.items)
        return found

    async def _demand_conversation(
        self, id: UUID, actor: Actor, found: Sequence[object] | None = None
    ) -> None:
        """Raise NotFound for a conversation out of the actor's sight; ``found`` of its messages, once that is known.

        Where there are messages there is a conversation: who sees all of them is spared asking for it.
        """
        demand(actor, "conversation.read")
        if bool(actor.rows) if found is None else not (found or actor.rows):
            await self._records.get("conversation", id, actor=actor)

    async def deliveries(
        self, *, actor: Actor, state: str = "", account: UUID | None = None, cursor: str = "", limit: int = 50
    ) -> DeliveryPage:
        """Return deliveries, newest first, without their bodies."""
        demand(actor, "inbound.read")
        conditions = self._in_sight(actor)
        query = InboundDelivery.select(
            *[column for column in InboundDelivery.all_columns() if column is not InboundDelivery.body],
            InboundDelivery.account.name,
        ).order_by(InboundDelivery.received_at, InboundDelivery.id, ascending=False)
        if conditions:
            query = query.where(*conditions)
        if state:
            query = query.where(InboundDelivery.state == state)
        if account is not None:
            query = query.where(InboundDelivery.account == account)
        if cursor:
            at, id = _opened(cursor)
            earlier = And(InboundDelivery.received_at == at, InboundDelivery.id < id)
            query = query.where(Or(InboundDelivery.received_at < at, earlier))
        rows = await query.limit(limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        return DeliveryPage(
            items=[_document(row, actor) for row in rows], next=_sealed(rows[-1]) if more else None
        )

    async def delivery(self, id: UUID, *, actor: Actor) -> dict[str, Any]:
        """Return one delivery with its raw body: as text where it is UTF-8, in base64 otherwise."""
        demand(actor, "inbound.read")
        if actor.hidden:
            # What arrived has everything in it, hidden fields too.
            raise Forbidden(permission="inbound.read")
        rows = await InboundDelivery.select(
            *InboundDelivery.all_columns(), InboundDelivery.account.name
        ).where(InboundDelivery.id == id, *self._in_sight(actor))
        if not rows:
            raise NotFound()
        row = self._deliveries.opened(rows[0])
        headers = msgspec.json.decode(row["headers"])
        body = bytes(row["body"])
        document = _document(row, actor) | {
            "headers": {name: value for name, value in headers.items() if not name.startswith(":")},
            "url": row["url"],
            "size": len(body),
        }
        try:
            return document | {"body": body[:_SHOWN_BODY].decode(), "body_encoding": "utf-8"}
        except UnicodeDecodeError:
            encoded = base64.b64encode(body[:_SHOWN_BODY]).decode()
            return document | {"body": encoded, "body_encoding": "base64"}

    async def demand_delivery(self, id: UUID, *, actor: Actor) -> None:
        """Raise NotFound for a delivery that became a part of a conversation out of the actor's sight."""
        conditions = self._in_sight(actor)
        if conditions and not await InboundDelivery.exists().where(InboundDelivery.id == id, *conditions):
            raise NotFound()

    def _in_sight(self, actor: Actor) -> list[Any]:
        """Return the condition that a delivery's conversation is one the actor sees; none for who sees all."""
        kind = self._records.record_type("conversation")
        if sees_all(kind, actor) or not actor.rows:
            return []
        conditions = visible(kind, actor)
        places = " AND ".join(["{}"] * len(conditions)) or "1 = 1"
        return [
            WhereRaw(
                '"inbound_delivery"."conversation_id" IN '  # noqa: S608 - names of our own
                f'(SELECT "conversation"."id" FROM "conversation" WHERE {places})',
                *(condition.querystring for condition in conditions),
            )
        ]

    async def account_id(self, id_or_slug: str) -> UUID:
        """Return the id of the account with this id or slug; raises NotFound."""
        try:
            return UUID(id_or_slug)
        except ValueError:
            rows = await ChannelAccountRow.select(ChannelAccountRow.id).where(
                ChannelAccountRow.slug == id_or_slug[:64]
            )
        if not rows:
            raise NotFound()
        found: UUID = rows[0]["id"]
        return found


def _document(row: dict[str, Any], actor: Actor) -> dict[str, Any]:
    return {
        "id": row["id"],
        "account": {"id": row["account"], "name": row["account.name"]},
        "delivery_key": row["delivery_key"],
        "state": row["state"],
        "error": lines_told(row["error"], actor.language, actor.time_zone),
        "conversation_id": row["conversation_id"],
        "attempts": row["attempts"],
        "received_at": row["received_at"],
        "processed_at": row["processed_at"],
    }


def _sealed(row: dict[str, Any]) -> str:
    raw = msgspec.json.encode([row["received_at"], row["id"]])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _opened(cursor: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple[datetime, UUID])
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
