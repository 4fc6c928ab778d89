"""Exports of a person's data: made by a job, fetched once, gone after seven days."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.errors import Conflict, NotFound
from crmcore.files.tables import StoredFile
from crmcore.jobs.host import LONG
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.names import CORE
from crmcore.privacy.bundle import Part, write_bundle
from crmcore.privacy.sources import Sources
from crmcore.privacy.subject import subject_of
from crmcore.privacy.tables import PersonalExport
from crmcore.records.reasons import reason

if TYPE_CHECKING:
    from crmcore.workspace import Crm

JOB = "export_person"
KEPT = timedelta(days=7)
_BLOCK = 256 * 1024
_NOT_READY: Label = {
    "en": "The export is not ready, or it was fetched already.",
    "ru": "Выгрузка ещё не готова или её уже скачали.",
}


class PersonalExports:
    """Makes exports kind by kind: what is written stays when the process is killed, and is not asked for again."""

    def __init__(self, crm: "Crm", sources: Sources, queue: JobQueue) -> None:
        self._crm = crm
        self._sources = sources
        self._queue = queue
        self._folder = crm.settings.data_path / "personal"

    async def begin(self, contact: UUID, *, actor: Actor, in_background: bool = True) -> UUID:
        """Let a job export everything of the person behind ``contact``; return the export's id."""
        crm = self._crm
        subject = await subject_of(contact)
        id = uuid7(crm.clock())
        async with crm.database.transaction():
            await PersonalExport.insert(
                PersonalExport(
                    id=id,
                    contact=subject.contacts[0],
                    language=actor.language,
                    started_by=actor.label[:200],
                    created_at=crm.clock(),
                )
            )
            await crm.audit.note(
                "export", "person", f"contact {subject.contacts[0]}", actor=actor, id=subject.contacts[0]
            )
            if in_background:
                await self._queue.enqueue(LONG, f"{CORE}.{JOB}", {"export": str(id)}, key=f"export:{id}")
        return id

    async def run(self, id: UUID) -> Path:
        """Write the export's file and return it; goes on where it was interrupted. Raises what a plugin raised."""
        row = await self.row(id)
        target = self._folder / f"{id}.zip"
        if row["state"] in ("ready", "gone"):
            return target
        try:
            items = await self._write(row, target)
        except Exception as error:
            failed = {PersonalExport.state: "failed", PersonalExport.error: str(error)[:500]}
            await self._set(id, failed)
            raise
        now = self._crm.clock()
        values: dict[Any, Any] = {
            PersonalExport.state: "ready",
            PersonalExport.error: "",
            PersonalExport.items: items,
            PersonalExport.size: target.stat().st_size,
            PersonalExport.finished_at: now,
            PersonalExport.expires_at: now + KEPT,
        }
        await self._set(id, values)
        shutil.rmtree(self._folder / str(id), ignore_errors=True)
        return target

    async def row(self, id: UUID) -> dict[str, Any]:
        """Return an export; raises NotFound."""
        rows: list[dict[str, Any]] = await PersonalExport.select().where(PersonalExport.id == id)
        if not rows:
            raise NotFound()
        return rows[0]

    async def of_contact(self, contact: UUID, limit: int = 20) -> list[dict[str, Any]]:
        """Return the exports of a contact, the newest first."""
        rows: list[dict[str, Any]] = (
            await PersonalExport.select()
            .where(PersonalExport.contact == contact)
            .order_by(PersonalExport.id, ascending=False)
            .limit(limit)
        )
        return rows

    async def fetch(self, id: UUID, contact: UUID, *, actor: Actor) -> AsyncIterator[bytes]:
        """Return the file's bytes, once: it is deleted when the last one is sent. Raises NotFound, Conflict."""
        crm = self._crm
        if (await self.row(id))["contact"] != contact:
            raise NotFound()
        async with crm.database.transaction():
            taken = (
                await PersonalExport.update({PersonalExport.fetched_at: crm.clock()}, force=True)
                .where(
                    PersonalExport.id == id,
                    PersonalExport.state == "ready",
                    PersonalExport.fetched_at.is_null(),
                    PersonalExport.expires_at > crm.clock(),
                )
                .returning(PersonalExport.id)
            )
            if not taken:
                raise Conflict(_NOT_READY, code="not_ready")
            await crm.audit.note(
                "export", "person", f"contact {contact}", actor=actor, id=contact, reason=reason("fetched")
            )
        return self._sent(id)

    async def forget_one(self, id: UUID) -> None:
        """Delete the file of an export that was copied elsewhere."""
        await self._set(id, {PersonalExport.state: "gone", PersonalExport.fetched_at: self._crm.clock()})
        (self._folder / f"{id}.zip").unlink(missing_ok=True)

    async def forget_old(self, before: datetime) -> int:
        """Delete the files of exports begun before a moment, fetched or not; return how many."""
        gone: dict[Any, Any] = {PersonalExport.state: "gone"}
        rows = (
            await PersonalExport.update(gone, force=True)
            .where(
                PersonalExport.created_at < before,
                PersonalExport.state != "gone",
            )
            .returning(PersonalExport.id)
        )
        for row in rows:
            (self._folder / f"{row['id']}.zip").unlink(missing_ok=True)
            shutil.rmtree(self._folder / str(row["id"]), ignore_errors=True)
        return len(rows)

    async def _write(self, row: dict[str, Any], target: Path) -> int:
        subject = await subject_of(row["contact"])
        work = self._folder / str(row["id"])
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._set(row["id"], {PersonalExport.state: "running"})
        parts, count = [], 0
        for key, source in self._sources.all().items():
            lines = work / f"{key}.jsonl"
            if not lines.exists():
                unfinished = lines.with_suffix(".part")
                items = await self._sources.items(source, subject)
                await asyncio.to_thread(_write_lines, unfinished, [msgspec.to_builtins(one) for one in items])
                unfinished.replace(lines)
            part = Part(key, text_of(source.item.label, row["language"]), lines)
            parts.append(part)
            count += sum(1 for _ in part.items())
        order = list(self._sources.all())
        parts.sort(key=lambda part: (not part.key.startswith(f"{CORE}."), order.index(part.key)))
        told = [part for part in parts if part.lines.stat().st_size]
        await write_bundle(target, told, self._file, row["language"])
        return count

    async def _file(self, id: UUID) -> tuple[str, AsyncIterator[bytes]] | None:
        rows = await StoredFile.select().where(StoredFile.id == id)
        if not rows or await self._crm.files.storage.written_at(rows[0]["sha256"]) is None:
            return None
        return rows[0]["name"], self._crm.files.content(rows[0])

    async def _sent(self, id: UUID) -> AsyncIterator[bytes]:
        file = self._folder / f"{id}.zip"
        whole = False
        try:
            with file.open("rb") as stream:
                while block := await asyncio.to_thread(stream.read, _BLOCK):
                    yield block
            whole = True
        finally:
            with self._crm.bound():
                if whole:
                    await self._set(id, {PersonalExport.state: "gone"})
                    file.unlink(missing_ok=True)
                else:
                    # Broken off: nobody has it, so it can be fetched again.
                    await self._set(id, {PersonalExport.fetched_at: None})

    @staticmethod
    async def _set(id: UUID, values: dict[Any, Any]) -> None:
        await PersonalExport.update(values, force=True).where(PersonalExport.id == id)


def _write_lines(file: Path, items: list[Any]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for item in items:
            stream.write(json.dumps(item, ensure_ascii=False) + "\n")
    file.chmod(0o600)
