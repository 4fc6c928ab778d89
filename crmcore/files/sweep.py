"""Removes what nothing names any more: uploads that nobody used, values that were replaced, bytes without a row."""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock
from crmcore.database.database import Database
from crmcore.files.storage import Storage
from crmcore.files.tables import StoredFile

# An upload belongs to a form that somebody is filling: a day is longer than any form stays open.
UNUSED_AFTER = timedelta(hours=24)
# As long as a deleted custom field can be brought back; a merge is undone within that time too.
RELEASED_AFTER = timedelta(days=30)
_BATCH = 400


class Swept(Struct, frozen=True):
    """How many files and how many contents are gone."""

    files: int
    contents: int


class Sweep:
    """Sweeps one storage. Safe beside uploads, and in several processes at once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        storage: Storage,
        awaited: Callable[[], Awaitable[Collection[UUID]]] | None = None,
    ) -> None:
        """``awaited`` names uploads that somebody will still use, however old they are."""
        self._awaited = awaited
        self._database = database
        self._clock = clock
        self._storage = storage

    async def run(self) -> Swept:
        """Remove the rows whose time is over, then the contents that no row names and nobody wrote for a day."""
        now = self._clock()
        files = 0
        awaited = list(await self._awaited()) if self._awaited is not None else []
        for condition in (
            StoredFile.record.is_null()
            & (StoredFile.created_at < now - UNUSED_AFTER)
            & (StoredFile.uploaded_by_kind != "contact")
            & StoredFile.id.not_in(awaited or [UUID(int=0)]),
            # A form that a filter held may be let through by a person later.
            StoredFile.record.is_null()
            & (StoredFile.created_at < now - RELEASED_AFTER)
            & (StoredFile.uploaded_by_kind == "contact"),
            StoredFile.released_at.is_not_null() & (StoredFile.released_at < now - RELEASED_AFTER),
        ):
            async with self._database.transaction():
                gone = await StoredFile.delete().where(condition).returning(StoredFile.id)
            files += len(gone)
        contents, batch = 0, list[str]()
        before = now - UNUSED_AFTER
        async for name in self._storage.names(before):
            batch.append(name)
            if len(batch) == _BATCH:
                contents += await self._contents(batch)
                batch.clear()
        return Swept(files, contents + await self._contents(batch))

    async def _contents(self, names: list[str]) -> int:
        if not names:
            return 0
        used: set[str] = set()
        for column in (StoredFile.sha256, StoredFile.thumbnail):
            rows = await StoredFile.select(column).where(column.is_in(names))
            used |= {row[column._meta.name] for row in rows}
        gone = 0
        for name in names:
            if name in used:
                continue
            # Uploaded again since it was listed: its row may come any moment.
            written_at = await self._storage.written_at(name)
            if written_at is not None and written_at < self._clock() - UNUSED_AFTER:
                await self._storage.delete(name)
                gone += 1
        return gone
