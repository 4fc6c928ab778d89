"""Files of canned replies: they hang on the reply, are seen by whom may use it, and go with a message as a copy.

A copy is a row of its own with the same SHA-256: the content is kept once, and a reply that is changed or deleted
later takes nothing away from messages that were sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Conflict, Invalid
from crmcore.files.service import Files
from crmcore.files.tables import StoredFile

KEPT_BY_CANNED = "@canned"
"""What these files hang on instead of a type of records; no record type can have that name."""
MAX_FILES = 10

_NO_FILE: Label = {
    "en": "There is no such file of yours that hangs on nothing yet. Upload it first.",
    "ru": "Такого вашего файла нет или он уже прикреплён. Сначала загрузите его.",
}


async def files_of(replies: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the files of each of ``replies`` that has some, in the order they were uploaded, in one statement."""
    ids = list(replies)
    found: dict[UUID, list[dict[str, Any]]] = {}
    if not ids:
        return found
    rows = (
        await StoredFile.select()
        .where(
            StoredFile.record_type == KEPT_BY_CANNED,
            StoredFile.record.is_in(ids),
            StoredFile.released_at.is_null(),
        )
        .order_by(StoredFile.id)
    )
    for row in rows:
        found.setdefault(row["record"], []).append(row)
    return found


async def hang_on_reply(
    reply: UUID, wanted: Sequence[UUID], files: Files, at: datetime, *, actor: Actor
) -> None:
    """Make ``wanted`` the files of ``reply``, in the open transaction: its own ones and uploads of ``actor``.

    Raises Invalid with the place of each that is neither, and Conflict when one was bound elsewhere meanwhile.
    """
    there = {row["id"] for row in (await files_of([reply])).get(reply, ())}
    new = [id for id in dict.fromkeys(wanted) if id not in there]
    mine = {row["id"] for row in await files.own(new, actor=actor)}
    if missing := [place for place, id in enumerate(wanted) if id not in there | mine]:
        raise Invalid(
            problems=tuple(
                Problem(path=f"/attachments/{place}", code="no_such_file", message=_NO_FILE)
                for place in missing
            )
        )
    if new:
        bound = (
            await StoredFile.update(
                {"record_type": KEPT_BY_CANNED, "record": reply, "released_at": None}, force=True
            )
            .where(StoredFile.id.is_in(new), StoredFile.record.is_null())
            .returning(StoredFile.id)
        )
        if len(bound) != len(new):
            raise Conflict(_NO_FILE, code="no_such_file")
    if gone := list(there - set(wanted)):
        await StoredFile.update({"released_at": at}, force=True).where(
            StoredFile.id.is_in(gone), StoredFile.record == reply
        )
