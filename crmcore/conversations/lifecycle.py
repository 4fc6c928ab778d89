"""What people do with conversations, and the alarm clock of those that were put off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crmcore.bulk.undoing import undo_one
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.records import Record
from crmcore.conversations.sentences import sentence
from crmcore.conversations.tables import Conversation
from crmcore.database.database import Database
from crmcore.errors import Conflict, CrmError, NotFound
from crmcore.records.service import Records
from crmcore.records.tables import History

_TAKEN_BACK: Label = {"en": "Taken back", "ru": "Отменено"}
# So many are read at once.
_AT_ONCE = 500


class Lifecycle:
    """Closing, reopening, putting off, assigning: each is one update of the record, through the gate."""

    def __init__(self, *, clock: Clock, records: Records, language: str, database: Database) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._language = language
        self._log = structlog.get_logger("crmcore.conversations")

    async def close(self, id: UUID, *, actor: Actor, version: int | None = None) -> Record:
        """Close a conversation; a new message of the customer opens it again."""
        return await self.change(id, {"status": "closed"}, actor=actor, version=version)

    async def reopen(self, id: UUID, *, actor: Actor, version: int | None = None) -> Record:
        """Open a conversation that is closed, waits or sleeps."""
        return await self.change(id, {"status": "open"}, actor=actor, version=version)

    async def snooze(self, id: UUID, until: datetime, *, actor: Actor, version: int | None = None) -> Record:
        """Put a conversation off until ``until``; a new message of the customer wakes it at once."""
        changes = {"status": "snoozed", "snoozed_until": until.isoformat()}
        return await self.change(id, changes, actor=actor, version=version)

    async def assign(
        self, id: UUID, user: UUID | None, *, actor: Actor, version: int | None = None
    ) -> Record:
        """Give a conversation to an active user, or to nobody."""
        changes = {"assignee_id": str(user) if user else None}
        return await self.change(id, changes, actor=actor, version=version)

    async def tag(self, id: UUID, tags: Sequence[str], *, actor: Actor, version: int | None = None) -> Record:
        """Make ``tags`` the conversation's tags."""
        return await self.change(id, {"tags": list(tags)}, actor=actor, version=version)

    async def prioritize(
        self, id: UUID, priority: str, *, actor: Actor, version: int | None = None
    ) -> Record:
        """Set the priority: low, normal, high or urgent."""
        return await self.change(id, {"priority": priority}, actor=actor, version=version)

    async def change(
        self, id: UUID, changes: dict[str, Any], *, actor: Actor, version: int | None = None
    ) -> Record:
        """Change a conversation through the gate."""
        return await self._records.update("conversation", id, changes, actor=actor, version=version)

    async def undo(self, id: UUID, version: int, *, actor: Actor) -> bool:
        """Take back what the actor himself changed by the change ``version``, as far as it still stands.

        Returns whether all of it was taken back. Raises NotFound for what is no change of the actor's.
        """
        kind = self._records.record_type("conversation")
        own = await History.exists().where(
            History.record_type == kind.key,
            History.record_id == id,
            History.version == version,
            History.action == "update",
            History.actor_id == actor.id,
        )
        if not own:
            raise NotFound()
        row = {"record_id": id, "version": version, "deleted": False}
        async with self._database.transaction():
            reason = text_of(_TAKEN_BACK, self._language)
            found = await undo_one(self._database, self._records, kind, row, actor=actor, reason=reason)
        return found == "undone"

    async def wake_due(self) -> int:
        """Open every conversation whose time has come, and return how many."""
        total = woken = await self._wake_some()
        while woken == _AT_ONCE:
            total += (woken := await self._wake_some())
        return total

    async def next_wake(self) -> datetime | None:
        """Return when the next conversation is to be opened, None when none rests; not what is due already."""
        row = (
            await Conversation.select(Conversation.snoozed_until)
            .where(Conversation.status == "snoozed", Conversation.snoozed_until > self._clock())
            .order_by(Conversation.snoozed_until)
            .first()
        )
        return row["snoozed_until"] if row else None

    async def _wake_some(self) -> int:
        rows = (
            await Conversation.select(Conversation.id, Conversation.version)
            .where(Conversation.status == "snoozed", Conversation.snoozed_until <= self._clock())
            .order_by(Conversation.snoozed_until)
            .limit(_AT_ONCE)
        )
        reason = sentence("woken", self._language)
        woken = 0
        for row in rows:
            try:
                await self._records.update(
                    "conversation",
                    row["id"],
                    {"status": "open"},
                    actor=system_actor("crmcore"),
                    version=row["version"],
                    reason=reason,
                )
            except (Conflict, NotFound):
                continue  # somebody was faster: the next run sees what they made of it
            except CrmError as error:
                self._log.warning("conversation_not_woken", id=str(row["id"]), error=str(error))
            else:
                woken += 1
        return woken
