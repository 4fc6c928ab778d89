"""The stored values of one custom field, in all records that have one."""

import asyncio
import csv
import gzip
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.columns.combination import WhereRaw

from crmcore.contracts.records import RecordType
from crmcore.records.columns import decoded
from crmcore.records.custom_filters import expression, in_members, present, stored_form
from crmcore.records.definition import Definition
from crmcore.records.scope import selected
from crmcore.records.sealed import SealedValues

BATCH = 500


class StoredValue(Struct, frozen=True, kw_only=True):
    """One record's value of the field."""

    id: UUID
    title: str
    value: Any


class FieldValues:
    """Reads and removes the values of ``definition`` whatever became of it; deleted records are included."""

    def __init__(
        self, record_type: RecordType, definition: Definition, engine: str, sealed: SealedValues
    ) -> None:
        self._sealed = sealed
        self._type = record_type
        self._definition = definition
        self._engine = engine
        self._column = f'"{record_type.table._meta.tablename}"."custom"'

    async def page(self, after: UUID | None, limit: int, *conditions: Any) -> list[StoredValue]:
        """Return the next values behind the record ``after``, in the order of the records' ids.

        Sensitive ones are masked.
        """
        table, key = self._type.table._meta.tablename, self._definition.key
        return [
            msgspec.structs.replace(
                stored,
                value=self._sealed.masked(table, stored.id, {key: stored.value}, [self._definition])[key],
            )
            for stored in await self._stored(after, limit, *conditions)
        ]

    async def opened(self) -> AsyncIterator[StoredValue]:
        """Return every value, sensitive ones opened, in batches of constant memory."""
        table, key = self._type.table._meta.tablename, self._definition.key
        async for stored in self._all():
            opened = self._sealed.opened(table, stored.id, {key: stored.value})
            yield msgspec.structs.replace(stored, value=opened[key])

    async def _stored(self, after: UUID | None, limit: int, *conditions: Any) -> list[StoredValue]:
        key = self._type.table._meta.primary_key
        query = selected(self._type).where(
            WhereRaw(present(self._definition, self._column, self._engine)), *conditions
        )
        rows = await (query if after is None else query.where(key > after)).order_by(key).limit(limit)
        found = []
        for row in rows:
            value = decoded(self._type, row)["custom"].get(self._definition.key)
            title = self._type.title(self._type.document(row))
            found.append(StoredValue(id=row["id"], title=title, value=value))
        return found

    async def _all(self) -> AsyncIterator[StoredValue]:
        last: UUID | None = None
        while batch := await self._stored(last, BATCH):
            for stored in batch:
                yield stored
            last = batch[-1].id

    async def count(self) -> int:
        """Return how many records have a value."""
        condition = WhereRaw(present(self._definition, self._column, self._engine))
        return int(await self._type.table.count().where(condition))

    async def in_use(self, choices: Iterable[str]) -> list[str]:
        """Return those of ``choices`` that some record has."""
        if self._definition.sensitive or self._definition.sealed:
            # What is sealed cannot be asked for: all of it is read.
            had: set[Any] = set()
            async for stored in self.opened():
                had.update(stored.value if isinstance(stored.value, list) else [str(stored.value)])
            return [choice for choice in choices if choice in had]
        used = []
        for choice in choices:
            if stored_form(self._definition) == "array":
                condition = in_members(self._definition, self._column, self._engine, [choice])
            else:
                compared = expression(self._definition, self._column, self._engine)
                condition = WhereRaw(f"{compared} = {{}}", choice)
            if await self._type.table.exists().where(condition):
                used.append(choice)
        return used

    async def export(self, file: Path) -> int:
        """Write all values into ``file`` (CSV in gzip: id, title, value as JSON); return how many.

        What is sealed stays sealed in it. The file is complete and on the disk when this returns, and is not
        there when it fails.
        """
        part = file.with_suffix(".part")
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        count = 0
        lines: list[tuple[str, str, str]] = [("id", "title", "value")]
        await asyncio.to_thread(_append, part, (), fresh=True)
        async for stored in self._all():
            lines.append((str(stored.id), stored.title, msgspec.json.encode(stored.value).decode()))
            count += 1
            if len(lines) >= BATCH:
                await asyncio.to_thread(_append, part, lines)
                lines = []
        await asyncio.to_thread(_append, part, lines)
        await asyncio.to_thread(_finish, part, file)
        return count

    async def remove(self) -> None:
        """Take the values out of all records; their versions stay, as nobody sees the field any more."""
        table = self._type.table._meta.tablename
        key = self._definition.key
        # Closed names only.
        taken = f"json_remove(custom, '$.{key}')" if self._engine == "sqlite" else f"custom - '{key}'"
        there = present(self._definition, '"custom"', self._engine)
        await self._type.table.raw(f'UPDATE "{table}" SET custom = {taken} WHERE {there}')  # noqa: S608


def _append(file: Path, lines: Iterable[tuple[str, str, str]], *, fresh: bool = False) -> None:
    with gzip.open(file, "wt" if fresh else "at", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(lines)


def _finish(part: Path, file: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
