"""The search index has every record as it is, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from crmcore.contracts.records import RecordType
from crmcore.conversations.tables import Message
from crmcore.records.scope import has_column
from crmcore.search.entry import MESSAGE
from crmcore.search.indexer import is_searched
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def search_index(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Make the entries of all records anew and compare them with those that are stored.

    Nobody finds what is deleted, and the tombstone of a merge keeps the words that it gets back when it is undone.
    """
    for key, record_type in crm.records.types.items():
        if not is_searched(record_type) and key != MESSAGE:
            continue
        after = None
        while True:
            compared = await crm.search_rebuild.compare(key, after)
            yield Looked(compared.entries)
            for id in await _shown(record_type, compared.differing):
                yield f"{key} {id}", "it is not in the search index as it is stored: crmcore search rebuild"
            after = compared.last
            if after is None:
                break


async def _shown(record_type: RecordType, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of ``ids`` that are neither deleted nor erased."""
    if not ids:
        return []
    if record_type.key == MESSAGE:
        # What an erasure leaves in place of a message needs no entry.
        rows = await Message.select(Message.id, Message.said).where(Message.id.is_in(list(ids)))
        erased = {row["id"] for row in rows if _is_erased(row["said"])}
        return [id for id in ids if id not in erased]
    if not has_column(record_type, "deleted_at"):
        return list(ids)
    key, deleted = (
        record_type.table._meta.primary_key,
        record_type.table._meta.get_column_by_name("deleted_at"),
    )
    rows = await record_type.table.select(key).where(key.is_in(list(ids)), deleted.is_not_null())
    gone = {row[key._meta.name] for row in rows}
    return [id for id in ids if id not in gone]


def _is_erased(said: str) -> bool:
    line = msgspec.json.decode(said).get("text")
    return isinstance(line, dict) and line.get("code") == "erased"
