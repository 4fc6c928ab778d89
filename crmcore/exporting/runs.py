"""Exports made by a job: begun, watched, fetched, and deleted after a week."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec

from crmcore.accounts.patterns import both
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.errors import Conflict, CrmError, NotFound
from crmcore.exporting.csv_file import CsvFile
from crmcore.exporting.run import ExportEntry, NewExport, export_of
from crmcore.exporting.service import BLOCK, READ, Export
from crmcore.exporting.tables import ExportRun
from crmcore.exporting.xlsx_file import MEDIA_TYPE
from crmcore.importing.run import Starter
from crmcore.plugins.names import CORE
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

JOB = "run_export"
MEDIA_TYPES = {"csv": CsvFile.media_type, "xlsx": MEDIA_TYPE}
_NOT_READY: Label = {
    "en": "The file is not there: it is still being made, or it was deleted.",
    "ru": "Файла нет: он ещё готовится или уже удалён.",
}
_NOBODY: Label = {
    "en": "Who asked for this export is not active any more.",
    "ru": "Тот, кто заказал эту выгрузку, больше не работает здесь.",
}


class _Deleted(Exception):
    """Somebody deleted the export while it was made."""


class ExportRuns:
    """The exports of one workspace that are made in the background. Everybody sees his own ones."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._folder = crm.settings.data_path / "list-exports"

    async def begin(self, new: NewExport, *, actor: Actor) -> ExportEntry:
        """Let a job make the file; raises what :meth:`Exports.check` raises."""
        await self._crm.exports.check(new.record_type, new.settings, actor=actor)
        now = self._crm.clock()
        run = ExportRun(
            id=uuid7(now),
            record_type=self._crm.records.record_type(new.record_type).key,
            settings=msgspec.json.encode(new.settings).decode(),
            actor=msgspec.json.encode(Starter.of(actor)).decode(),
            actor_id=actor.id,
            created_at=now,
            updated_at=now,
        )
        async with self._crm.database.transaction():
            await ExportRun.insert(run)
            await self._crm.jobs.enqueue(CORE, JOB, {"export": str(run.id)}, key=f"export-run:{run.id}")
        return await self.get(run.id, actor=actor)

    async def newest(self, *, actor: Actor, limit: int = 50) -> list[ExportEntry]:
        """Return one's own exports, the newest first."""
        demand(actor, READ)
        rows = (
            await ExportRun.select()
            .where(ExportRun.actor_id == actor.id)
            .order_by(ExportRun.id, ascending=False)
            .limit(limit)
        )
        return [export_of(row) for row in rows if row["record_type"] in self._crm.records.types]

    async def get(self, id: UUID, *, actor: Actor) -> ExportEntry:
        """Return one export; raises NotFound, also for somebody else's."""
        demand(actor, READ)
        return export_of(await self._row(id, actor))

    async def file(self, id: UUID, *, actor: Actor) -> Export:
        """Return the file to send. Raises Conflict while it is not there.

        Who may no longer read the records does not get what he once asked for.
        """
        demand(actor, READ)
        entry = export_of(await self._row(id, actor))
        kind = self._crm.records.record_type(entry.record_type)
        demand(actor, f"{kind.key}.read")
        path = self._path(entry.id)
        if entry.state != "done" or not await asyncio.to_thread(path.exists):
            raise Conflict(_NOT_READY, code="not_ready")
        form = entry.settings.format
        day = entry.created_at.strftime("%Y-%m-%d")
        return Export(name=f"{kind.plural}-{day}.{form}", media_type=MEDIA_TYPES[form], pieces=_pieces(path))

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Delete an export with its file; one that is being made stops."""
        demand(actor, READ)
        await self._row(id, actor)
        await ExportRun.delete().where(ExportRun.id == id)
        await asyncio.to_thread(self._path(id).unlink, missing_ok=True)

    async def forget_old(self, before: datetime) -> int:
        """Delete the exports begun before a moment with their files; return how many."""
        return await self._forget(ExportRun.created_at < before)

    async def forget_all(self) -> int:
        """Delete every export: its file, or what was asked for, may tell of a person whose data is erased."""
        return await self._forget(ExportRun.id.is_not_null())

    async def run(self, id: UUID) -> None:
        """Make the file of an export, from its beginning. What failed is told by the state."""
        rows: list[dict[str, Any]] = await ExportRun.select().where(
            ExportRun.id == id, ExportRun.state.is_in(["queued", "running"])
        )
        if not rows:
            return
        entry = export_of(rows[0])
        language = msgspec.json.decode(rows[0]["actor"], type=Starter).language
        actor = await self._actor(rows[0])
        if actor is None:
            await self._end(id, "failed", error=text_of(_NOBODY, language))
            return
        try:
            await self._write(entry, actor)
        except _Deleted:
            pass
        except CrmError as error:
            if error.status >= 500:
                raise
            await self._end(id, "failed", error=error.sentence(language))

    async def _write(self, entry: ExportEntry, actor: Actor) -> None:
        async def progress(done: int, total: int) -> None:
            values: dict[Any, Any] = {
                ExportRun.state: "running",
                ExportRun.done: done,
                ExportRun.total: total,
                ExportRun.updated_at: self._crm.clock(),
            }
            if not await self._set(entry.id, values, "queued", "running"):
                raise _Deleted

        found = await self._crm.exports.prepare(
            entry.record_type, entry.settings, actor=actor, progress=progress
        )
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{entry.id}-{uuid4().hex[:8]}.part"
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
                async for piece in found.pieces:
                    await asyncio.to_thread(stream.write, piece)
            size = part.stat().st_size
            part.replace(self._path(entry.id))
        finally:
            part.unlink(missing_ok=True)
        if not await self._end(entry.id, "done", size=size):
            self._path(entry.id).unlink(missing_ok=True)

    async def _actor(self, row: dict[str, Any]) -> Actor | None:
        """Return within whose sight the rows are read: what he may now and might then."""
        starter = msgspec.json.decode(row["actor"], type=Starter)
        if starter.kind not in ("user", "token"):
            return Actor(**{name: getattr(starter, name) for name in starter.__struct_fields__})
        actor = await self._crm.accounts.actor_for_user(UUID(starter.id))
        if actor is None:
            return None
        permissions = both(actor.permissions, starter.permissions)
        return msgspec.structs.replace(actor, kind=starter.kind, label=starter.label, permissions=permissions)

    async def _end(self, id: UUID, state: str, *, size: int = 0, error: str = "") -> bool:
        now = self._crm.clock()
        values: dict[Any, Any] = {
            ExportRun.state: state,
            ExportRun.size: size,
            ExportRun.error: error[:1000],
            ExportRun.updated_at: now,
            ExportRun.finished_at: now,
        }
        return await self._set(id, values, "queued", "running")

    async def _forget(self, condition: Any) -> int:
        rows = await ExportRun.delete().where(condition).returning(ExportRun.id)
        for row in rows:
            await asyncio.to_thread(self._path(row["id"]).unlink, missing_ok=True)
        return len(rows)

    async def _row(self, id: UUID, actor: Actor) -> dict[str, Any]:
        rows: list[dict[str, Any]] = await ExportRun.select().where(
            ExportRun.id == id, ExportRun.actor_id == actor.id
        )
        if not rows or rows[0]["record_type"] not in self._crm.records.types:
            raise NotFound()
        return rows[0]

    def _path(self, id: UUID) -> Path:
        return self._folder / str(id)

    @staticmethod
    async def _set(id: UUID, values: dict[Any, Any], *before: str) -> bool:
        moved = (
            await ExportRun.update(values, force=True)
            .where(ExportRun.id == id, ExportRun.state.is_in(list(before)))
            .returning(ExportRun.id)
        )
        return bool(moved)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while block := await asyncio.to_thread(stream.read, BLOCK):
            yield block
