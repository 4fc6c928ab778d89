"""The history of a record: who changed what, when and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.database.statement import insert_rows
from crmcore.records.reasons import said_reason, stored_reason
from crmcore.records.tables import History

REVEAL = "reveal"
"""The action of an entry that says who has looked at a sensitive value; nothing was changed."""


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One change: ``changes`` maps each field to ``[before, after]``."""

    at: datetime
    action: str
    version: int
    changes: dict[str, list[Any]]
    actor_kind: str
    actor_id: str
    actor_label: str
    reason: str
    plugin_version: str = ""


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what differs between two documents, custom values by their own keys (``custom.tier``)."""
    changes: dict[str, list[Any]] = {}
    for name in after.keys() | before.keys():
        if name in ("id", "version", "created_at", "updated_at"):
            continue
        old, new = before.get(name), after.get(name)
        if name == "custom":
            inner = difference(old or {}, new or {})
            changes.update({f"custom.{key}": pair for key, pair in inner.items()})
        elif old != new:
            changes[name] = [old, new]
    return changes


async def remember(record_type: str, record_id: UUID, **told: Any) -> None:
    """Write one row of the history, as :func:`history_row` takes it, in the caller's transaction."""
    await insert_rows(History, history_row(record_type, record_id, **told), along=True)


async def remember_all(rows: Sequence[dict[str, Any]]) -> None:
    """Write what :func:`history_row` made, in the caller's transaction."""
    await insert_rows(History, *rows, along=len(rows) == 1)


def history_row(
    record_type: str,
    record_id: UUID,
    *,
    version: int,
    action: str,
    changes: dict[str, list[Any]],
    actor: Actor,
    reason: str,
    at: datetime,
    plugin_version: str = "",
) -> dict[str, Any]:
    """Return one row of the history; ``plugin_version`` is that of a plugin that wrote."""
    return {
        "record_type": record_type,
        "record_id": record_id,
        "version": version,
        "action": action,
        "changes": msgspec.json.encode(changes).decode(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_label": actor.label[:200],
        "reason": stored_reason(reason),
        "plugin_version": plugin_version[:40],
        "at": at,
    }


async def history_of(
    record_type: str, record_id: UUID, limit: int = 50, language: str = "en"
) -> list[HistoryEntry]:
    """Return the newest ``limit`` changes of a record, newest first, their reasons in ``language``."""
    rows = (
        await History.select()
        .where(History.record_type == record_type, History.record_id == record_id)
        .order_by(History.at, History.id, ascending=False)
        .limit(limit)
    )
    return [
        HistoryEntry(
            changes=msgspec.json.decode(row["changes"]),
            reason=said_reason(row["reason"], language),
            **{
                name: row[name]
                for name in HistoryEntry.__struct_fields__
                if name not in ("changes", "reason")
            },
        )
        for row in rows
    ]
