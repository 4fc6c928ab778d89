"""Keeps the index in step with records: what the gate calls in the transaction of every write."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.records import Record, RecordType
from crmcore.contracts.search import SearchParts
from crmcore.records.catalog import FieldCatalog
from crmcore.records.field_words import has_words
from crmcore.records.scope import has_column
from crmcore.search.entry import Entry, make_entry
from crmcore.search.words import Stems
from crmcore.search.writing import add_entries, remove_entry, replace_entry


class Indexer:
    """Makes index entries of records: base fields as their type says, and every filterable custom text."""

    def __init__(self, catalog: FieldCatalog) -> None:
        self._catalog = catalog
        self._stems = Stems()

    async def wrote(
        self, record_type: RecordType, record: Record, before: Mapping[str, Any] | None = None
    ) -> None:
        """Index a record just written, in the open transaction; ``before`` is its document before the change."""
        if not is_searched(record_type):
            return
        now = await self.parts(record_type, record.document)
        if before is None:
            await add_entries([self._entry(record_type, record, now)])
            return
        old = await self.parts(record_type, before)
        if old == now and record_type.title(before) == record_type.title(record.document):
            return
        entry = self._entry(record_type, record, now)
        was = make_entry(
            record_type.key,
            record.id,
            SearchParts(names=old.names),
            title="",
            created_at=record.document["created_at"],
            stems=self._stems,
        )
        await replace_entry(entry, was.names)

    async def added(self, record_type: RecordType, records: Iterable[Record]) -> None:
        """Index records that are new, in the open transaction."""
        if is_searched(record_type):
            await add_entries(await self.entries(record_type, records))

    async def again(self, record_type: RecordType, record: Record) -> None:
        """Index a record whose parts were written past the gate."""
        (entry,) = await self.entries(record_type, [record])
        await replace_entry(entry)

    async def removed(self, record_type: RecordType, id: UUID) -> None:
        """Take a record that is gone for good out of the index; one that can be restored stays and is not seen."""
        if is_searched(record_type):
            await remove_entry(record_type.key, id)

    async def entries(self, record_type: RecordType, records: Iterable[Record]) -> list[Entry]:
        """Return the entries of ``records``."""
        return [
            self._entry(record_type, record, await self.parts(record_type, record.document))
            for record in records
        ]

    async def parts(self, record_type: RecordType, document: Mapping[str, Any]) -> SearchParts:
        """Return what a record is found by."""
        parts = record_type.search_parts(document)
        custom = document.get("custom")
        if not custom or not record_type.custom_fields:
            return parts
        sensitive = self._catalog.sensitive(record_type.key)
        texts = [
            text
            for field in await self._catalog.of(record_type.key)
            if has_words(field) and f"custom.{field.key}" not in sensitive
            for text in _texts(custom.get(field.key))
        ]
        return msgspec.structs.replace(parts, titles=(*parts.titles, *texts)) if texts else parts

    def _entry(self, record_type: RecordType, record: Record, parts: SearchParts) -> Entry:
        return make_entry(
            record_type.key,
            record.id,
            parts,
            title=record_type.title(record.document),
            created_at=record.document["created_at"],
            stems=self._stems,
        )


def is_searched(record_type: RecordType) -> bool:
    """Tell whether records of this type have entries: those whose table says so by ``search_text``."""
    return has_column(record_type, "search_text")


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]
