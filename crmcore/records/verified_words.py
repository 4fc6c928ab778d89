"""Words looked for by somebody who does not see all fields: a find counts when what he sees has the words."""

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.records.catalog import FieldCatalog
from crmcore.records.scope import selected, visible
from crmcore.search.entry import make_entry
from crmcore.search.indexer import Indexer
from crmcore.search.question import Question
from crmcore.search.words import Stems

if TYPE_CHECKING:
    from crmcore.records.reading import Reader


class VerifiedWords:
    """Holds finds of the index, which knows every field, against documents as their reader sees them."""

    def __init__(self, reader: "Reader", catalog: FieldCatalog) -> None:
        self._reader = reader
        self._indexer = Indexer(catalog)
        self._stems = Stems()

    async def titles(
        self, record_type: RecordType, ids: Collection[UUID], question: Question, actor: Actor
    ) -> dict[UUID, str]:
        """Return those of ``ids`` that have the words in fields that ``actor`` sees, with their titles."""
        if not ids:
            return {}
        key = record_type.table._meta.primary_key
        rows = await selected(record_type).where(key.is_in(list(ids)), *visible(record_type, actor))
        found = {}
        for record in await self._reader.records(record_type, rows, actor=actor):
            parts = await self._indexer.parts(record_type, record.document)
            title = record_type.title(record.document)
            entry = make_entry(
                record_type.key,
                record.id,
                parts,
                title=title,
                created_at=record.document["created_at"],
                stems=self._stems,
            )
            if question.is_in(entry.words.split()):
                found[record.id] = title
        return found
