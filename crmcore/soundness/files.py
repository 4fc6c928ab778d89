"""Stored files have their bytes, and hang on records that are there."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.files.tables import StoredFile
from crmcore.soundness.batches import batches
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_COLUMNS = (
    StoredFile.sha256,
    StoredFile.thumbnail,
    StoredFile.record_type,
    StoredFile.record,
    StoredFile.released_at,
)


async def stored_files(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Look whether the contents are there (reading them all would take hours) and the records too."""
    async for found in batches(StoredFile, *_COLUMNS):
        yield Looked(len(found))
        for row in found:
            for name in ("sha256", "thumbnail"):
                if row[name] and await crm.files.storage.written_at(row[name]) is None:
                    yield f"file {row['id']}", "its content is not in the storage"
        held: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in found:
            if row["record"] is not None and row["released_at"] is None:
                held[row["record_type"]].append(row)
        for key, rows in held.items():
            if key in crm.records.types:
                there = await _there(crm, key, {row["record"] for row in rows})
                for row in rows:
                    if row["record"] not in there:
                        yield f"file {row['id']}", f"the {key} that it hangs on is not there"


async def _there(crm: "Crm", key: str, ids: set[UUID]) -> set[UUID]:
    table = crm.records.types[key].table
    column = table._meta.primary_key
    return {row[column._meta.name] for row in await table.select(column).where(column.is_in(list(ids)))}
