"""Writing into a conversation: replies that go out through its channel, and notes that stay inside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.attachments import Attachments, column_of, hang_on
from crmcore.conversations.found import Found
from crmcore.conversations.messages import add_message, new_message, remember_in, tell_pages
from crmcore.conversations.sentences import label
from crmcore.conversations.tables import Conversation, Message
from crmcore.conversations.times import after_note, after_reply
from crmcore.database.database import Database
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.events.outbox import Outbox
from crmcore.jobs.queue import JobQueue
from crmcore.records.scope import demand, visible
from crmcore.records.service import Records

MAX_TEXT = 100_000


class Writer:
    """Writes replies and notes, and puts replies that failed on their way again."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        accounts: ChannelAccounts,
        queue: JobQueue,
        outbox: Outbox,
        attachments: Attachments,
    ) -> None:
        self._attachments = attachments
        self._database = database
        self._clock = clock
        self._records = records
        self._accounts = accounts
        self._queue = queue
        self._outbox = outbox

    async def reply(
        self, conversation_id: UUID, text: str, *, actor: Actor, attachments: Sequence[UUID] = ()
    ) -> Record:
        """Write a reply and queue it for sending; return the message with its delivery ``queued``.

        ``attachments`` are uploads of the actor's. Raises Invalid when the conversation's channel cannot send it: no
        replies, no files, too long, too late.
        """
        demand(actor, "message.write")
        check_text(text)
        async with self._database.transaction():
            row = await self._locked(conversation_id, actor)
            found = await self._account(row)
            now = self._clock()
            self._check(found, row, text, now)
            files = await self._attachments.own(attachments, actor)
            if files and found.channel is not None and not found.channel.capabilities.attachments:
                raise _invalid("/attachments", "no_attachments")
            message = new_message(row["id"], "reply", text, actor=actor, at=now, account=row["account"])
            message.delivery = "queued"
            message.attachments = column_of(files)
            await add_message(message)
            await hang_on(message.id, files)
            if row["status"] != "waiting":
                await self._records.update(
                    "conversation", row["id"], {"status": "waiting"}, actor=_freely(actor)
                )
            await remember_in(row["id"], after_reply(row, text, now))
            await self._outbox.write(
                "message_written", "message", message.id, actor, data={"conversation_id": str(row["id"])}
            )
            await self._send_later(message.id, row["id"], 1)
        return await self._records.get("message", message.id, actor=_freely(actor))

    async def note(
        self, conversation_id: UUID, text: str, *, actor: Actor, attachments: Sequence[UUID] = ()
    ) -> Record:
        """Write a note that customers never see."""
        demand(actor, "message.write")
        check_text(text)
        async with self._database.transaction():
            row = await self._locked(conversation_id, actor)
            now = self._clock()
            files = await self._attachments.own(attachments, actor)
            message = new_message(row["id"], "note", text, actor=actor, at=now, attachments=column_of(files))
            await add_message(message)
            await hang_on(message.id, files)
            await remember_in(row["id"], after_note(row, now))
            await tell_pages(self._outbox, "message_noted", message.id, row["id"], actor)
            await self._outbox.write(
                "note_written", "message", message.id, actor, data={"conversation_id": str(row["id"])}
            )
        return await self._records.get("message", message.id, actor=_freely(actor))

    async def retry(self, message_id: UUID, *, actor: Actor) -> None:
        """Put a reply that failed or is held back into the queue, with all its attempts."""
        demand(actor, "message.write")
        async with self._database.transaction():
            rows = await Message.select().where(Message.id == message_id, Message.kind == "reply")
            if not rows:
                raise NotFound()
            row = rows[0]
            if not await self._records.reach("conversation", (row["conversation"],), "write", actor=actor):
                raise NotFound()
            now = self._clock()
            written = (
                await Message.update(
                    {
                        "delivery": "queued",
                        "delivery_error": "",
                        "delivery_attempts": 0,
                        "version": row["version"] + 1,
                        "updated_at": now,
                    },
                    force=True,
                )
                .where(
                    Message.id == message_id,
                    Message.version == row["version"],
                    Message.delivery.is_in(["failed", "held"]),
                )
                .returning(Message.id)
            )
            if not written:
                raise Conflict(label("not_held"), code="not_held")
            await tell_pages(self._outbox, "message_updated", message_id, row["conversation"], actor)
            await self._send_later(message_id, row["conversation"], row["version"] + 1)

    async def _send_later(self, message: UUID, conversation: UUID, version: int) -> None:
        # The version in the key lets a retry be queued while the job that gave up is still being put away.
        await self._queue.enqueue(
            "core",
            "send_message",
            {"message_id": str(message)},
            key=f"send:{message}:{version}",
            ordering_key=f"send:{conversation}",
        )

    async def _locked(self, id: UUID, actor: Actor) -> dict[str, Any]:
        conditions = visible(self._records.record_type("conversation"), actor, action="write")
        query = Conversation.select().where(Conversation.id == id, *conditions)
        rows = await (query.lock_rows("NO KEY UPDATE") if self._database.kind == "postgres" else query)
        if not rows:
            raise NotFound()
        row: dict[str, Any] = rows[0]
        return row

    async def _account(self, row: dict[str, Any]) -> Found:
        if row["account"] is None:
            raise _invalid("", "no_channel")
        return await self._accounts.get(str(row["account"]))

    def _check(self, found: Found, row: dict[str, Any], text: str, now: datetime) -> None:
        if found.channel is None:
            raise Invalid(problems=(Problem(path="", code="channel_away", message=found.trouble),))
        able = found.channel.capabilities
        if not able.reply or found.channel.send is None:
            raise _invalid("", "no_replies")
        if able.max_length is not None and len(text) > able.max_length:
            raise _invalid("/text", "too_long", limit=able.max_length)
        if window_closed(able.reply_window_s, row["last_inbound_at"], now):
            raise _invalid("", "window_closed", hours=round((able.reply_window_s or 0) / 3600, 1))


def window_closed(window_s: int | None, last_inbound_at: datetime | None, now: datetime) -> bool:
    """Tell whether a channel's reply window is over."""
    if window_s is None:
        return False
    return last_inbound_at is None or now - last_inbound_at > timedelta(seconds=window_s)


def _freely(actor: Actor) -> Actor:
    """Return the same actor for what follows from an allowed write: the status, and reading back what he wrote."""
    return msgspec.structs.replace(actor.freely(), hidden=actor.hidden)


def check_text(text: str) -> None:
    """Raise Invalid for a text that says nothing, is too long, or cannot be stored."""
    if not text.strip():
        raise _invalid("/text", "empty")
    if len(text) > MAX_TEXT:
        raise _invalid("/text", "too_long", limit=MAX_TEXT)
    unstorable: Label = {
        "en": "The text has a character that cannot be stored.",
        "ru": "В тексте есть символ, который нельзя сохранить.",
    }
    if "\x00" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        raise Invalid(problems=(Problem(path="/text", code="unstorable", message=unstorable),))


def _invalid(path: str, name: str, **params: Any) -> Invalid:
    message = {language: text_of(label(name), language, **params) for language in ("en", "ru")}
    return Invalid(problems=(Problem(path=path, code=name, message=message, params=params),))
