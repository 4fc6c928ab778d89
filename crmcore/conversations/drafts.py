"""What people have begun to write in conversations and not sent: their own, a reply and a note apart."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.conversations.attachments import Attachments
from crmcore.conversations.reply import MAX_TEXT, check_text
from crmcore.conversations.tables import MessageDraft
from crmcore.database.database import Database
from crmcore.errors import NotFound
from crmcore.records.scope import demand
from crmcore.records.service import Records

Kind = Literal["reply", "note"]
KINDS: tuple[Kind, ...] = ("reply", "note")
KEPT = timedelta(days=90)
"""What nobody has gone on with for so long is forgotten when its writer begins something else."""


class Draft(Struct, frozen=True, kw_only=True):
    """The text as it was typed, and when; ``attachments`` are the ids of files that are to go with it."""

    kind: Kind
    text: str
    updated_at: datetime
    attachments: list[UUID] = []


class Drafts:
    """The drafts of one workspace. Nobody sees another one's; plugins have none."""

    def __init__(self, database: Database, clock: Clock, records: Records, attachments: Attachments) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._attachments = attachments

    async def of(self, conversation: UUID, *, actor: Actor) -> dict[str, Draft]:
        """Return the actor's drafts in a conversation, by their kind."""
        user = _user(actor)
        if user is None:
            return {}
        rows = await MessageDraft.select(
            MessageDraft.kind, MessageDraft.text, MessageDraft.updated_at, MessageDraft.attachments
        ).where(MessageDraft.user == user, MessageDraft.conversation == conversation)
        return {row["kind"]: Draft(**row | {"attachments": _ids(row["attachments"])}) for row in rows}

    async def attached(self) -> set[UUID]:
        """Return the files of all drafts: uploads among them wait longer than for a form."""
        rows = await MessageDraft.select(MessageDraft.attachments).where(MessageDraft.attachments != "[]")
        return {id for row in rows for id in _ids(row["attachments"])}

    async def among(self, conversations: Iterable[UUID], *, actor: Actor) -> set[UUID]:
        """Return in which of ``conversations`` the actor has begun something."""
        ids, user = list(conversations), _user(actor)
        if user is None or not ids:
            return set()
        rows = await MessageDraft.select(MessageDraft.conversation).where(
            MessageDraft.user == user, MessageDraft.conversation.is_in(ids)
        )
        return {row["conversation"] for row in rows}

    async def keep(
        self, conversation: UUID, kind: Kind, text: str, *, actor: Actor, attachments: Sequence[UUID] = ()
    ) -> None:
        """Keep ``text`` and files in place of the draft before; one without words and files is forgotten.

        Raises NotFound for a conversation that the actor does not see, Invalid for a text that cannot be stored and
        for files that the actor cannot send.
        """
        demand(actor, "message.write")
        user = _user(actor)
        if user is None:
            raise NotFound()
        await self._records.get("conversation", conversation, actor=actor)
        if not text.strip() and not attachments:
            await self.forget(conversation, kind, actor=actor)
            return
        if text.strip():
            check_text(text[: MAX_TEXT + 1])
        await self._attachments.check(attachments, actor)
        now = self._clock()
        row = MessageDraft(
            user=user,
            conversation=conversation,
            kind=kind,
            text=text,
            attachments=msgspec.json.encode(list(dict.fromkeys(attachments))).decode(),
            updated_at=now,
        )
        async with self._database.transaction():
            await MessageDraft.delete().where(MessageDraft.user == user, MessageDraft.updated_at < now - KEPT)
            columns: list[Any] = [MessageDraft.text, MessageDraft.attachments, MessageDraft.updated_at]
            await MessageDraft.insert(row).on_conflict(
                target=(MessageDraft.user, MessageDraft.conversation, MessageDraft.kind),
                action="DO UPDATE",
                values=columns,
            )

    async def forget(self, conversation: UUID, kind: Kind, *, actor: Actor) -> None:
        """Throw a draft away: it was sent, or emptied."""
        if (user := _user(actor)) is not None:
            await MessageDraft.delete().where(
                MessageDraft.user == user,
                MessageDraft.conversation == conversation,
                MessageDraft.kind == kind,
            )


def _ids(stored: str) -> list[UUID]:
    return msgspec.json.decode(stored, type=list[UUID])


def _user(actor: Actor) -> UUID | None:
    """Return the id of the person, also of who comes with a token; None for plugins and the system."""
    try:
        return UUID(actor.id) if actor.kind in ("user", "token") else None
    except ValueError:
        return None
