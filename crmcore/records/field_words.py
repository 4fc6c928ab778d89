"""Words of custom fields in the search: they leave with their field, and come back with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from piccolo.columns.combination import WhereRaw

from crmcore.records.catalog import RECHECK_AFTER_S, FieldCatalog
from crmcore.records.custom_filters import has_value
from crmcore.records.definition import Definition
from crmcore.records.scope import has_column
from crmcore.records.tables import CustomFieldRow

Reindex = Callable[[str, Any, UUID | None], Awaitable[UUID | None]]
Later = Callable[[Mapping[str, str], float], Awaitable[Any]]
"""Puts a job down that calls :meth:`FieldWords.turn` with a payload, so many seconds from now at the earliest."""
# Batches that are brought up to date before a change of a field is answered, some 500 records each; a job does all.
AT_ONCE = 2
# Values of these formats are compared, not read.
_NOT_WORDS = frozenset({"date", "time", "date-time", "uuid"})


def has_words(definition: Definition) -> bool:
    """Tell whether records are found by the words of this field: texts that can be filtered by."""
    schema = definition.schema
    if not definition.filterable or schema.get("format") in _NOT_WORDS or schema.get("writeOnly"):
        return False
    kind = schema.get("type")
    return kind == "string" or (kind == "array" and schema.get("items", {}).get("type") == "string")


class FieldWords:
    """Brings the index in step with a field that was retired, restored, or is searched no more."""

    def __init__(self, catalog: FieldCatalog, engine: str, reindex: Reindex, later: Later) -> None:
        """``reindex`` brings a batch of records' words up to date and returns from where to go on."""
        self._catalog = catalog
        self._engine = engine
        self._reindex = reindex
        self._later = later

    async def note(self, definition: Definition) -> None:
        """Put a job down in the open transaction, which sees every record that has a value."""
        # Other processes know the change by then and write no more words of the old kind.
        await self._later({"field": str(definition.id)}, RECHECK_AFTER_S + 1)

    async def note_gone(self, record_type: str, key: str) -> None:
        """Put a job down in the open transaction, which deletes the definition of a field and leaves its values."""
        await self._later({"record_type": record_type, "key": key}, RECHECK_AFTER_S + 1)

    async def begin_gone(self, record_type: str, key: str) -> None:
        """Take the words of such a field from the first records at once, after its definition was deleted."""
        self._catalog.forget()
        await self._first(record_type, key)

    async def begin(self, definition: Definition) -> None:
        """Bring the first records up to date at once, after the change was stored."""
        await self._first(definition.record_type, definition.key)

    async def turn(self, payload: Mapping[str, Any]) -> None:
        """Do a batch of the job, and put the next one down."""
        field = {name: payload[name] for name in ("field", "record_type", "key") if name in payload}
        if "field" in field:
            rows = await CustomFieldRow.select().where(CustomFieldRow.id == UUID(field["field"]))
            if not rows:
                return
            record_type, key = rows[0]["record_type"], rows[0]["key"]
        else:
            record_type, key = field["record_type"], field["key"]
        last = await self._batch(record_type, key, UUID(payload["after"]) if "after" in payload else None)
        if last is not None:
            await self._later({**field, "after": str(last)}, 0)

    async def _first(self, record_type: str, key: str) -> None:
        after: UUID | None = None
        for _ in range(AT_ONCE):
            after = await self._batch(record_type, key, after)
            if after is None:
                return

    async def _batch(self, record_type: str, key: str, after: UUID | None) -> UUID | None:
        registered = self._catalog.record_types.get(record_type)
        if registered is None or not has_column(registered.item, "search_text"):
            return None
        column = f'"{registered.item.table._meta.tablename}"."custom"'
        return await self._reindex(record_type, WhereRaw(has_value(key, column, self._engine)), after)
