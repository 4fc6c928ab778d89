"""A page of messages as JSON has it, straight from the values of their rows.

Fifty messages are what is read most. What JSON has as text stays text: SQLite keeps ids and moments so, and making
objects of them, a row of each message and a record of each row was half of what the page cost.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.conversations.tables import Message
from crmcore.database.compiling import compiled
from crmcore.database.current import current_engine
from crmcore.database.sqlite_values import moment_out
from crmcore.records.field_access import NONE
from crmcore.records.order import order_of
from crmcore.records.query import Cursor, cursor_from
from crmcore.records.scope import visible

_SORT = "created_at"
_COLUMNS = (
    Message.id,
    Message.version,
    Message.conversation,
    Message.kind,
    Message.text,
    Message.html,
    Message.attachments,
    Message.author_kind,
    Message.author_id,
    Message.author_name,
    Message.external_id,
    Message.thread_reason,
    Message.delivery,
    Message.delivery_error,
    Message.delivery_attempts,
    Message.sent_at,
    Message.created_at,
    Message.updated_at,
    Message.said,
)


class MessagePage(Struct, frozen=True, kw_only=True):
    """One page of messages as documents; ``next`` is the cursor of the following page."""

    items: list[dict[str, Any]]
    next: str | None = None


async def message_page(
    record_type: RecordType, conversation_id: UUID, actor: Actor, *, cursor: str, limit: int
) -> MessagePage:
    """Return a page of a conversation's messages, oldest first, for an actor from whom no field is hidden."""
    engine: Any = current_engine()
    conditions = [condition.querystring for condition in visible(record_type, actor)]
    values: list[Any] = [conversation_id, *conditions]
    after = ""
    if (place := cursor_from(cursor, _SORT)) is not None:
        order = order_of(record_type, _SORT, (), NONE, engine.engine_type)
        after = '("message"."created_at", "message"."id") > ({}, {})'
        values += [order.cursor_value(place), place.id]
    where = " AND ".join(
        ('"message"."conversation" = {}', *["{}"] * len(conditions), *([after] if after else ()))
    )
    text = f'{_head(engine.engine_type)} WHERE {where} ORDER BY "message"."created_at", "message"."id" LIMIT {{}}'
    rows = await engine.tuples(*compiled(QueryString(text, *values, limit + 1), engine.engine_type))
    items = _documents(rows[:limit], record_type, actor)
    following = Cursor(_SORT, items[-1]["created_at"], items[-1]["id"]) if len(rows) > limit else None
    return MessagePage(items=items, next=following.encode() if following else None)


def _documents(rows: Iterable[Sequence[Any]], record_type: RecordType, actor: Actor) -> list[dict[str, Any]]:
    documents = []
    for (
        id,
        version,
        conversation,
        kind,
        text,
        html,
        attachments,
        author_kind,
        author_id,
        author_name,
        external_id,
        thread_reason,
        delivery,
        delivery_error,
        delivery_attempts,
        sent_at,
        created_at,
        updated_at,
        said,
    ) in rows:
        created = _moment(created_at)
        document = {
            "id": id,
            "version": version,
            "conversation_id": conversation,
            "kind": kind,
            "text": text,
            "html": html,
            "attachments": [] if attachments == "[]" else msgspec.json.decode(attachments),
            "author": {"kind": author_kind, "id": author_id, "name": author_name},
            "external_id": external_id,
            "thread_reason": thread_reason,
            "delivery": delivery,
            "delivery_error": delivery_error,
            "delivery_attempts": delivery_attempts,
            "sent_at": sent_at if sent_at is None else _moment(sent_at),
            "created_at": created,
            "updated_at": created if updated_at == created_at else _moment(updated_at),
        }
        if said != "{}":
            record_type.told(document, {"said": msgspec.json.decode(said)}, actor)
        documents.append(document)
    return documents


def _moment(stored: Any) -> Any:
    """Return a moment that SQLite keeps as ``2026-11-23 04:05:06.000001+00:00`` as JSON has it."""
    if isinstance(stored, datetime):
        return stored
    if stored[10:11] == " " and stored[-6:] == "+00:00":
        return f"{stored[:10]}T{stored[11:-6]}Z"
    return moment_out(stored.encode())


@lru_cache(maxsize=8)
def _head(engine_type: str) -> str:
    """Return the select of the columns. An expression has no declared type, and SQLite's values stay as they are."""
    sign = "+" if engine_type == "sqlite" else ""
    columns = ", ".join(f'{sign}"message"."{column._meta.db_column_name}"' for column in _COLUMNS)
    return f'SELECT {columns} FROM "message"'  # noqa: S608 - columns of ours
