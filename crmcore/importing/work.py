"""The work of an import: from where it stopped to its end, under a lease that only one holds."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec

from crmcore.accounts.patterns import both
from crmcore.contracts.actors import Actor
from crmcore.errors import CrmError, NotFound
from crmcore.importing.batches import Batches, Stopped
from crmcore.importing.changing import Changing
from crmcore.importing.matching import Matcher
from crmcore.importing.preview import Preview, first_rows, preview_of
from crmcore.importing.reading import ImportReading, Read, not_a_table
from crmcore.importing.row_writer import RowWriter
from crmcore.importing.run import COUNTERS, Import, ImportSettings, Starter, import_of
from crmcore.importing.seen import Seen
from crmcore.importing.sheet import Row, SheetError
from crmcore.importing.storage import ImportFiles
from crmcore.importing.tables import ImportRow, ImportRun
from crmcore.importing.undoing import Undoing
from crmcore.jobs.progress import tell_progress
from crmcore.records.custom_values import CustomValues
from crmcore.records.reasons import reason

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_GONE = {
    "en": "Who started this import is not active any more.",
    "ru": "Тот, кто начал этот импорт, больше не работает здесь.",
}


class ImportWork:
    """Imports and takes back. Several processes may try at once: the last one that begins goes on alone."""

    def __init__(self, crm: "Crm", reading: ImportReading, files: ImportFiles) -> None:
        self._crm = crm
        self._reading = reading
        self._files = files
        self._values = CustomValues(crm.catalog, crm.host.dispatch, crm.sealed_values)

    async def run(self, id: UUID, progress: Callable[[int, int], None] | None = None) -> Import:
        """Work until the import, or its undoing, is done, failed or taken over; return it as it is then."""
        lease = uuid4()
        rows = await self._taken(id, lease)
        if rows:
            try:
                if rows[0]["state"] == "undoing":
                    await self._undo(rows[0], lease, progress)
                else:
                    await self._import(rows[0], lease, progress)
            except Stopped:
                pass
            except SheetError as error:
                russian = _language(rows[0]) == "ru"
                await self._end(id, lease, "failed", error.russian if russian else str(error))
            except CrmError as error:
                if error.status >= 500:
                    raise
                await self._end(id, lease, "failed", error.sentence(_language(rows[0])))
        rows = await ImportRun.select().where(ImportRun.id == id)
        if not rows:
            raise NotFound
        return import_of(rows[0])

    async def preview(self, row: dict[str, Any], settings: ImportSettings, actor: Actor) -> Preview:
        """Return how the file would be read and what would become of its first rows."""
        file = self._files.path(row["file_hash"])
        sheet = await asyncio.to_thread(self._reading.open_whole, file, row["file_name"], settings)
        read = await self._reading.read(row["record_type"], sheet, settings, actor)
        try:
            rows = await asyncio.to_thread(first_rows, read)
        except SheetError as error:
            raise not_a_table(error) from error
        with Seen() as seen:
            writer = await self._writer(row, read, settings, actor, seen)
            written = await self._batches(row, uuid4(), dry_run=True).tried(rows, writer)
        return preview_of(read, row["total"], rows, written, actor.language)

    async def forget(self, row: dict[str, Any]) -> None:
        """Delete an import with its rows, and its file when no other import has the same."""
        await ImportRow.delete().where(ImportRow.run == row["id"])
        await ImportRun.delete().where(ImportRun.id == row["id"])
        if not await ImportRun.exists().where(ImportRun.file_hash == row["file_hash"]):
            await asyncio.to_thread(self._files.remove, row["file_hash"])

    async def forget_old(self, before: datetime) -> int:
        """Forget the imports that nobody has worked on since a moment; return how many."""
        old = await ImportRun.select().where(
            ImportRun.updated_at < before,
            ImportRun.state.not_in(["queued", "running", "undoing"]),
        )
        for row in old:
            await self.forget(row)
        return len(old)

    async def _taken(self, id: UUID, lease: UUID) -> list[dict[str, Any]]:
        """Take the lease; nobody gets it when there is nothing to do."""
        async with self._crm.database.transaction():
            query = ImportRun.select().where(
                ImportRun.id == id, ImportRun.state.is_in(["queued", "running", "undoing"])
            )
            if self._crm.database.kind == "postgres":
                # Where the import stands is read after the batch that another worker is about to commit.
                query = query.lock_rows("UPDATE")
            rows: list[dict[str, Any]] = await query
            if rows:
                state = "undoing" if rows[0]["state"] == "undoing" else "running"
                values: dict[Any, Any] = {
                    ImportRun.lease: lease,
                    ImportRun.state: state,
                    ImportRun.updated_at: self._crm.clock(),
                }
                if state == "running" and import_of(rows[0]).settings.dry_run:
                    # What it would have made is not stored, so a dry run begins anew.
                    values |= {getattr(ImportRun, name): 0 for name in COUNTERS}
                    values[ImportRun.position] = rows[0]["position"] = 0
                    await ImportRow.delete().where(ImportRow.run == id)
                await ImportRun.update(values, force=True).where(ImportRun.id == id)
        return rows

    async def _import(
        self, row: dict[str, Any], lease: UUID, progress: Callable[[int, int], None] | None
    ) -> None:
        run = import_of(row)
        actor = await self._actor(row)
        file = self._files.path(row["file_hash"])
        sheet = await asyncio.to_thread(self._reading.open, file, run.file_name, run.settings)
        read = await self._reading.read(run.record_type, sheet, run.settings, actor)
        done = 0 if run.settings.dry_run else run.done
        with ExitStack() as stack:
            seen = stack.enter_context(Seen()) if run.settings.dry_run else None
            writer = await self._writer(row, read, run.settings, actor, seen)
            rows = _behind(read, row["position"])
            stack.callback(rows.close)
            batches = self._batches(row, lease, dry_run=run.settings.dry_run)
            async for counts in batches.work(rows, writer):
                done += sum(counts.values())
                await tell_progress(done, max(done, run.total))
                if progress:
                    progress(done, max(done, run.total))
        await self._end(run.id, lease, "checked" if run.settings.dry_run else "done", total=done)
        if progress:
            progress(done, done)

    async def _undo(
        self, row: dict[str, Any], lease: UUID, progress: Callable[[int, int], None] | None
    ) -> None:
        run = import_of(row)
        actor = await self._actor(row)
        kind = self._crm.records.record_type(run.record_type)
        # Taking back one's own import is no deletion of what others entered.
        permissions = actor.permissions | {f"{kind.key}.delete", "company.delete"}
        undoing = Undoing(
            database=self._crm.database,
            records=self._crm.records,
            keys=self._crm.keys,
            clock=self._crm.clock,
            run=run.id,
            lease=lease,
            record_type=kind,
            actor=msgspec.structs.replace(actor, permissions=permissions),
            reason=reason("import_undone", file=run.file_name),
        )
        done, total = run.undone + run.kept, run.created + run.updated
        while taken := await undoing.batch():
            done += taken
            await tell_progress(done, total)
            if progress:
                progress(done, total)
        await self._end(run.id, lease, "undone")

    async def _end(
        self, id: UUID, lease: UUID, state: str, error: str = "", total: int | None = None
    ) -> None:
        now = self._crm.clock()
        values: dict[Any, Any] = {
            ImportRun.state: state,
            ImportRun.error: error,
            ImportRun.lease: None,
            ImportRun.updated_at: now,
            ImportRun.finished_at: now,
        }
        if total is not None:
            values[ImportRun.total] = total
        async with self._crm.database.transaction():
            rows = (
                await ImportRun.update(values, force=True)
                .where(
                    ImportRun.id == id,
                    ImportRun.lease == lease,
                    ImportRun.state.is_in(["running", "undoing"]),
                )
                .returning(ImportRun.actor, ImportRun.file_name)
            )
            if rows and state in ("done", "failed"):
                await self._tell(id, rows[0])

    async def _tell(self, id: UUID, row: dict[str, Any]) -> None:
        starter = msgspec.json.decode(row["actor"], type=Starter)
        if starter.kind in ("user", "token"):
            await self._crm.notifications.import_finished(UUID(starter.id), id, row["file_name"])

    async def _actor(self, row: dict[str, Any]) -> Actor:
        """Return on whose behalf the rows are written; raises SheetError when it is nobody any more."""
        starter = msgspec.json.decode(row["actor"], type=Starter)
        if starter.kind not in ("user", "token"):
            return Actor(**{name: getattr(starter, name) for name in starter.__struct_fields__})
        actor = await self._crm.accounts.actor_for_user(UUID(starter.id))
        if actor is None:
            raise SheetError(_GONE["en"], _GONE["ru"])
        permissions = both(actor.permissions, starter.permissions)
        return msgspec.structs.replace(actor, kind=starter.kind, label=starter.label, permissions=permissions)

    def _batches(self, row: dict[str, Any], lease: UUID, *, dry_run: bool) -> Batches:
        return Batches(
            database=self._crm.database,
            keys=self._crm.keys,
            clock=self._crm.clock,
            run=row["id"],
            lease=lease,
            dry_run=dry_run,
            sensitive=self._crm.catalog.sensitive(row["record_type"]),
        )

    async def _writer(
        self, row: dict[str, Any], read: Read, settings: ImportSettings, actor: Actor, seen: Seen | None
    ) -> RowWriter:
        crm, key = self._crm, row["record_type"]
        definitions = await crm.catalog.of(key)
        return RowWriter(
            database=crm.database,
            records=crm.records,
            record_type=key,
            mapping=read.mapping,
            matcher=Matcher(crm.records, crm.point_rules, key, settings.key, actor),
            changing=Changing(
                self._values,
                {name: item for item in definitions for name in reversed(item.names)},
                crm.point_rules,
            ),
            duplicates=settings.duplicates,
            actor=actor,
            file_name=row["file_name"],
            sensitive=crm.catalog.sensitive(key),
            erased=None if settings.allow_erased else crm.erased_marks,
            seen=seen,
        )


def _behind(read: Read, position: int) -> Generator[Row]:
    """Yield the rows behind row ``position``."""
    for row in read.sheet.rows():
        if row.number > position:
            yield row


def _language(row: dict[str, Any]) -> str:
    return msgspec.json.decode(row["actor"], type=Starter).language
