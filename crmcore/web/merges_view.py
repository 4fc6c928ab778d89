"""Merges into a record, as its page offers to take them back."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.records import Record

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


class MergeView(Struct, frozen=True, kw_only=True):
    """A merge that can be undone: when and by whom it was made."""

    id: UUID
    at: datetime
    by: str


async def merges_view(visit: "Visit", record: Record) -> list[MergeView]:
    """Return the merges into ``record`` that can be undone, for who may write it."""
    if not visit.actor.may(f"{record.type}.write"):
        return []
    rows = await visit.crm.contacts.merges_into(record.type, record.id)
    return [MergeView(id=row["id"], at=row["at"], by=row["actor_label"]) for row in rows]


def merge_to_undo(visit: "Visit", record_type: str) -> UUID | None:
    """Return the merge that was made just now, so that the page offers to take it back."""
    if not visit.query.get("done", "").endswith("merged") or not visit.actor.may(f"{record_type}.write"):
        return None
    try:
        return UUID(visit.query.get("undo", ""))
    except ValueError:
        return None
