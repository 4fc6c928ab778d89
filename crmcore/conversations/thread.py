"""Which conversation a message belongs to, and the reason, in words.

The place of a message depends only on its sender, its thread key and what is open: not on the order in which
deliveries happen to be processed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.messages import InboundMessage
from crmcore.conversations.policy import Policy
from crmcore.conversations.sentences import sentence
from crmcore.conversations.tables import Conversation
from crmcore.database.database import Database

# More conversations of one thread or one person than this are not looked at: the newest are enough.
_CANDIDATES = 20


class Placement(Struct, frozen=True, kw_only=True):
    """Where a message goes: the row of a conversation, or None for a new one; ``adopt``: give it the contact."""

    row: dict[str, Any] | None
    reason: str
    adopt: bool = False


class Threads:
    """Places messages. Runs in the transaction that appends the message and holds the contact's lock."""

    def __init__(self, database: Database, language: str) -> None:
        self._database = database
        self._language = language

    async def place(
        self,
        message: InboundMessage,
        *,
        account: UUID,
        policy: Policy,
        contact: UUID | None,
        now: datetime,
    ) -> Placement:
        """Return the conversation that ``message`` continues.

        A thread key that the channel names decides, when the sender is the one the thread belongs to. Without a
        key, the account's policy decides among the contact's conversations that have no key either.
        """
        if message.thread_key:
            return await self._by_key(message.thread_key, account, contact)
        if contact is None:
            return Placement(row=None, reason=self._say("nobody"))
        if policy.open_case == "never":
            return Placement(row=None, reason=self._say("never_continued"))
        return await self._by_policy(account, contact, policy, now)

    async def _by_key(self, key: str, account: UUID, contact: UUID | None) -> Placement:
        if self._database.kind == "postgres":
            # A thread's first two messages may be at work at once, and there is no row to lock yet.
            await Conversation.raw(
                "SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", f"{account}/{key}"
            )
        rows = await self._rows(Conversation.thread_key == key, Conversation.account == account)
        shown = key if len(key) <= 60 else f"{key[:59]}…"
        for row in rows:
            if row["contact"] == contact:
                return Placement(row=row, reason=self._say("thread_key", key=shown))
        if contact is None and rows:
            # The channel vouches for the thread; it only did not repeat who writes.
            return Placement(row=rows[0], reason=self._say("thread_key", key=shown))
        for row in rows:
            if row["contact"] is None:
                return Placement(row=row, reason=self._say("thread_key", key=shown), adopt=True)
        name = "thread_key_other_sender" if rows else "thread_key_new"
        return Placement(row=None, reason=self._say(name, key=shown))

    async def _by_policy(self, account: UUID, contact: UUID, policy: Policy, now: datetime) -> Placement:
        rows = await self._rows(
            Conversation.contact == contact, Conversation.account == account, Conversation.thread_key == ""
        )
        for row in rows:
            if row["status"] != "closed":
                return Placement(row=row, reason=self._say("open_case"))
        window = timedelta(days=policy.window_days)
        for row in rows:
            if row["closed_at"] is not None and row["closed_at"] > now - window:
                return Placement(row=row, reason=self._say("reopened", days=policy.window_days))
        return Placement(row=None, reason=self._say("nothing_open"))

    async def _rows(self, *conditions: Any) -> Sequence[dict[str, Any]]:
        query = (
            Conversation.select()
            .where(*conditions)
            .order_by(Conversation.last_activity_at, Conversation.id, ascending=False)
            .limit(_CANDIDATES)
        )
        if self._database.kind == "postgres":
            query = query.lock_rows("NO KEY UPDATE")
        rows: Sequence[dict[str, Any]] = await query
        return rows

    def _say(self, name: str, **params: Any) -> str:
        return sentence(name, self._language, **params)
