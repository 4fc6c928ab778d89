"""What comes and goes with messages beside their text: files, and HTML."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label
from crmcore.contracts.messages import Attachment, OutboundAttachment
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.conversations.arrival import Arrival
from crmcore.conversations.offers import Refused
from crmcore.conversations.sentences import sentence
from crmcore.errors import Conflict, Invalid
from crmcore.files.described import described
from crmcore.files.service import Files
from crmcore.files.tables import StoredFile
from crmcore.markup.cleaning import cleaned
from crmcore.redaction import redact

MAX_ATTACHMENTS = 20
ACTOR_ID = ":actor-id"
"""The header under which a delivery remembers which signed-in person posted it."""

_NO_FILE: Label = {
    "en": "There is no such file of yours that hangs on nothing yet. Upload it first.",
    "ru": "Такого вашего файла нет или он уже прикреплён. Сначала загрузите его.",
}


class Attachments:
    """Takes files of messages in and hangs them on the message."""

    def __init__(self, files: Files, language: str) -> None:
        self._files = files
        self._language = language

    async def take(self, arrival: Arrival) -> None:
        """Clean the arrival's HTML and store its files, before its transaction; what is refused is told in it."""
        message = arrival.message
        if message.html:
            found = await asyncio.to_thread(cleaned, message.html)
            text = redact(found.text)
            # A card number that tags divide is seen in the text alone: then the text is all that is shown.
            arrival.html = found.html if text == found.text else ""
            if not message.text.strip() or not arrival.html:
                arrival.message = msgspec.structs.replace(message, text=text)
        for number, attachment in enumerate(message.attachments):
            try:
                if number >= MAX_ATTACHMENTS:
                    raise _refused("too_many_files", self._language, limit=MAX_ATTACHMENTS)
                arrival.files.append(await self._kept(attachment, arrival))
            except InvalidValue as refused:
                reason = refused.problem().sentence(self._language)
                field = sentence("attachment", self._language)
                arrival.loose.append(Refused(field=field, value=attachment.name[:150], reason=reason))

    async def own(self, ids: Sequence[UUID], actor: Actor) -> list[dict[str, Any]]:
        """Return the actor's uploads ``ids``, of canned replies' files copies; runs in the caller's transaction.

        Raises Invalid with the place of each that is none.
        """
        await self.check(ids, actor)
        return await self._files.for_use(list(dict.fromkeys(ids)), actor=actor)

    async def check(self, ids: Sequence[UUID], actor: Actor) -> None:
        """Raise Invalid with the place of each of ``ids`` that is no file for the actor to send."""
        if not ids:
            return
        known = {row["id"] for row in await self._files.usable(list(dict.fromkeys(ids)), actor=actor)}
        missing = [place for place, id in enumerate(ids) if id not in known]
        if missing:
            raise Invalid(
                problems=tuple(
                    Problem(path=f"/attachments/{place}", code="no_such_file", message=_NO_FILE)
                    for place in missing
                )
            )

    async def _kept(self, attachment: Attachment, arrival: Arrival) -> dict[str, Any]:
        if attachment.file_id is None:
            actor = system_actor("crmcore")
            return await self._files.keep_bytes(
                attachment.name, attachment.content, actor=actor, declared=attachment.media_type
            )
        headers = msgspec.json.decode(arrival.delivery["headers"])
        # A program names what the person behind its token uploaded, a form what was sent with it.
        for owner in (
            Actor(kind="user", id=headers.get(ACTOR_ID) or "-"),
            sender_of_form(arrival.account.row["id"]),
        ):
            if found := await self._files.own([attachment.file_id], actor=owner):
                return found[0]
        raise InvalidValue(_NO_FILE, code="no_such_file")


def sender_of_form(account: UUID) -> Actor:
    """Return under whom files are kept that somebody sends with the public form of ``account``."""
    return Actor(kind="contact", id=f"form:{account}")


def column_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return what a message's row says of its files."""
    return msgspec.json.encode([described(row) for row in rows]).decode()


async def hang_on(message: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Bind files to the message, in the open transaction; raises Conflict when one was bound or swept meanwhile."""
    if not rows:
        return
    bound = (
        await StoredFile.update({"record_type": "message", "record": message}, force=True)
        .where(StoredFile.id.is_in([row["id"] for row in rows]), StoredFile.record.is_null())
        .returning(StoredFile.id)
    )
    if len(bound) != len({row["id"] for row in rows}):
        raise Conflict(_NO_FILE, code="no_such_file")


def outbound_attachments(stored: Any) -> tuple[OutboundAttachment, ...]:
    """Return the files in a message's column as its channel gets them."""
    documents = msgspec.json.decode(stored) if isinstance(stored, str | bytes) else stored
    return tuple(
        OutboundAttachment(
            id=UUID(item["id"]), name=item["name"], media_type=item["media_type"], size=item["size"]
        )
        for item in documents or ()
    )


def _refused(name: str, language: str, **params: Any) -> InvalidValue:
    text = sentence(name, language, **params)
    return InvalidValue({"en": text, "ru": text}, code=name)
