"""Saved views as plugins see them: the shared ones, as segments of records."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.records import Record


class RecordPage(Struct, frozen=True, kw_only=True):
    """A part of many records; ``next`` is the cursor of what follows, empty at the end."""

    items: Sequence[Record]
    next: str = ""


class RecordView(Struct, frozen=True, kw_only=True):
    """A shared saved view: a named question of one record type's list."""

    id: UUID
    name: str
    record_type: str


class PluginViews(Protocol):
    """The saved views that are shared. Private ones stay their owners'."""

    async def list(self, record_type: str) -> Sequence[RecordView]:
        """Return the shared views of ``record_type`` by name."""
        ...

    async def page(self, view: UUID, *, cursor: str = "", limit: int = 200) -> RecordPage:
        """Return up to ``limit`` (at most 200) records that the view finds, oldest first.

        Raises NotFound when the view is gone or no longer shared, Invalid when it asks for a field that is gone.
        """
        ...
