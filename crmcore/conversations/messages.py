"""Writes messages: the row, and what the conversation remembers of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import Conversation, Message
from crmcore.events.outbox import Outbox
from crmcore.search.entry import Entry, message_entry
from crmcore.search.words import Stems
from crmcore.search.writing import add_entries


class AlreadyThere(Exception):
    """A message with this id of its channel account exists: the transaction that would repeat it rolls back."""


def new_message(
    conversation: UUID, kind: str, text: str, *, actor: Actor, at: datetime, **columns: Any
) -> Message:
    """Return a message row, not yet written, by ``actor`` at ``at``."""
    return Message(
        id=uuid7(),
        conversation=conversation,
        kind=kind,
        text=text,
        author_kind=actor.kind,
        author_id=actor.id[:64],
        author_name=actor.label[:200],
        created_at=at,
        updated_at=at,
        **columns,
    )


async def add_message(message: Message) -> UUID:
    """Write ``message`` and its words, and return its id.

    Raises :class:`AlreadyThere` when its account has that external id.
    """
    written = await Message.insert(message).on_conflict(action="DO NOTHING").returning(Message.id)
    if not written:
        raise AlreadyThere(message.external_id)
    await add_entries([entry_of(message, Stems())])
    return message.id


def entry_of(message: Message, stems: Stems) -> Entry:
    """Return the message's entry in the search index."""
    return message_entry(
        message.id,
        message.conversation,
        message.text,
        message.author_name,
        created_at=message.created_at,
        stems=stems,
    )


async def remember_in(conversation: UUID, values: Mapping[str, Any]) -> None:
    """Write kept columns of a conversation. They are no edit: the version that people compare stays."""
    columns: dict[Any, Any] = dict(values)
    await Conversation.update(columns, force=True).where(Conversation.id == conversation)


async def tell_pages(outbox: Outbox, name: str, message: UUID, conversation: UUID, actor: Actor) -> None:
    """Write a quiet event: what open pages show of a message is another now, and nobody else needs to know."""
    await outbox.write(
        name, "message", message, actor, data={"conversation_id": str(conversation)}, quiet=True
    )
