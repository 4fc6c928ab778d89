"""Writes notifications, in the transaction of what they tell of."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.database.statement import fetch, insert_rows
from crmcore.notifications.kinds import KINDS, Kind
from crmcore.notifications.tables import Notification
from crmcore.records.scope import visible

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAIL_JOB = "mail_notifications"
TOPIC = "notification"
_COUNTED = (
    'UPDATE "notification" SET "times" = "times" + 1, "at" = {}, "message_id" = {} WHERE "id" = '
    '(SELECT "id" FROM "notification" WHERE "user" = {} AND "kind" = {} AND "record_id" = {} '
    'AND "read_at" IS NULL AND "in_page" = {} AND "mailed_at" IS NULL ORDER BY "at" DESC LIMIT 1) RETURNING "id"'
)


class Telling(Struct, frozen=True, kw_only=True):
    """What ``user`` should hear. ``key`` is the same for the same thing: it is told once."""

    user: UUID
    kind: str
    key: str
    record_type: str = ""
    record_id: UUID | None = None
    message_id: UUID | None = None
    details: dict[str, str] = field(default_factory=dict)


class Teller:
    """Puts notifications down for the users that may see what they are about."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def tell(self, telling: Telling) -> bool:
        """Write one notification in the open transaction; return whether it is a new one.

        Nothing is written for a user who chose so, is not active, does not see the record, or was told already.
        """
        kind = KINDS[telling.kind]
        ways = (await self._crm.notifications.choices.of(telling.user))[telling.kind]
        mailed = ways.by_mail and self._crm.post.configured
        if not (ways.in_page or mailed):
            return False
        actor = await self._crm.accounts.actor_for_user(telling.user)
        if actor is None or not await self._sees(actor, telling):
            return False
        now = self._crm.clock()
        if kind.counted and telling.record_id is not None and ways.in_page:
            counted = await fetch(
                _COUNTED, now, telling.message_id, telling.user, telling.kind, telling.record_id, True
            )
            if counted:
                await self._ring(telling, UUID(str(counted[0]["id"])), kind)
                return False
        id = uuid7(now)
        row = {
            "id": id,
            "user": telling.user,
            "kind": telling.kind,
            "key": telling.key[:120],
            "record_type": telling.record_type,
            "record_id": telling.record_id,
            "message_id": telling.message_id,
            "details": msgspec.json.encode(telling.details).decode(),
            "in_page": ways.in_page,
            "at": now,
            "mail_at": now + timedelta(seconds=kind.wait_s) if mailed else None,
        }
        written = await insert_rows(
            Notification, row, then=' ON CONFLICT ("user", "key") DO NOTHING RETURNING "id"'
        )
        if not written:
            return False
        if mailed:
            await self._crm.jobs.enqueue(
                "core",
                MAIL_JOB,
                {"user": str(telling.user)},
                key=f"{telling.user}:{'soon' if kind.wait_s < 60 else 'digest'}",
                delay_s=kind.wait_s,
            )
        if ways.in_page:
            await self._ring(telling, id, kind)
        return True

    async def settle(self, user: UUID | None, kinds: tuple[str, ...], record: UUID) -> None:
        """Mark as read what is over by itself: the customer was answered, the task is done. None is everybody."""
        conditions: list[Any] = [
            Notification.record_id == record,
            Notification.kind.is_in(list(kinds)),
            Notification.read_at.is_null(),
        ]
        if user is not None:
            conditions.append(Notification.user == user)
        await Notification.update({Notification.read_at: self._crm.clock()}, force=True).where(*conditions)

    async def _sees(self, actor: Actor, telling: Telling) -> bool:
        if not telling.record_type:
            return True
        kind = self._crm.records.types.get(telling.record_type)
        if kind is None or not actor.may(f"{kind.key}.read"):
            return False
        key = kind.table._meta.primary_key
        return bool(await kind.table.exists().where(key == telling.record_id, *visible(kind, actor)))

    async def _ring(self, telling: Telling, id: UUID, kind: Kind) -> None:
        text: Label = kind.title
        await self._crm.live.publish(
            TOPIC,
            to=[telling.user],
            text=text,
            record=(telling.record_type, telling.record_id)
            if telling.record_type and telling.record_id is not None
            else None,
            data={"notification_id": str(id), "kind": telling.kind},
        )
