"""Imports: a file becomes records, in a way that can be watched, stopped, gone on with and taken back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.audit.note import note
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.errors import NotFound
from crmcore.files.names import clean_name, own_name_of
from crmcore.importing.kept_rows import KeptRow, kept_rows
from crmcore.importing.preview import Preview
from crmcore.importing.reading import ImportReading, remember
from crmcore.importing.refusals import WrongState
from crmcore.importing.refused_rows import Left, RefusedRow, refused_file, refused_rows
from crmcore.importing.run import COUNTERS, Import, ImportSettings, Starter, State, import_of
from crmcore.importing.storage import ImportFiles, blocks_of
from crmcore.importing.tables import ImportRow, ImportRun
from crmcore.importing.work import ImportWork
from crmcore.jobs.host import LONG
from crmcore.jobs.queue import JobQueue
from crmcore.records.scope import demand
from crmcore.records.service import Records

if TYPE_CHECKING:
    from crmcore.workspace import Crm

READ, WRITE, ANY = "import.read", "import.write", "import.any"
JOB = "run_import"
KEPT = timedelta(days=30)

Progress = Callable[[int, int], None]


class Imports:
    """The imports of one workspace.

    A person sees his own ones; those of others need ``import.any``. Rows are written on behalf of who started the
    import, within what he may do.
    """

    def __init__(
        self,
        *,
        database: Database,
        records: Records,
        reading: ImportReading,
        work: ImportWork,
        files: ImportFiles,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        self._database = database
        self._records = records
        self._reading = reading
        self._work = work
        self._files = files
        self._queue = queue
        self._clock = clock

    @classmethod
    def of(cls, crm: "Crm") -> "Imports":
        """Return the imports of a workspace."""
        files = ImportFiles(crm.settings.data_path / "imports")
        reading = ImportReading(crm.records, crm.catalog)
        return cls(
            database=crm.database,
            records=crm.records,
            reading=reading,
            work=ImportWork(crm, reading, files),
            files=files,
            queue=crm.jobs,
            clock=crm.clock,
        )

    async def file(
        self,
        record_type: str,
        file: Path,
        settings: ImportSettings,
        *,
        actor: Actor,
        progress: Progress | None = None,
    ) -> Import:
        """Import a file of this machine from its beginning to its end."""
        run = await self.receive(record_type, file.name, blocks_of(file), actor=actor)
        await self.start(run.id, settings, actor=actor, in_background=False)
        return await self.work(run.id, progress)

    async def receive(
        self, record_type: str, name: str, blocks: AsyncIterator[bytes], *, actor: Actor
    ) -> Import:
        """Keep a file for records of ``record_type``; return its import, which does nothing yet.

        Raises NotATable when the file cannot be read, TooLarge beyond 2 GB.
        """
        kind = self._may_import(record_type, actor)
        own_name, name = own_name_of(name), clean_name(name)
        with self._files.incoming() as incoming:
            async for block in blocks:
                await asyncio.to_thread(incoming.write, block)
            await asyncio.to_thread(incoming.flush)
            sheet = await asyncio.to_thread(self._reading.open, incoming.path, own_name, ImportSettings())
            total = await asyncio.to_thread(self._reading.count, sheet)
            size, digest = incoming.size, await asyncio.to_thread(incoming.keep)
        now = self._clock()
        row = ImportRun(
            record_type=kind.key,
            file_name=name,
            file_hash=digest,
            size=size,
            actor=_stored(actor),
            actor_id=actor.id,
            header=msgspec.json.encode(sheet.header).decode(),
            total=total,
            created_at=now,
            updated_at=now,
        )
        await ImportRun.insert(row)
        return await self.get(row.id, actor=actor)

    async def newest(self, *, actor: Actor, limit: int = 50) -> list[Import]:
        """Return the newest imports that ``actor`` may see."""
        demand(actor, READ)
        query = ImportRun.select().order_by(ImportRun.created_at, ascending=False)
        if not actor.may(ANY):
            query = query.where(ImportRun.actor_id == actor.id)
        rows = await query.order_by(ImportRun.id, ascending=False).limit(limit)
        return [import_of(row) for row in rows]

    async def get(self, id: UUID, *, actor: Actor) -> Import:
        """Return one import; raises NotFound, also for somebody else's."""
        demand(actor, READ)
        return import_of(await self._row(id, actor))

    async def preview(self, id: UUID, settings: ImportSettings, *, actor: Actor) -> Preview:
        """Return how the file would be read, and what would become of its first fifty rows. Nothing is written."""
        demand(actor, WRITE)
        row = await self._row(id, actor)
        self._may_import(row["record_type"], actor)
        return await self._work.preview(row, settings, actor)

    async def start(
        self, id: UUID, settings: ImportSettings, *, actor: Actor, in_background: bool = True
    ) -> Import:
        """Begin an import that is new or whose dry run has ended; a job does the work if ``in_background``.

        Raises NotATable and BadMapping, WrongState (409) when it has begun already.
        """
        demand(actor, WRITE)
        row = await self._row(id, actor)
        kind = self._may_import(row["record_type"], actor)
        file = self._files.path(row["file_hash"])
        sheet = await asyncio.to_thread(self._reading.open_whole, file, row["file_name"], settings)
        read = await self._reading.read(kind.key, sheet, settings, actor)
        settings = msgspec.structs.replace(settings, mapping=read.mapping.columns(sheet.header))
        async with self._database.transaction():
            await self._move(
                id,
                ("uploaded", "checked"),
                "queued",
                actor,
                {
                    ImportRun.settings: msgspec.json.encode(settings).decode(),
                    ImportRun.actor: _stored(actor),
                    ImportRun.header: msgspec.json.encode(sheet.header).decode(),
                    **_FROM_THE_BEGINNING,
                },
            )
            await ImportRow.delete().where(ImportRow.run == id)
            await remember(kind.key, sheet.header, read.mapping, self._clock())
            told = {"dry_run": settings.dry_run, "duplicates": settings.duplicates}
            await self._note("import", row, actor, **told)
            await self._enqueue(id, in_background)
        return await self.get(id, actor=actor)

    async def work(self, id: UUID, progress: Progress | None = None) -> Import:
        """Do what is queued or was left in the middle, to its end; for the job and the command line.

        Somebody else who works on it is stopped. What failed is told by the state, and can be gone on with.
        """
        return await self._work.run(id, progress)

    async def resume(self, id: UUID, *, actor: Actor, in_background: bool = True) -> Import:
        """Go on with an import, or its undoing, that failed, was cancelled, or whose worker died."""
        demand(actor, WRITE)
        row = await self._row(id, actor)
        async with self._database.transaction():
            if row["state"] != "undoing":
                before: tuple[State, ...] = ("queued", "running", "failed", "cancelled")
                await self._move(id, before, "queued", actor, {ImportRun.error: ""})
            await self._note("resume", row, actor)
            await self._enqueue(id, in_background)
        return await self.get(id, actor=actor)

    async def cancel(self, id: UUID, *, actor: Actor) -> Import:
        """Stop an import after the batch that is being written; what was imported stays until it is undone."""
        demand(actor, WRITE)
        async with self._database.transaction():
            await self._move(id, ("queued", "running"), "cancelled", actor, {ImportRun.lease: None})
            await self._note("cancel", await self._row(id, actor), actor)
        return await self.get(id, actor=actor)

    async def undo(self, id: UUID, *, actor: Actor, in_background: bool = True) -> Import:
        """Take an import back: created records go, changed ones get their values back, if nobody touched them since.

        What was touched is kept and counted in ``kept``.
        """
        demand(actor, WRITE)
        row = await self._row(id, actor)
        self._may_import(row["record_type"], actor)
        if import_of(row).settings.dry_run:
            raise WrongState(state=row["state"])
        async with self._database.transaction():
            values = {ImportRun.actor: _stored(actor), ImportRun.lease: None, ImportRun.error: ""}
            await self._move(id, ("done", "failed", "cancelled"), "undoing", actor, values)
            await self._note("undo", row, actor)
            await self._enqueue(id, in_background)
        return await self.get(id, actor=actor)

    async def errors(
        self,
        id: UUID,
        *,
        actor: Actor,
        language: str = "",
        labels: Mapping[str, str] | None = None,
        left: Left = "refused",
    ) -> AsyncIterator[bytes]:
        """Return the refused rows as a CSV file, with the reasons in the actor's or another language, in pieces.

        Or the skipped ones, with their numbers, by what they are known, and the records' ids. Fields are named by
        ``labels``, and by their keys where there is none.
        """
        demand(actor, READ)
        row = await self._row(id, actor)
        settings = import_of(row).settings
        file = self._files.path(row["file_hash"])
        sheet = await asyncio.to_thread(self._reading.open, file, row["file_name"], settings)
        return refused_file(id, sheet, language or actor.language, labels or {}, left)

    async def refused(self, id: UUID, *, actor: Actor, limit: int = 20) -> list[RefusedRow]:
        """Return the first refused rows with their problems."""
        demand(actor, READ)
        await self._row(id, actor)
        return await refused_rows(id, limit=limit)

    async def skipped(self, id: UUID, *, actor: Actor, limit: int = 20) -> list[RefusedRow]:
        """Return the first rows that were skipped as known, by what, and which record each is about."""
        demand(actor, READ)
        await self._row(id, actor)
        return await refused_rows(id, left="skipped", limit=limit)

    async def kept(self, id: UUID, *, actor: Actor, limit: int = 100) -> "list[KeptRow]":
        """Return the first rows that an undo left alone, wholly or in part, and why."""
        demand(actor, READ)
        await self._row(id, actor)
        return await kept_rows(id, limit)

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Forget an import that is not at work: its rows, and its file when no other import has the same."""
        demand(actor, WRITE)
        row = await self._row(id, actor)
        if row["state"] in ("queued", "running", "undoing"):
            raise WrongState(state=row["state"])
        await self._work.forget(row)
        await self._note("delete", row, actor)

    async def forget_old(self, before: datetime | None = None) -> int:
        """Forget imports that nobody has worked on since a moment, thirty days ago; return how many."""
        return await self._work.forget_old(before or self._clock() - KEPT)

    def _may_import(self, record_type: str, actor: Actor) -> RecordType:
        demand(actor, WRITE)
        kind = self._records.record_type(record_type)
        demand(actor, f"{kind.key}.write")
        return kind

    async def _row(self, id: UUID, actor: Actor) -> dict[str, Any]:
        rows: list[dict[str, Any]] = await ImportRun.select().where(ImportRun.id == id)
        if not rows or not (rows[0]["actor_id"] == actor.id or actor.may(ANY)):
            raise NotFound()
        if rows[0]["record_type"] not in self._records.types:
            raise NotFound()
        return rows[0]

    async def _move(
        self, id: UUID, before: tuple[State, ...], after: State, actor: Actor, values: dict[Any, Any]
    ) -> None:
        row = await self._row(id, actor)
        moved = (
            await ImportRun.update(
                {ImportRun.state: after, ImportRun.updated_at: self._clock(), **values}, force=True
            )
            .where(ImportRun.id == id, ImportRun.state.is_in(list(before)))
            .returning(ImportRun.id)
        )
        if not moved:
            raise WrongState(state=row["state"])

    async def _note(self, action: str, row: dict[str, Any], actor: Actor, **told: Any) -> None:
        told = {"record_type": row["record_type"], **told}
        changes = {name: [None, value] for name, value in told.items()}
        await note(
            self._clock, action, "import", row["file_name"], id=row["id"], changes=changes, actor=actor
        )

    async def _enqueue(self, id: UUID, in_background: bool) -> None:
        if in_background:
            # One import after the other: each is as fast as the database lets it.
            await self._queue.enqueue(
                LONG, f"core.{JOB}", {"import_id": str(id)}, key=str(id), ordering_key="imports"
            )


_FROM_THE_BEGINNING: dict[Any, Any] = {
    ImportRun.position: 0,
    ImportRun.error: "",
    ImportRun.lease: None,
    ImportRun.finished_at: None,
    **{getattr(ImportRun, name): 0 for name in COUNTERS},
}


def _stored(actor: Actor) -> str:
    return msgspec.json.encode(Starter.of(actor)).decode()
