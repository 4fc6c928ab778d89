"""Conversations and deleted records whose time is over: gone with everything that hangs on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contacts.tables import Company, Contact
from crmcore.contracts.actors import system_actor
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.database.statement import fetch
from crmcore.events.tables import EventRow
from crmcore.files.tables import StoredFile
from crmcore.privacy.tables import Erasure
from crmcore.records.tables import History, Tagging
from crmcore.search.entry import is_name
from crmcore.search.words import fold, words_of
from crmcore.search.writing import remove_entry
from crmcore.tasks.tables import Task

if TYPE_CHECKING:
    from crmcore.workspace import Crm

BATCH = 50
_ACTOR = system_actor("retention")


class AgedConversations:
    """Conversations that were closed long ago."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def due(self, before: datetime) -> int:
        """Return how many were closed before a moment."""
        return int(await Conversation.count().where(_closed(before)))

    async def forget(self, before: datetime) -> int:
        """Delete them with their messages, files, deliveries, tags and words; return how many."""
        gone = 0
        while True:
            async with self._crm.database.transaction():
                rows = await Conversation.select(Conversation.id).where(_closed(before)).limit(BATCH)
                ids = [row["id"] for row in rows]
                if ids:
                    await self._forget(ids)
            gone += len(ids)
            if len(ids) < BATCH:
                return gone

    async def _forget(self, ids: list[UUID]) -> None:
        rows = await Message.select(Message.id).where(Message.conversation.is_in(ids))
        messages = [row["id"] for row in rows]
        for id in ids:
            await fetch("DELETE FROM search_entry WHERE record_type = {} AND parent_id = {}", "message", id)
            await remove_entry("conversation", id)
        await InboundDelivery.delete().where(InboundDelivery.conversation_id.is_in(ids))
        await Conversation.delete().where(Conversation.id.is_in(ids))
        for start in range(0, len(messages), 5_000):
            await _forget_traces(self._crm, messages[start : start + 5_000])
        await _forget_traces(self._crm, ids)


class AgedRecords:
    """Contacts, companies and tasks that were deleted long ago and could be restored until now.

    The traces of merges and of erasures stay: messages that come late find their way by them.
    """

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def due(self, before: datetime) -> int:
        """Return how many were deleted before a moment."""
        return sum(
            [
                int(await table.count().where(condition))
                for table, condition in [(t, await self._condition(t, before)) for t in _DELETABLE]
            ]
        )

    async def forget(self, before: datetime) -> int:
        """Delete them for good; return how many."""
        gone = 0
        for table in _DELETABLE:
            while True:
                async with self._crm.database.transaction():
                    condition = await self._condition(table, before)
                    rows = await table.select().where(condition).limit(BATCH)
                    for row in rows:
                        texts = [str(row.get(name) or "") for name in ("first_name", "last_name", "name")]
                        words = {word for text in texts for word in words_of(fold(text)) if is_name(word)}
                        await remove_entry(_DELETABLE[table], row["id"], sorted(words))
                    ids = [row["id"] for row in rows]
                    if ids:
                        await table.delete().where(table.id.is_in(ids))
                        await _forget_traces(self._crm, ids)
                gone += len(ids)
                if len(ids) < BATCH:
                    break
        return gone

    @staticmethod
    async def _condition(table: Any, before: datetime) -> Any:
        condition = table.deleted_at.is_not_null() & (table.deleted_at < before)
        if table is Contact:
            erased = [row["contact"] for row in await Erasure.select(Erasure.contact)]
            condition = condition & Contact.merged_into.is_null()
            if erased:
                condition = condition & Contact.id.not_in(erased)
        return condition


_DELETABLE: dict[Any, str] = {Contact: "contact", Company: "company", Task: "task"}


def _closed(before: datetime) -> Any:
    return (Conversation.status == "closed") & (Conversation.closed_at < before)


async def _forget_traces(crm: "Crm", ids: Sequence[UUID]) -> None:
    """Release files, take tags off, forget events, and leave of the history what was done, not to what."""
    if not ids:
        return
    chunk = list(ids)
    now = crm.clock()
    released: dict[Any, Any] = {StoredFile.released_at: now}
    await StoredFile.update(released, force=True).where(StoredFile.record.is_in(chunk))
    await Tagging.delete().where(Tagging.record_id.is_in(chunk))
    await EventRow.delete().where(EventRow.record_id.is_in(chunk))
    if await History.exists().where(History.record_id.is_in(chunk), History.redacted_by.is_null()):
        entry = await crm.audit.note("delete", "settings", "retention", actor=_ACTOR)
        emptied: dict[Any, Any] = {
            History.changes: "{}",
            History.reason: "",
            History.subject: "",
            History.redacted_by: entry,
        }
        await History.update(emptied, force=True).where(
            History.record_id.is_in(chunk), History.redacted_by.is_null(), History.id != entry
        )
        theirs: dict[Any, Any] = {History.actor_label: ""}
        await History.update(theirs, force=True).where(
            History.record_id.is_in(chunk), History.actor_kind == "contact"
        )
