"""Exports: what a list finds, as a file, within what the actor may see."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta, Struct

from crmcore.audit.note import note
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.exporting.columns import Column, columns_of, possible_columns
from crmcore.exporting.csv_file import CsvFile
from crmcore.exporting.xlsx_file import MEDIA_TYPE, XlsxFile
from crmcore.records.catalog import FieldCatalog
from crmcore.records.query import MAX_LIMIT, ListQuery
from crmcore.records.scope import demand
from crmcore.records.service import Records
from crmcore.views.service import Views

if TYPE_CHECKING:
    from crmcore.workspace import Crm

READ = "export.read"
BLOCK = 262_144

_OTHER_VIEW: Label = {
    "en": "This view is of other records.",
    "ru": "Этот вид — для других записей.",
}

Progress = Callable[[int, int], Awaitable[None] | None]
"""Told after every page how many records are written, and how many there are."""


class ExportSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to export and how: a list's question, or a saved view with it; columns by name (None: all).

    ``labels`` puts the fields' labels above the columns instead of their names.
    """

    format: Literal["csv", "xlsx"] = "csv"
    query: ListQuery = msgspec.field(default_factory=ListQuery)
    view: UUID | None = None
    columns: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=500)] | None = None
    labels: bool = False
    delimiter: Literal[",", ";", "\t"] = ","


class Export(Struct, frozen=True, kw_only=True):
    """A file on its way out: its name, its type, and its bytes in pieces."""

    name: str
    media_type: str
    pieces: AsyncIterator[bytes]


class _Table(Protocol):
    def add(self, values: list[Any]) -> None: ...


class Exports:
    """The exports of one workspace.

    Every page is read within the actor's scope, as lists are, and like there sensitive values are masked.
    """

    def __init__(
        self, records: Records, catalog: FieldCatalog, views: Views, folder: Path, clock: Clock
    ) -> None:
        self._records = records
        self._clock = clock
        self._catalog = catalog
        self._views = views
        self._folder = folder

    @classmethod
    def of(cls, crm: "Crm") -> "Exports":
        """Return the exports of a workspace; workbooks are made in its data folder before they are sent."""
        return cls(crm.records, crm.catalog, crm.views, crm.settings.data_path / "exports", crm.clock)

    async def prepare(
        self, record_type: str, settings: ExportSettings, *, actor: Actor, progress: Progress | None = None
    ) -> Export:
        """Return the file; raises Forbidden, and Invalid with every path, before its first byte.

        The bytes are read page by page in constant memory; what is written meanwhile may be in it or not.
        """
        kind, query, columns = await self._checked(record_type, settings, actor)
        headings = [column.heading(settings.labels, actor.language) for column in columns]
        rows = self._rows(kind, query, columns, actor, progress)
        if settings.format == "xlsx":
            pieces, media_type = self._xlsx(rows, headings, columns), MEDIA_TYPE
        else:
            pieces, media_type = _csv(rows, headings, settings.delimiter), CsvFile.media_type
        name = f"{kind.plural}.{settings.format}"
        asked: dict[str, Any] = {"filter": query.filter, "q": query.q}
        told = {key: [None, value] for key, value in asked.items() if value}
        await note(self._clock, "export", kind.key, name, actor=actor, changes=told)
        return Export(name=name, media_type=media_type, pieces=pieces)

    async def check(self, record_type: str, settings: ExportSettings, *, actor: Actor) -> list[Column]:
        """Raise what :meth:`prepare` would; return the columns that the file would have."""
        return (await self._checked(record_type, settings, actor))[2]

    async def _checked(
        self, record_type: str, settings: ExportSettings, actor: Actor
    ) -> tuple[RecordType, ListQuery, list[Column]]:
        demand(actor, READ)
        kind = self._records.record_type(record_type)
        demand(actor, f"{kind.key}.read")
        query = await self._query(kind, settings, actor)
        await self._records.check(kind.key, query, actor=actor)
        definitions = await self._catalog.of(kind.key) if kind.custom_fields else ()
        hidden = await self._records.hidden(kind.key, actor=actor)
        return kind, query, columns_of(kind, list(definitions), settings.columns, hidden)

    async def possible(self, record_type: str, *, actor: Actor) -> list[Column]:
        """Return every column that ``actor`` may export, in the order of the fields."""
        kind = self._records.record_type(record_type)
        demand(actor, f"{kind.key}.read")
        definitions = await self._catalog.of(kind.key) if kind.custom_fields else ()
        hidden = await self._records.hidden(kind.key, actor=actor)
        return [column for column in possible_columns(kind, list(definitions)) if column.name not in hidden]

    async def _query(self, kind: RecordType, settings: ExportSettings, actor: Actor) -> ListQuery:
        query = settings.query
        if settings.view is not None:
            view = await self._views.get(settings.view, actor=actor)
            if view.record_type != kind.key:
                raise Invalid(problems=(Problem(path="/view", code="other_view", message=_OTHER_VIEW),))
            filters = [part for part in (view.query.filter, query.filter) if part is not None]
            query = msgspec.structs.replace(
                query,
                q=query.q or view.query.q,
                sort=query.sort or view.query.sort,
                filter={"all": filters} if len(filters) > 1 else filters[0] if filters else None,
            )
        sort = query.sort or ("created_at" if "created_at" in kind.sorts else "")
        return msgspec.structs.replace(query, sort=sort, limit=MAX_LIMIT, cursor="", fields=None)

    async def _rows(
        self,
        kind: RecordType,
        query: ListQuery,
        columns: list[Column],
        actor: Actor,
        progress: Progress | None,
    ) -> AsyncIterator[list[list[Any]]]:
        """Yield pages of rows, each page a query of its own that begins behind the last one."""
        total = await self._records.count(kind.key, query, actor=actor) if progress else 0
        done = 0
        while True:
            page = await self._records.list(kind.key, query, actor=actor)
            yield [[column.value(record.document) for column in columns] for record in page.items]
            done += len(page.items)
            if progress:
                told = progress(done, max(done, total))
                if told is not None:
                    await told
            if page.next is None:
                return
            query = msgspec.structs.replace(query, cursor=page.next)

    async def _xlsx(
        self, rows: AsyncIterator[list[list[Any]]], headings: list[str], columns: list[Column]
    ) -> AsyncIterator[bytes]:
        """Write the workbook to a file of its own, then yield it: its directory stands at its end."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / f"export-{uuid4().hex}.xlsx"
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            book = XlsxFile(file, headings, [column.day for column in columns])
            try:
                async for page in rows:
                    await asyncio.to_thread(_add_all, book, page)
            finally:
                await asyncio.to_thread(book.close)
            with file.open("rb") as stream:
                while block := await asyncio.to_thread(stream.read, BLOCK):
                    yield block
        finally:
            file.unlink(missing_ok=True)


async def _csv(
    rows: AsyncIterator[list[list[Any]]], headings: list[str], delimiter: str
) -> AsyncIterator[bytes]:
    table = CsvFile(headings, delimiter)
    async for page in rows:
        _add_all(table, page)
        yield table.taken()


def _add_all(table: _Table, rows: list[list[Any]]) -> None:
    for row in rows:
        table.add(row)
