"""Taking an import back, the last row first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contacts.tables import Company, Contact
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.errors import CrmError, NotFound
from crmcore.importing.batches import Stopped, place_of
from crmcore.importing.tables import ImportRow, ImportRun
from crmcore.records.columns import json_form
from crmcore.records.composite import base_properties
from crmcore.records.service import Records
from crmcore.secrets.keyring import KeyRing, is_envelope

MOST_ROWS = 50


class Undoing:
    """Undoes the rows of one run under one lease.

    A created record is deleted unless somebody has changed it since. Of an updated one every value that is still
    the import's is put back; values that were changed since stay.
    """

    def __init__(
        self,
        *,
        database: Database,
        records: Records,
        keys: KeyRing,
        clock: Clock,
        run: UUID,
        lease: UUID,
        record_type: RecordType,
        actor: Actor,
        reason: str,
    ) -> None:
        self._database = database
        self._records = records
        self._keys = keys
        self._clock = clock
        self._run = run
        self._lease = lease
        self._type = record_type
        self._actor = actor
        self._reason = reason
        self._below: int | None = None
        self._left: dict[UUID, int] = {}

    async def batch(self) -> int:
        """Undo the next rows in one transaction; return how many, 0 at the end. Raises Stopped."""
        async with self._database.transaction():
            await self._fence()
            query = ImportRow.select().where(
                ImportRow.run == self._run,
                ImportRow.undo == "",
                ImportRow.outcome.is_in(["created", "updated"]),
            )
            if self._below is not None:
                # What is undone lies behind: it is not walked through again for every batch.
                query = query.where(ImportRow.row < self._below)
            rows = await query.order_by(ImportRow.row, ascending=False).limit(MOST_ROWS)
            undone = 0
            self._left = await self._left_before(rows)
            told: dict[tuple[str, int], list[UUID]] = {}
            for row in rows:
                outcome, version = await self._row(row)
                undone += outcome == "undone"
                told.setdefault((outcome, version), []).append(row["id"])
                # The rows come from the last to the first: what the later one left is what an earlier one finds.
                self._left[row["record_id"]] = version
            for (outcome, version), ids in told.items():
                await ImportRow.update(
                    {ImportRow.undo: outcome, ImportRow.undo_version: version}, force=True
                ).where(ImportRow.id.is_in(ids))
            if rows:
                await ImportRun.update(
                    {
                        ImportRun.undone: ImportRun.undone + undone,
                        ImportRun.kept: ImportRun.kept + len(rows) - undone,
                    },
                    force=True,
                ).where(ImportRun.id == self._run)
        if rows:
            self._below = int(rows[-1]["row"])
        return len(rows)

    async def _fence(self) -> None:
        rows = (
            await ImportRun.update({ImportRun.updated_at: self._clock()}, force=True)
            .where(ImportRun.id == self._run, ImportRun.lease == self._lease, ImportRun.state == "undoing")
            .returning(ImportRun.id)
        )
        if not rows:
            raise Stopped

    async def _row(self, row: dict[str, Any]) -> tuple[str, int]:
        """Return what became of a row (undone, changed, gone or refused) and the record's version now."""
        try:
            async with self._database.savepoint():
                if row["outcome"] == "created":
                    outcome = await self._uncreate(row)
                else:
                    outcome = await self._unchange(row)
        except CrmError as error:
            if error.status >= 500:
                raise
            return ("gone" if isinstance(error, NotFound) else "refused"), 0
        except RefusedByDatabase:
            return "refused", 0
        if outcome[0] == "undone" and row["made"] is not None:
            await self._unmake(row["made"])
        return outcome

    async def _uncreate(self, row: dict[str, Any]) -> tuple[str, int]:
        record = await self._records.get(self._type.key, row["record_id"], actor=self._actor)
        if record.version != self._last_version(row):
            return "changed", 0
        await self._records.delete(
            self._type.key, record.id, actor=self._actor, version=record.version, reason=self._reason
        )
        return "undone", 0

    async def _unchange(self, row: dict[str, Any]) -> tuple[str, int]:
        id = row["record_id"]
        text = row["changes"]
        if is_envelope(text):
            text = self._keys.decrypt(text, *place_of(row["id"]))
        changes: dict[str, list[Any]] = msgspec.json.decode(text or "{}")
        record = await self._records.get(self._type.key, id, actor=self._actor)
        untouched = record.version == self._last_version(row)
        document = msgspec.to_builtins(record.document, enc_hook=str)
        custom = document.get("custom") or {}
        if any(name.startswith("custom.") for name in changes):
            stored = await self._records.stored_custom(self._type.key, id)
            custom = self._records.opened(self._type.key, id, stored)
        writable = base_properties(self._type)
        back: dict[str, Any] = {}
        kept = 0
        for name, (before, after) in changes.items():
            key = name.removeprefix("custom.")
            if not name.startswith("custom.") and (name not in writable or _doubled(name, changes)):
                continue
            now = custom.get(key) if name != key else document.get(name)
            if not untouched and json_form(now) != after:
                kept += 1
            elif name != key:
                back.setdefault("custom", {})[key] = before
            else:
                back[name] = before
        if not back:
            return "changed", record.version
        written = await self._records.update(
            self._type.key,
            id,
            back,
            actor=self._actor,
            version=record.version,
            reason=self._reason,
            undoing=True,
        )
        return ("changed" if kept else "undone"), written.version

    def _last_version(self, row: dict[str, Any]) -> int:
        """Return the version that the import left, or the undoing of a later row of it."""
        return self._left.get(row["record_id"], int(row["version"]))

    async def _left_before(self, rows: Sequence[dict[str, Any]]) -> dict[UUID, int]:
        """Return the versions in which the undoing of later rows left the records of ``rows``."""
        if not rows:
            return {}
        # By the records alone, which a few rows name: the run would be walked through from its end.
        found = await ImportRow.select(
            ImportRow.run, ImportRow.row, ImportRow.record_id, ImportRow.undo_version
        ).where(ImportRow.record_id.is_in([row["record_id"] for row in rows]), ImportRow.undo != "")
        later = [row for row in found if row["run"] == self._run]
        later.sort(key=lambda row: int(row["row"]), reverse=True)
        return {row["record_id"]: int(row["undo_version"]) for row in later}

    async def _unmake(self, company: UUID) -> None:
        """Delete a company that a row made by naming it, unless it is anybody's or was changed."""
        used = await Contact.exists().where(Contact.company == company, Contact.deleted_at.is_null())
        rows = await Company.select(Company.version).where(
            Company.id == company, Company.deleted_at.is_null()
        )
        if used or not rows or rows[0]["version"] != 1:
            return
        try:
            async with self._database.savepoint():
                await self._records.delete(
                    "company", company, actor=self._actor, version=1, reason=self._reason
                )
        except (CrmError, RefusedByDatabase):
            return  # it stays, which harms nobody


def _doubled(name: str, changes: dict[str, list[Any]]) -> bool:
    """Tell whether a name is only the readable half of a reference: ``company`` of ``company_id``."""
    return f"{name}_id" in changes
