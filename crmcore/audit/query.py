"""What the audit is asked and what it answers."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.records.reasons import said_reason
from crmcore.records.tables import History

_SHORT = Meta(max_length=64)
EXPORT_BATCH = 500


class AuditQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries: of one actor, one kind of thing, one thing, one action, between two moments."""

    actor: Annotated[str, _SHORT] = ""
    record_type: Annotated[str, _SHORT] = ""
    record_id: UUID | None = None
    action: Annotated[str, _SHORT] = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One entry. ``subject`` names what has no record (a plugin, a token); ``changes`` map to [before, after].

    ``seal`` is the number of the seal that covers it, None for the newest; ``redacted_by`` is the entry that took
    its words away.
    """

    id: UUID
    at: datetime
    action: str
    record_type: str
    record_id: UUID
    subject: str
    version: int
    changes: dict[str, Any]
    actor_kind: str
    actor_id: str
    actor_label: str
    plugin_version: str
    reason: str
    address: str
    seal: int | None
    redacted_by: UUID | None


async def audit_page(
    query: AuditQuery, *, limit: int, before: UUID | None = None, language: str = "en"
) -> tuple[list[AuditEntry], UUID | None]:
    """Return the newest ``limit`` entries that fit, below the entry ``before``, and where the next page begins."""
    rows = await _select(query, before).limit(limit + 1)
    entries = [_entry(row, language) for row in rows[:limit]]
    return entries, entries[-1].id if len(rows) > limit else None


async def audit_entries(query: AuditQuery, language: str = "en") -> AsyncIterator[AuditEntry]:
    """Yield every entry that fits, the newest first, in constant memory."""
    before: UUID | None = None
    while True:
        rows = await _select(query, before).limit(EXPORT_BATCH)
        for row in rows:
            yield _entry(row, language)
        if len(rows) < EXPORT_BATCH:
            return
        before = rows[-1]["id"]


def _select(query: AuditQuery, before: UUID | None) -> Any:
    asked = {
        History.actor_id: query.actor,
        History.record_type: query.record_type,
        History.record_id: query.record_id,
        History.action: query.action,
    }
    conditions = [column == value for column, value in asked.items() if value]
    if query.since is not None:
        conditions.append(History.at >= query.since)
    if query.until is not None:
        conditions.append(History.at < query.until)
    if before is not None:
        conditions.append(History.id < before)
    return History.select().where(*conditions).order_by(History.id, ascending=False)


def _entry(row: dict[str, Any], language: str) -> AuditEntry:
    changes = row["changes"]
    decoded = msgspec.json.decode(changes) if isinstance(changes, str | bytes) else changes
    rest = {name: row[name] for name in AuditEntry.__struct_fields__ if name != "changes"}
    rest["reason"] = said_reason(row["reason"], language)
    return AuditEntry(changes=decoded, **rest)
