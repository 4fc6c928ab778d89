"""The rows of an import, a batch per transaction: what they wrote and how far they came are committed together."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock, uuid7
from crmcore.database.database import Database
from crmcore.database.statement import insert_rows
from crmcore.importing.row_writer import Described, RowWriter, Written
from crmcore.importing.run import COUNTERS
from crmcore.importing.sheet import Row
from crmcore.importing.tables import ImportRow, ImportRun
from crmcore.secrets.keyring import KeyRing

# Fewer make a commit per row felt (2 ms with FULL), more make others wait: SQLite has one writer.
MOST_ROWS = 200
MOST_S = 0.25
FIRST_ROWS = 20


class Stopped(Exception):
    """The import was cancelled, or somebody else works on it now."""


class _NotKept(Exception):
    """Takes a dry run's batch back."""


class Batches:
    """Works through the rows of one run under one lease."""

    def __init__(
        self,
        *,
        database: Database,
        keys: KeyRing,
        clock: Clock,
        run: UUID,
        lease: UUID,
        dry_run: bool,
        sensitive: frozenset[str],
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._run = run
        self._lease = lease
        self._dry_run = dry_run
        self._sensitive = sensitive

    async def work(self, rows: Iterator[Row], writer: RowWriter) -> AsyncIterator[dict[str, int]]:
        """Yield the counters' growth after each committed batch. Raises :class:`Stopped`."""
        ahead = FIRST_ROWS
        while batch := await asyncio.to_thread(lambda: list(islice(rows, MOST_ROWS))):
            described = writer.documents(batch)
            place = 0
            while place < len(batch):
                written = await self._batch(described[place : place + ahead], writer)
                place += len(written)
                # What is looked up ahead and not written is looked up again.
                ahead = min(max(2 * len(written), FIRST_ROWS), MOST_ROWS)
                yield counted(written)

    async def tried(self, rows: Sequence[Row], writer: RowWriter) -> list[Written]:
        """Return what would become of ``rows``, all of them; nothing is written."""
        written: list[Written] = []
        described = writer.documents(rows)
        while len(written) < len(rows):
            try:
                async with self._database.transaction():
                    written += await self._rows(described[len(written) :], writer)
                    raise _NotKept
            except _NotKept:
                continue
        return written

    async def _batch(self, rows: Sequence[Described], writer: RowWriter) -> list[Written]:
        if not self._dry_run:
            async with self._database.transaction():
                await self._fence()
                written = await self._rows(rows, writer)
                await self._note(written)
            return written
        written = []
        try:
            async with self._database.transaction():
                written = await self._rows(rows, writer)
                raise _NotKept
        except _NotKept:
            # What a dry run remembers is written after its rows were taken back.
            async with self._database.transaction():
                await self._fence()
                await self._note(_left(written), written)
        return written

    async def _rows(self, rows: Sequence[Described], writer: RowWriter) -> list[Written]:
        return await writer.write(rows, time.monotonic() + MOST_S)

    async def _fence(self) -> None:
        """Lock the run; raises Stopped unless it is still ours to work on."""
        rows = (
            await ImportRun.update({ImportRun.updated_at: self._clock()}, force=True)
            .where(ImportRun.id == self._run, ImportRun.lease == self._lease, ImportRun.state == "running")
            .returning(ImportRun.id)
        )
        if not rows:
            raise Stopped

    async def _note(self, kept: Sequence[Written], written: Sequence[Written] | None = None) -> None:
        rows = [self._row(row) for row in kept if row.outcome != "unchanged"]
        if rows:
            await insert_rows(ImportRow, *rows)
        written = kept if written is None else written
        counts = counted(written)
        values: dict[Any, Any] = {
            getattr(ImportRun, name): getattr(ImportRun, name) + number
            for name, number in counts.items()
            if number
        }
        values[ImportRun.position] = written[-1].row
        await ImportRun.update(values, force=True).where(ImportRun.id == self._run)

    def _row(self, written: Written) -> dict[str, Any]:
        id = uuid7(self._clock())
        row: dict[str, Any] = {
            "id": id,
            "run": self._run,
            "row": written.row,
            "outcome": written.outcome,
            "record_id": written.record_id,
            "version": written.version,
            "made": written.made,
        }
        if written.problems:
            row["problems"] = msgspec.json.encode(written.problems, enc_hook=str).decode()
        if written.changes:
            changes = msgspec.json.encode(written.changes, enc_hook=str).decode()
            hidden = self._sensitive & written.changes.keys()
            row["changes"] = self._keys.encrypt(changes, *place_of(id)) if hidden else changes
        return row


def _left(written: Sequence[Written]) -> list[Written]:
    """Return the rows of a dry run that are told of; records that were taken back with their batch are nowhere."""
    made = {row.record_id for row in written if row.outcome == "created"}
    return [
        msgspec.structs.replace(row, record_id=None) if row.record_id in made else row
        for row in written
        if row.outcome in ("refused", "skipped")
    ]


def place_of(id: UUID) -> tuple[str, str, str]:
    """Return the context in which the changes of an import's row are encrypted."""
    return "import_row", "changes", str(id)


def counted(written: Sequence[Written]) -> dict[str, int]:
    """Return how many rows ended how."""
    counts = dict.fromkeys(COUNTERS, 0)
    for row in written:
        counts[row.outcome] += 1
    return counts
