"""The stored files of one workspace: taken in, given out, swept up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.database.database import Database
from crmcore.errors import Forbidden, NotFound, TooMany
from crmcore.files.described import ids_in, owner_of
from crmcore.files.images import FORMATS, Drawn, redraw
from crmcore.files.kinds import UNKNOWN, media_type_of
from crmcore.files.spool import Spooled, hash_of, pieces
from crmcore.files.storage import Storage
from crmcore.files.tables import StoredFile
from crmcore.files.whole import whole

if TYPE_CHECKING:
    from crmcore.records.service import Records

# What one person or form may have uploaded and bound to nothing within a day, in times the largest file.
UNBOUND = 50
DAY = timedelta(hours=24)
KEPT_BY_PLUGIN = "@plugin"
"""What the files of plugins hang on instead of a type of records; no record type can have that name."""

_NOT_AS_DECLARED: Label = {
    "en": "“{name}” was sent as {declared}, and is {found}.",
    "ru": "«{name}» прислан как {declared}, а на деле это {found}.",
}


class Files:
    """Takes files in and gives them to whom may see the record they hang on."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        storage: Storage,
        spool: Path,
        limit: int,
        records: "Callable[[], Records]",
    ) -> None:
        """``spool`` is a folder for what is on its way in; ``limit`` the largest file in bytes."""
        self.storage = storage
        self.limit = limit
        self.spool_folder = spool
        self._database = database
        self._clock = clock
        self._records = records
        # A picture of 50 million pixels takes 200 MB while it is drawn: one at a time.
        self._drawing = asyncio.Semaphore(1)
        self.used_by: dict[str, Callable[[UUID, Actor], Awaitable[bool]]] = {}
        """What files hang on that are there to be used again, each with who may use them."""

    def spool(self, name: str, declared: str = "") -> Spooled:
        """Return an empty file on its way in; write to it, :meth:`keep` it, and close it in any case."""
        return Spooled(self.spool_folder, name, self.limit, declared)

    async def keep(self, spooled: Spooled, *, actor: Actor) -> dict[str, Any]:
        """Check what has arrived, store it, and return its row; it is the actor's and hangs on nothing yet.

        Pictures are drawn anew. Raises InvalidValue for content that is not what its name or its sender says, and
        TooMany when the actor has too much that hangs on nothing.
        """
        spooled.finish()
        await self._check_quota(actor)
        media_type = await asyncio.to_thread(media_type_of, spooled.name, spooled.head)
        _check_declared(spooled, media_type)
        if media_type not in FORMATS:
            return await self._stored(
                spooled.path, spooled.sha256, spooled.size, spooled.name, media_type, actor
            )
        redrawn = spooled.path.with_suffix(".drawn")
        try:
            async with self._drawing:
                drawn = await asyncio.to_thread(redraw, spooled.path, redrawn, media_type, spooled.name)
            sha256, size = await asyncio.to_thread(hash_of, redrawn)
            return await self._stored(redrawn, sha256, size, spooled.name, media_type, actor, drawn)
        finally:
            redrawn.unlink(missing_ok=True)

    async def keep_bytes(
        self, name: str, content: bytes, *, actor: Actor, declared: str = ""
    ) -> dict[str, Any]:
        """Store ``content`` as :meth:`keep` does."""
        with self.spool(name, declared) as spooled:
            async for piece in pieces(content):
                await spooled.write(piece)
            return await self.keep(spooled, actor=actor)

    async def kept_by(self, plugin: str, id: UUID) -> None:
        """Let the file ``id`` hang on the plugin that keeps it: the sweep leaves it, and no record shows it."""
        await StoredFile.update({"record_type": KEPT_BY_PLUGIN, "record": id}, force=True).where(
            StoredFile.id == id, StoredFile.uploaded_by_kind == "plugin", StoredFile.uploaded_by == plugin
        )

    async def get(self, id: UUID, *, actor: Actor) -> dict[str, Any]:
        """Return the row of a file that ``actor`` may see; all others are NotFound.

        A file is seen by whom may see the record it hangs on, with the field that names it; one that hangs on
        nothing by whoever uploaded it.
        """
        rows = await StoredFile.select().where(StoredFile.id == id)
        if not rows or not await self._may_see(rows[0], actor):
            raise NotFound()
        row: dict[str, Any] = rows[0]
        return row

    async def own(self, ids: Sequence[UUID], *, actor: Actor) -> list[dict[str, Any]]:
        """Return those of ``ids`` that ``actor`` uploaded and that hang on nothing, in the order asked for."""
        kind, id = owner_of(actor)
        rows = await StoredFile.select().where(
            StoredFile.id.is_in(list(ids) or [UUID(int=0)]),
            StoredFile.record.is_null(),
            StoredFile.uploaded_by_kind == kind,
            StoredFile.uploaded_by == id,
        )
        rows.sort(key=lambda row: ids.index(row["id"]))
        return rows

    async def usable(self, ids: Sequence[UUID], *, actor: Actor) -> list[dict[str, Any]]:
        """Return :meth:`own` files and those kept to be used again that ``actor`` may use, in the order asked for."""
        rows = {row["id"]: row for row in await self.own(ids, actor=actor)}
        if others := [id for id in ids if id not in rows]:
            kept = await StoredFile.select().where(
                StoredFile.id.is_in(others), StoredFile.record_type.is_in(list(self.used_by) or [""])
            )
            rows |= {row["id"]: row for row in kept if await self._may_see(row, actor)}
        return [rows[id] for id in ids if id in rows]

    async def for_use(self, ids: Sequence[UUID], *, actor: Actor) -> list[dict[str, Any]]:
        """Return :meth:`usable` files as uploads of the actor's: what is kept to be used again as a copy.

        A copy is a row of its own that shares the content. Runs in the caller's transaction.
        """
        rows = await self.usable(ids, actor=actor)
        return [row if row["record"] is None else await self._copied(row, actor) for row in rows]

    async def _copied(self, row: dict[str, Any], actor: Actor) -> dict[str, Any]:
        kind, by = owner_of(actor)
        now = self._clock()
        names = ("sha256", "size", "name", "media_type", "width", "height", "thumbnail")
        same = {name: row[name] for name in names}
        copy = StoredFile(id=uuid7(now), uploaded_by_kind=kind, uploaded_by=by, created_at=now, **same)
        await StoredFile.insert(copy)
        document: dict[str, Any] = copy.to_dict()
        return document

    def content(self, row: dict[str, Any], start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file's bytes; what is damaged breaks off before its end and is never complete."""
        return whole(self.storage, row["sha256"], row["size"], start, row["size"] if end is None else end)

    async def thumbnail(self, row: dict[str, Any]) -> bytes:
        """Return the small picture of a file; raises NotFound when it is no picture."""
        if not row["thumbnail"]:
            raise NotFound()
        # Smaller than any limit that counts: 320 by 320 pixels.
        return b"".join([chunk async for chunk in self.storage.read(row["thumbnail"], 0, 2**20)])

    async def _may_see(self, row: dict[str, Any], actor: Actor) -> bool:
        if row["record"] is None:
            return (row["uploaded_by_kind"], row["uploaded_by"]) == owner_of(actor)
        if may_use := self.used_by.get(row["record_type"]):
            return row["released_at"] is None and await may_use(row["record"], actor)
        try:
            record = await self._records().get(row["record_type"], row["record"], actor=actor)
            document = record.document
            if row["record_type"] == "message":
                await self._records().get("conversation", document["conversation_id"], actor=actor)
        except (NotFound, Forbidden):
            return False
        value = (
            (document.get("custom") or {}).get(row["field"]) if row["field"] else document.get("attachments")
        )
        return row["id"] in ids_in(value)

    async def _check_quota(self, actor: Actor) -> None:
        kind, id = owner_of(actor)
        if kind in ("system", "plugin", "import"):
            return
        waiting = await StoredFile.select(StoredFile.size).where(
            StoredFile.uploaded_by_kind == kind,
            StoredFile.uploaded_by == id,
            StoredFile.record.is_null(),
            StoredFile.created_at > self._clock() - DAY,
        )
        # A row costs something too: a thousand small files count as much as fifty large ones.
        if sum(max(row["size"], self.limit // 20) for row in waiting) >= UNBOUND * self.limit:
            raise TooMany(headers={"Retry-After": "3600"}, seconds=3600)

    async def _stored(
        self,
        path: Path,
        sha256: str,
        size: int,
        name: str,
        media_type: str,
        actor: Actor,
        drawn: Drawn | None = None,
    ) -> dict[str, Any]:
        await self.storage.put(sha256, path)
        thumbnail = ""
        if drawn is not None:
            small = path.with_suffix(".small")
            try:
                await asyncio.to_thread(small.write_bytes, drawn.thumbnail)
                thumbnail, _ = await asyncio.to_thread(hash_of, small)
                await self.storage.put(thumbnail, small)
            finally:
                small.unlink(missing_ok=True)
        kind, by = owner_of(actor)
        row = StoredFile(
            id=uuid7(self._clock()),
            sha256=sha256,
            size=size,
            name=name,
            media_type=media_type,
            width=drawn.width if drawn else 0,
            height=drawn.height if drawn else 0,
            thumbnail=thumbnail,
            uploaded_by_kind=kind,
            uploaded_by=by,
            created_at=self._clock(),
        )
        async with self._database.transaction():
            await StoredFile.insert(row)
        # The sweep may have been about to delete the same content, unused for a day: then it is stored again.
        if await self.storage.written_at(sha256) is None:
            await self.storage.put(sha256, path)
        document: dict[str, Any] = row.to_dict()
        return document


def _check_declared(spooled: Spooled, media_type: str) -> None:
    """Refuse what is declared as one kind of media and is another; what programs guess of documents is no claim."""
    declared = spooled.declared.partition(";")[0].strip().lower()
    family, found = declared.partition("/")[0], media_type.partition("/")[0]
    if media_type == UNKNOWN or family not in ("image", "audio", "video") or family == found:
        return
    if {family, found} <= {"audio", "video"}:
        return  # one container, two names
    raise InvalidValue(
        _NOT_AS_DECLARED, code="wrong_content", name=spooled.name, declared=declared[:60], found=media_type
    )
