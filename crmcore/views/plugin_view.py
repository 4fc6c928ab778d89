"""Saved views as a plugin reads them: the shared ones alone."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from crmcore.contracts.actors import plugin_actor
from crmcore.contracts.views import RecordPage, RecordView
from crmcore.errors import NotFound
from crmcore.records.query import MAX_LIMIT, ListQuery
from crmcore.records.service import Records
from crmcore.views.tables import SavedView


class ViewsOfPlugin:
    """Implements :class:`crmcore.PluginViews` for one plugin."""

    def __init__(self, records: Records, plugin: str) -> None:
        self._records = records
        self._actor = plugin_actor(plugin)

    async def list(self, record_type: str) -> Sequence[RecordView]:
        """Return the shared views of ``record_type`` by name."""
        rows = (
            await SavedView.select(SavedView.id, SavedView.name, SavedView.record_type)
            .where(SavedView.record_type == record_type, SavedView.shared.eq(True))
            .order_by(SavedView.name, SavedView.id)
        )
        return [RecordView(**row) for row in rows]

    async def page(self, view: UUID, *, cursor: str = "", limit: int = MAX_LIMIT) -> RecordPage:
        """Return one page of what the view finds, oldest first: an order that no change of a record disturbs."""
        row = await SavedView.select().where(SavedView.id == view, SavedView.shared.eq(True)).first()
        if row is None or row["record_type"] not in self._records.types:
            raise NotFound()
        query = msgspec.structs.replace(
            msgspec.json.decode(row["query"], type=ListQuery),
            sort="created_at",
            cursor=cursor,
            limit=min(max(limit, 1), MAX_LIMIT),
            fields=None,
        )
        page = await self._records.list(row["record_type"], query, actor=self._actor)
        return RecordPage(items=page.items, next=page.next or "")
