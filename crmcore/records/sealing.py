"""Fields that became sensitive, or ceased to be: the values that records have already follow, as a job."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column

from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.events.tables import EventRow
from crmcore.records.catalog import FieldCatalog
from crmcore.records.definition import Definition
from crmcore.records.sealed import DOTS, HIDDEN
from crmcore.records.sealed_column import CustomColumn
from crmcore.records.tables import CustomFieldRow, History, IdempotentAnswer
from crmcore.secrets.rotation import Rotation

BATCH = 200
Reindex = Callable[[str, Any, UUID | None], Awaitable[UUID | None]]
Clean = Callable[[dict[str, Any], Any], Any]


class FieldSealing:
    """Brings stored values to what their fields want; goes on where it was stopped."""

    def __init__(
        self,
        *,
        database: Database,
        catalog: FieldCatalog,
        rotation: Rotation,
        reindex: Reindex,
    ) -> None:
        """``reindex`` brings a batch of records' words up to date and returns from where to go on."""
        self._database = database
        self._catalog = catalog
        self._rotation = rotation
        self._reindex = reindex

    async def run(self) -> dict[str, int]:
        """Seal or open what is not as its field wants it; return how many rows changed, by record type."""
        changed = {}
        for key, registered in self._catalog.record_types.items():
            definitions = await self._catalog.of(key) if registered.item.custom_fields else ()
            due = [item for item in definitions if not item.dormant and item.sensitive != item.sealed]
            if due:
                changed[key] = await self._settle(registered.item, due)
        return changed

    async def _settle(self, record_type: RecordType, due: list[Definition]) -> int:
        changed = 0
        for place in self._rotation.places:
            mine = isinstance(place, CustomColumn) and place.record_type.key == record_type.key
            if mine or (place.follows_fields and not isinstance(place, CustomColumn)):
                changed += await self._rotation.run_place(place)
        hidden = [item for item in due if item.sensitive]
        for definition in hidden:
            await self._forget(record_type, definition)
        # A value is found by its words as long as readers see it.
        await self._note([item for item in due if not item.sensitive])
        if any(item.filterable for item in due):
            after: UUID | None = None
            while (after := await self._reindex(record_type.key, None, after)) is not None:
                pass
        await self._note(hidden)
        return changed

    async def _note(self, definitions: list[Definition]) -> None:
        for definition in definitions:
            await CustomFieldRow.update({CustomFieldRow.sealed: definition.sensitive}).where(
                CustomFieldRow.id == definition.id, CustomFieldRow.version == definition.version
            )
        self._catalog.forget()

    async def _forget(self, record_type: RecordType, definition: Definition) -> None:
        """Take the clear values out of what was written when the field was not sensitive yet."""
        key = definition.key
        name = f"custom.{key}"

        def changes(row: dict[str, Any], value: Any) -> Any:
            pair = value.get(name)
            return {**value, name: [HIDDEN if item else item for item in pair]} if pair else value

        def event(row: dict[str, Any], value: Any) -> Any:
            return {**value, "changes": changes(row, value.get("changes") or {})}

        def answer(row: dict[str, Any], value: Any) -> Any:
            custom = value.get("custom") if isinstance(value, dict) else None
            return {**value, "custom": {**custom, key: DOTS}} if custom and custom.get(key) else value

        mine = record_type.key
        # The audit's chain then knows that these rows lost words, and why.
        noted: dict[Column | str, Any] = {History.redacted_by: definition.id}
        await self._rewrite(History.changes, f'%"{name}"%', changes, History.record_type == mine, noted)
        await self._rewrite(EventRow.payload, f'%"{name}"%', event, EventRow.record_type == mine)
        await self._rewrite(IdempotentAnswer.body, "", answer, None)

    async def _rewrite(
        self,
        column: Column,
        pattern: str,
        clean: Clean,
        condition: Any,
        noted: dict[Column | str, Any] | None = None,
    ) -> None:
        table, last = column._meta.table, None
        id = table._meta.primary_key
        while True:
            async with self._database.transaction():
                query = table.select(id, column).order_by(id).limit(BATCH)
                if condition is not None:
                    query = query.where(condition)
                if last is not None:
                    query = query.where(id > last)
                rows = await query
                for row in rows:
                    stored = row[column._meta.name]
                    new = _cleaned(row, stored, pattern.strip("%"), clean)
                    if new != stored:
                        await table.update({column: new, **(noted or {})}, force=True).where(id == row["id"])
            if len(rows) < BATCH:
                return
            last = rows[-1]["id"]


def _cleaned(row: dict[str, Any], stored: Any, mark: str, clean: Clean) -> Any:
    text = stored if isinstance(stored, str) else bytes(stored).decode("utf-8", "replace")
    if mark not in text:
        return stored
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return stored
    new = clean(row, value)
    if new == value:
        return stored
    encoded = msgspec.json.encode(new)
    return encoded.decode() if isinstance(stored, str) else encoded
