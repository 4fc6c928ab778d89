"""What hangs on a person: their conversations, messages and tasks, by id."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.personal_data import DataSubject
from crmcore.conversations.tables import Conversation, Message
from crmcore.tasks.tables import Task

BATCH = 500
# SQLite takes 32,766 values in one statement.
MANY = 5_000


class Belongings(Struct, frozen=True, kw_only=True):
    """The ids of everything that hangs on a person."""

    conversations: tuple[UUID, ...]
    messages: tuple[UUID, ...]
    tasks: tuple[UUID, ...]

    def of(self, record_type: str) -> tuple[UUID, ...]:
        """Return the ids of one record type; none for a type that persons have nothing of."""
        return {
            "conversation": self.conversations,
            "message": self.messages,
            "task": self.tasks,
        }.get(record_type, ())

    @property
    def all(self) -> tuple[UUID, ...]:
        """Every id."""
        return (*self.conversations, *self.messages, *self.tasks)


async def belongings_of(subject: DataSubject) -> Belongings:
    """Return what belongs to ``subject``; the links stay when it is erased, so it is the same afterwards."""
    conversations = await conversations_of(subject)
    messages: list[UUID] = []
    for chunk in chunks(conversations):
        rows = await Message.select(Message.id).where(Message.conversation.is_in(chunk))
        messages += [row["id"] for row in rows]
    written = await Message.select(Message.id).where(written_by(subject))
    tasks: list[UUID] = []
    for chunk in chunks(conversations):
        rows = await Task.select(Task.id).where(Task.conversation.is_in(chunk))
        tasks += [row["id"] for row in rows]
    rows = await Task.select(Task.id).where(Task.contact.is_in(list(subject.contacts)))
    return Belongings(
        conversations=tuple(conversations),
        messages=tuple(dict.fromkeys([*messages, *(row["id"] for row in written)])),
        tasks=tuple(dict.fromkeys([*tasks, *(row["id"] for row in rows)])),
    )


async def conversations_of(subject: DataSubject) -> list[UUID]:
    """Return the person's conversations, the oldest first."""
    rows = (
        await Conversation.select(Conversation.id)
        .where(Conversation.contact.is_in(list(subject.contacts)))
        .order_by(Conversation.id)
    )
    return [row["id"] for row in rows]


def written_by(subject: DataSubject) -> Any:
    """Return the condition that the person wrote a message, wherever it stands."""
    return (Message.author_kind == "contact") & Message.author_id.is_in(list(map(str, subject.contacts)))


def chunks(ids: Sequence[UUID], size: int = MANY) -> list[list[UUID]]:
    """Return ``ids`` in parts that one statement takes."""
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]
