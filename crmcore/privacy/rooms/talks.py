"""Conversations and their messages, notes and event lines."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.contracts.sayings import Saying
from crmcore.conversations.event_lines import LINES
from crmcore.conversations.sentences import sentence
from crmcore.conversations.tables import Conversation, Message, MessageDraft
from crmcore.conversations.told import said
from crmcore.database.statement import fetch
from crmcore.files.described import ids_in
from crmcore.privacy.belongings import conversations_of, written_by
from crmcore.privacy.marks import ERASED_ID
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base

# Event lines that say nothing of the person: who was assigned, what was closed. Subjects and tags may.
KEPT_LINES = frozenset(f"event.{name}" for name in LINES) - {
    "event.subject",
    "event.tagged",
    "event.untagged",
}
_BATCH = 200


class Talks(Base):
    """Every conversation of the person. Its number, times, status and the count of its messages stay."""

    key: ClassVar[str] = "conversations"
    label: ClassVar[Label] = {"en": "Conversations and messages", "ru": "Обращения и сообщения"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield each conversation with its messages and files, and what was written in others' conversations."""
        for id in await conversations_of(subject):
            rows = await Conversation.select(
                *Conversation.all_columns(), Conversation.account.name, Conversation.assignee.name
            ).where(Conversation.id == id)
            row = rows[0]
            custom = msgspec.json.decode(row["custom"])
            row = {**row, "custom": self.crm.records.opened("conversation", id, custom)}
            data = plain_row(row, without=("search_text", "contact", "account", "assignee", "team"))
            messages = await Message.select().where(Message.conversation == id).order_by(Message.created_at)
            data["messages"] = [_message(message) for message in messages]
            yield DataItem(id=str(id), data=data, files=_files(messages))
        for message in await Message.select().where(
            written_by(subject),
            Message.conversation.contact.is_null()
            | Message.conversation.contact.not_in(list(subject.contacts)),
        ):
            yield DataItem(id=str(message["id"]), data=_message(message), files=_files([message]))

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return the number of messages."""
        contacts = list(subject.contacts)
        return int(await Message.count().where(Message.conversation.contact.is_in(contacts)))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty every message, note and subject, close what is open, and take the words out of the search."""
        erased = 0
        for id in await conversations_of(subject):
            erased += await self._erase(id, subject.pseudonym)
        while True:
            # What they wrote in a conversation that is somebody else's by now.
            async with self.crm.database.transaction():
                rows = await Message.select().where(written_by(subject), _NOT_ERASED).limit(_BATCH)
                for row in rows:
                    await self._empty(row, subject.pseudonym)
            erased += len(rows)
            if len(rows) < _BATCH:
                return erased

    async def _erase(self, id: UUID, pseudonym: str) -> int:
        erased = 0
        while True:
            async with self.crm.database.transaction():
                rows = await Message.select().where(Message.conversation == id, _NOT_ERASED).limit(_BATCH)
                for row in rows:
                    await self._empty(row, pseudonym)
                erased += len(rows)
                if len(rows) < _BATCH:
                    await self._close(id)
                    return erased

    async def _empty(self, row: dict[str, Any], pseudonym: str) -> None:
        values: dict[Any, Any] = {
            "attachments": "[]",
            "html": "",
            "thread_reason": "",
            "delivery_error": "",
            "external_id": await self.crm.privacy.marks.external_id(
                row["account"], row["external_id"] or str(row["id"]), make=True
            ),
            "version": row["version"] + 1,
            "updated_at": self.crm.clock(),
        }
        if row["author_kind"] == "contact":
            values["author_name"] = pseudonym
        line = msgspec.json.decode(row["said"]).get("text")
        code = line.get("code") if isinstance(line, dict) else None
        if row["kind"] != "event" or code not in KEPT_LINES:
            marker = sentence("erased", self.crm.settings.language)
            values |= {"text": marker, "said": said(text=marker)}
        else:
            values["said"] = msgspec.json.encode({"text": line}).decode()
        if row["delivery"] in ("queued", "held", "failed"):
            values["delivery"] = "failed"
        await Message.update(values, force=True).where(Message.id == row["id"])
        await fetch(
            "DELETE FROM search_entry WHERE record_type = {} AND record_id = {}", "message", row["id"]
        )

    async def _close(self, id: UUID) -> None:
        now = self.crm.clock()
        rows = await Conversation.select().where(Conversation.id == id)
        preview: Saying = sentence("erased", self.crm.settings.language)
        values: dict[Any, Any] = {
            "subject": "",
            "preview": preview[:200] if rows[0]["preview"] else "",
            "search_text": "",
            "custom": "{}",
            "thread_key": "",
            "status": "closed",
            "snoozed_until": None,
            "waiting_since": None,
            "closed_at": rows[0]["closed_at"] or now,
            "version": rows[0]["version"] + 1,
            "updated_at": now,
        }
        await Conversation.update(values, force=True).where(Conversation.id == id)
        await MessageDraft.delete().where(MessageDraft.conversation == id)
        await self.crm.records.index_again("conversation", id)


# Every message that was emptied has such an id, also one that never had any: so the work goes on where it stopped.
_NOT_ERASED = Message.external_id.is_null() | Message.external_id.not_like(f"{ERASED_ID}%")


def _message(row: dict[str, Any]) -> dict[str, Any]:
    return plain_row(
        row, documents=("attachments",), without=("search_text", "said", "conversation", "account", "version")
    )


def _files(messages: list[dict[str, Any]]) -> tuple[UUID, ...]:
    return tuple(id for row in messages for id in ids_in(msgspec.json.decode(row["attachments"])))
