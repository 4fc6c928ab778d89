"""The yardstick: a plain Litestar app with Piccolo on the same tables, as short as one writes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, get, patch, post
from litestar.types import ASGIApp, Receive, Scope, Send
from piccolo.columns.combination import WhereRaw

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.conversations.tables import InboundDelivery, Message
from crmcore.database.current import bound_engine

_TIER = {"sqlite": "custom ->> '$.{}' = {{}}", "postgres": "custom ->> '{}' = {{}}"}
_SEARCH = {
    "sqlite": (
        "SELECT entry.record_type, entry.record_id, entry.title FROM search_words "
        "JOIN search_entry AS entry ON entry.id = search_words.rowid "
        "WHERE search_words MATCH {} ORDER BY search_words.rowid DESC LIMIT 20"
    ),
    "postgres": (
        "SELECT record_type, record_id, title FROM search_entry "
        "WHERE words @@ CAST(CAST({} AS text) AS tsquery) AND record_type <> 'message' ORDER BY id DESC LIMIT 20"
    ),
}


def bare_app(engine: Any, account: UUID) -> Litestar:
    """Return the app on ``engine``: no permissions, no schema, no history, no events, no second query."""

    @get("/api/contacts/{id:uuid}")
    async def one(id: UUID) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await Contact.select().where(Contact.id == id).first()
        return found

    @get("/api/contacts")
    async def many(limit: int, filter: str = "") -> list[dict[str, Any]]:
        query = Contact.select().order_by(Contact.created_at, ascending=False).limit(limit)
        if filter:
            asked = msgspec.json.decode(filter)
            key = asked["field"].removeprefix("custom.")
            query = query.where(WhereRaw(_TIER[engine.engine_type].format(key), asked["value"]))
        return list(await query)

    @get("/api/search")
    async def search(q: str) -> list[dict[str, Any]]:
        word = "".join(sign for sign in q.casefold() if sign.isalnum())
        return list(await Contact.raw(_SEARCH[engine.engine_type], word))

    @get("/api/conversations/{id:uuid}/messages")
    async def messages(id: UUID, limit: int) -> list[dict[str, Any]]:
        of_it = Message.select().where(Message.conversation == id)
        return list(await of_it.order_by(Message.created_at, Message.id).limit(limit))

    @patch("/api/contacts/{id:uuid}")
    async def update(id: UUID, data: dict[str, Any]) -> dict[str, Any]:
        await Contact.update({Contact.job_title: data["job_title"]}).where(Contact.id == id)
        return {"id": id}

    @post("/api/contacts")
    async def create(data: dict[str, Any]) -> dict[str, Any]:
        contact = Contact(
            first_name=data["first_name"],
            last_name=data["last_name"],
            points=msgspec.json.encode(
                [{"kind": "email", "raw": email, "normalized": email} for email in data["emails"]]
            ).decode(),
            custom=msgspec.json.encode(data.get("custom", {})).decode(),
        )
        async with engine.transaction():
            await Contact.insert(contact)
            await ContactPoint.insert(
                *(
                    ContactPoint(contact=contact.id, kind="email", raw=email, normalized=email)
                    for email in data["emails"]
                )
            )
        return {"id": contact.id, "version": 1}

    @post("/api/channels/bench/inbound", status_code=202)
    async def receive(request: Request[Any, Any, Any]) -> dict[str, Any]:
        body = await request.body()
        row = InboundDelivery(
            account=account, delivery_key=msgspec.json.decode(body)["delivery_key"], body=body, headers="{}"
        )
        await InboundDelivery.insert(row)
        return {"id": row.id, "state": "accepted"}

    @asynccontextmanager
    async def pool(app: Litestar) -> AsyncIterator[None]:
        await engine.start_connection_pool()
        yield
        await engine.close_connection_pool()

    def bind(app: ASGIApp) -> ASGIApp:
        async def bound(scope: Scope, receive: Receive, send: Send) -> None:
            with bound_engine(engine):
                await app(scope, receive, send)

        return bound

    return Litestar(
        [one, many, search, messages, update, create, receive],
        lifespan=[pool],
        middleware=[bind],
        openapi_config=None,
    )
