"""Records as a plugin reads and writes them: through the gate, under its own name."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.contracts.views import RecordPage
from crmcore.errors import CrmError, Forbidden, NotFound
from crmcore.records.query import MAX_LIMIT, ListQuery
from crmcore.records.service import Records


class RecordsOfPlugin:
    """Implements :class:`crmcore.PluginRecords` for one plugin."""

    def __init__(self, records: Records, plugin: str, reader: Actor | None = None) -> None:
        """``reader`` is whose eyes the plugin reads with, itself when left out."""
        self._records = records
        self._plugin = plugin
        self._actor = plugin_actor(plugin)
        self._reader = reader or self._actor

    def seen_by(self, actor: Actor) -> "RecordsOfPlugin":
        """Return the same records as ``actor`` sees them; writes stay the plugin's."""
        return RecordsOfPlugin(self._records, self._plugin, actor)

    async def get(self, record_type: str, id: UUID) -> Record | None:
        """Return the record, or None when there is none."""
        try:
            return await self._records.get(record_type, id, actor=self._reader)
        except (NotFound, Forbidden):
            return None

    async def find(
        self, record_type: str, filter: Mapping[str, Any] | None = None, *, limit: int = 50
    ) -> Sequence[Record]:
        """Return up to ``limit`` (at most 200) records that ``filter`` finds."""
        query = ListQuery(filter=dict(filter) if filter is not None else None, limit=min(max(limit, 1), 200))
        try:
            return (await self._records.list(record_type, query, actor=self._reader)).items
        except Forbidden:
            return []

    async def page(
        self,
        record_type: str,
        filter: Mapping[str, Any] | None = None,
        *,
        cursor: str = "",
        limit: int = MAX_LIMIT,
    ) -> RecordPage:
        """Return one page of what ``filter`` finds, oldest first: an order that no change of a record disturbs."""
        query = ListQuery(
            filter=dict(filter) if filter is not None else None,
            sort="created_at",
            cursor=cursor,
            limit=min(max(limit, 1), MAX_LIMIT),
        )
        try:
            page = await self._records.list(record_type, query, actor=self._reader)
        except Forbidden:
            return RecordPage(items=())
        return RecordPage(items=page.items, next=page.next or "")

    async def count(self, record_type: str, filter: Mapping[str, Any] | None = None) -> int:
        """Return how many records ``filter`` finds."""
        query = ListQuery(filter=dict(filter) if filter is not None else None)
        try:
            return await self._records.count(record_type, query, actor=self._reader)
        except Forbidden:
            return 0

    async def schema(self, record_type: str, language: str = "en") -> JsonSchema:
        """Return the record type's JSON Schema with its custom fields."""
        return await self._records.schema(record_type, language, actor=self._reader)

    async def create(self, record_type: str, document: Mapping[str, Any], *, reason: str = "") -> Record:
        """Create a record."""
        return await self._records.create(record_type, document, actor=self._actor, reason=reason)

    async def update(
        self,
        record_type: str,
        id: UUID,
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
        reason: str = "",
    ) -> Record:
        """Change a record."""
        return await self._records.update(
            record_type, id, changes, actor=self._actor, version=version, reason=reason
        )

    async def update_many(
        self, record_type: str, changes: Mapping[UUID, Mapping[str, Any]], *, reason: str = ""
    ) -> Mapping[UUID, tuple[Problem, ...]]:
        """Change many records; the plugin is not told of what it changes. Return what was refused, and why."""
        refused = await self._records.update_many(
            record_type, changes, actor=self._actor, reason=reason, untold=self._plugin
        )
        return {id: _problems(error) for id, error in refused.items()}

    async def delete(self, record_type: str, id: UUID, *, reason: str = "") -> None:
        """Delete a record."""
        await self._records.delete(record_type, id, actor=self._actor, reason=reason)


def _problems(error: CrmError) -> tuple[Problem, ...]:
    return tuple(error.problems) or (Problem(code=error.code, message=error.message),)
