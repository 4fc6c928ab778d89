"""A user's notifications, as they may see them now."""

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.columns.combination import WhereRaw

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.records import RecordType
from crmcore.errors import Forbidden, NotFound
from crmcore.notifications.kinds import KINDS
from crmcore.notifications.sight import in_sight, of_user
from crmcore.notifications.tables import Notification
from crmcore.records.query import BadCursor, Cursor, cursor_from

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MOST_COUNTED = 100
"""The bell counts up to 99 and says “99+” beyond."""
PEOPLE_ONLY: Label = {"en": "Only people have notifications.", "ru": "Уведомления есть только у людей."}
_ORDER = "-at"
_SOMEBODY: Label = {"en": "Somebody", "ru": "Кто-то"}


class Notified(Struct, frozen=True, kw_only=True):
    """One notification for its reader: ``text`` says what happened, ``title`` what the record is called.

    ``path`` is the page of it; empty when there is none.
    """

    id: UUID
    kind: str
    text: str
    title: str
    record_type: str
    record_id: UUID | None
    message_id: UUID | None
    path: str
    times: int
    at: datetime
    read_at: datetime | None


class NotificationPage(Struct, frozen=True, kw_only=True):
    """One page, the newest first; ``next`` is the cursor to go on from, None at the end."""

    items: list[Notified]
    next: str | None = None


class Reading:
    """Reads and marks. Every statement is narrowed to the actor's own, and to what they may see."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def page(
        self, *, actor: Actor, unread: bool = False, cursor: str = "", limit: int = 50
    ) -> NotificationPage:
        """Return a page of the actor's notifications, the newest first. Raises BadCursor."""
        user = own_id(actor)
        conditions = [*of_user(user), in_sight(actor, self.types())]
        if unread:
            conditions.append(Notification.read_at.is_null())
        if (last := cursor_from(cursor, _ORDER)) is not None:
            place = '("notification"."at", "notification"."id") < ({}, {})'
            conditions.append(WhereRaw(place, _moment(last.value), last.id))
        rows = (
            await Notification.select()
            .where(*conditions)
            .order_by(Notification.at, Notification.id, ascending=False)
            .limit(limit + 1)
        )
        items = await self.told(rows[:limit], actor)
        if len(rows) <= limit:
            return NotificationPage(items=items)
        end = Cursor(_ORDER, rows[limit - 1]["at"], rows[limit - 1]["id"])
        return NotificationPage(items=items, next=end.encode())

    async def unread(self, *, actor: Actor) -> int:
        """Return how many notifications the actor has not read, at most :data:`MOST_COUNTED`."""
        if actor.kind not in ("user", "token"):
            return 0
        rows = (
            await Notification.select(Notification.id)
            .where(
                *of_user(own_id(actor)),
                Notification.read_at.is_null(),
                in_sight(actor, self.types()),
            )
            .limit(MOST_COUNTED)
        )
        return len(rows)

    async def read(self, id: UUID, *, actor: Actor) -> Notified:
        """Mark one notification as read and return it. Raises NotFound for what is not the actor's own."""
        conditions = [*of_user(own_id(actor)), in_sight(actor, self.types()), Notification.id == id]
        rows = await Notification.select().where(*conditions)
        if not rows:
            raise NotFound()
        if rows[0]["read_at"] is None:
            rows[0]["read_at"] = self._crm.clock()
            await Notification.update({Notification.read_at: rows[0]["read_at"]}, force=True).where(
                Notification.id == id, Notification.read_at.is_null()
            )
        return (await self.told(rows, actor))[0]

    async def read_all(self, *, actor: Actor) -> int:
        """Mark everything as read; return how many there were."""
        rows = (
            await Notification.update({Notification.read_at: self._crm.clock()}, force=True)
            .where(Notification.user == own_id(actor), Notification.read_at.is_null())
            .returning(Notification.id)
        )
        return len(rows)

    async def told(self, rows: list[dict[str, Any]], actor: Actor) -> list[Notified]:
        """Return ``rows`` in words; those whose record the actor does not see are left out."""
        wanted: dict[str, set[UUID]] = defaultdict(set)
        for row in rows:
            if row["record_type"]:
                wanted[row["record_type"]].add(row["record_id"])
        titles = {
            (kind, id): title
            for kind, ids in wanted.items()
            for id, title in (await self._crm.records.titles(kind, ids, actor=actor)).items()
        }
        told = []
        for row in rows:
            place = (row["record_type"], row["record_id"])
            kind = KINDS.get(row["kind"])
            if kind is None or (row["record_type"] and place not in titles):
                continue
            details = msgspec.json.decode(row["details"], type=dict[str, str])
            details.setdefault("by", text_of(_SOMEBODY, actor.language))
            details.setdefault("name", "")
            told.append(
                Notified(
                    id=row["id"],
                    kind=row["kind"],
                    text=text_of(kind.says, actor.language, **details),
                    title=titles.get(place, ""),
                    record_type=row["record_type"],
                    record_id=row["record_id"],
                    message_id=row["message_id"],
                    path=path_of(row),
                    times=row["times"],
                    at=row["at"],
                    read_at=row["read_at"],
                )
            )
        return told

    def types(self) -> dict[str, RecordType]:
        """Return the record types that notifications are about."""
        types = self._crm.records.types
        return {key: types[key] for key in ("conversation", "task") if key in types}


def _moment(value: Any) -> datetime:
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError as error:
        raise BadCursor from error


def path_of(row: dict[str, Any]) -> str:
    """Return the address of what a notification is about, empty when it has no page."""
    if row["record_type"] == "conversation":
        anchor = f"#m{row['message_id']}" if row["message_id"] else ""
        return f"/inbox/{row['record_id']}{anchor}"
    if row["kind"] == "jobs_abandoned":
        return "/settings/jobs"
    if row["kind"] == "webhook_rests":
        return f"/settings/webhooks/{row['record_id']}"
    if row["record_type"] == "task":
        return f"/tasks/{row['record_id']}"
    return f"/import/{row['record_id']}" if row["kind"] == "import_finished" else ""


def own_id(actor: Actor) -> UUID:
    """Return the actor's user. Raises Forbidden for who is none."""
    if actor.kind not in ("user", "token"):
        raise Forbidden(PEOPLE_ONLY, code="no_notifications")
    return UUID(actor.id)
