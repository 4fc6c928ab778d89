"""Whom an event concerns: asked in the transaction that writes it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.accounts.tables import User
from crmcore.contracts.events import Event
from crmcore.conversations.tables import Conversation, Mention, Message
from crmcore.notifications.mentions import mentioned
from crmcore.notifications.telling import Teller, Telling

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NOTE_WRITTEN = "note_written"
_OVER = ("task_reminder", "task_overdue", "assigned")


class FromEvents:
    """Tells people of what happens to records. One who did it himself is not told."""

    def __init__(self, crm: "Crm", teller: Teller) -> None:
        self._crm = crm
        self._teller = teller

    async def write(self, event: Event) -> None:
        """Write what follows from ``event`` for people."""
        name = event.name
        if name in ("conversation_updated", "conversation_created"):
            await self._assigned(event)
            if event.changes.get("status") == ["snoozed", "open"] and event.actor_kind == "system":
                await self._snooze_over(event)
        elif name in ("task_created", "task_updated"):
            if not (name == "task_created" and event.changes.get("previous_id")):
                await self._assigned(event)
            if event.changes.get("status", [None, None])[1] == "done":
                await self._teller.settle(None, _OVER, event.record_id)
        elif name == "message_received":
            await self._customer_wrote(event)
        elif name == "message_written":
            user = _user(event.actor_id) if event.actor_kind in ("user", "token") else None
            conversation = _user(event.data.get("conversation_id"))
            if user is not None and conversation is not None:
                await self._teller.settle(user, ("customer_answered", "snooze_over"), conversation)
        elif name == NOTE_WRITTEN:
            await self._mentioned(event)

    async def _assigned(self, event: Event) -> None:
        user = _user((event.changes.get("assignee_id") or [None, None])[1])
        if user is None or _himself(event, user):
            return
        await self._teller.tell(
            Telling(
                user=user,
                kind="assigned",
                key=f"assigned:{event.id}",
                record_type=event.record_type,
                record_id=event.record_id,
                details=_by(event),
            )
        )

    async def _snooze_over(self, event: Event) -> None:
        user = await _assignee(event.record_id)
        if user is not None:
            await self._teller.tell(
                Telling(
                    user=user,
                    kind="snooze_over",
                    key=f"snooze:{event.id}",
                    record_type="conversation",
                    record_id=event.record_id,
                )
            )

    async def _customer_wrote(self, event: Event) -> None:
        conversation = _user(event.data.get("conversation_id"))
        user = await _assignee(conversation) if conversation else None
        if user is not None and conversation is not None:
            await self._teller.tell(
                Telling(
                    user=user,
                    kind="customer_answered",
                    key=f"wrote:{event.record_id}",
                    record_type="conversation",
                    record_id=conversation,
                    message_id=event.record_id,
                )
            )

    async def _mentioned(self, event: Event) -> None:
        row = (
            await Message.select(Message.text, Message.conversation)
            .where(Message.id == event.record_id)
            .first()
        )
        if row is None or "@" not in row["text"]:
            return
        people = await User.select(User.id, User.name, User.email).where(User.active.eq(True))
        for user in mentioned(row["text"], people):
            await self._listed(user, row["conversation"], event)
            if _himself(event, user):
                continue
            await self._teller.tell(
                Telling(
                    user=user,
                    kind="mentioned",
                    key=f"mention:{event.record_id}",
                    record_type="conversation",
                    record_id=row["conversation"],
                    message_id=event.record_id,
                    details=_by(event),
                )
            )

    @staticmethod
    async def _listed(user: UUID, conversation: UUID, event: Event) -> None:
        """Put the conversation among those in which ``user`` was mentioned."""
        row = Mention(user=user, conversation=conversation, message=event.record_id, created_at=event.at)
        await Mention.insert(row).on_conflict(
            target=(Mention.user, Mention.conversation),
            action="DO UPDATE",
            values=[Mention.message, Mention.created_at],
        )


async def _assignee(conversation: UUID) -> UUID | None:
    row = await Conversation.select(Conversation.assignee).where(Conversation.id == conversation).first()
    return row["assignee"] if row else None


def _by(event: Event) -> dict[str, str]:
    return {"by": event.actor_label[:200]} if event.actor_kind in ("user", "token", "plugin") else {}


def _himself(event: Event, user: UUID) -> bool:
    return event.actor_kind in ("user", "token") and event.actor_id == str(user)


def _user(id: Any) -> UUID | None:
    try:
        return UUID(str(id))
    except ValueError:
        return None
