"""Moves what points at one contact to another one, and back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contacts.merged_references import move_document_back
from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.problems import Refusal
from crmcore.contracts.records import Merge, Move
from crmcore.errors import Conflict, Invalid
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed

_CHUNK = 500
_LOGGED = ("id", "contact", "kind", "normalized", "position", "is_primary")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PLUGIN_FAILED = {
    "en": "Nothing was merged, because the plugin “{plugin}” failed: {reason}",
    "ru": "Контакты не объединены из-за сбоя плагина «{plugin}»: {reason}",
}


async def move_points(kept: UUID, merged: UUID) -> list[tuple[Point, dict[str, Any]]]:
    """Move the contact points, and return all of both, the kept contact's first, as they were before."""
    rows = await ContactPoint.select().where(ContactPoint.contact.is_in([kept, merged]))
    rows.sort(key=lambda row: (row["contact"] != kept, row["position"], str(row["id"])))
    await ContactPoint.update({"contact": kept, "is_primary": False}, force=True).where(
        ContactPoint.contact == merged
    )
    return [(_point(row), {name: row[name] for name in _LOGGED}) for row in rows]


async def points_of_contact(contact: UUID) -> list[Point]:
    """Return the contact points of one contact in their order."""
    rows = (
        await ContactPoint.select()
        .where(ContactPoint.contact == contact)
        .order_by(ContactPoint.position, ContactPoint.id)
    )
    return [_point(row) for row in rows]


async def move_rows(merge: Merge, dispatch: Dispatcher) -> list[dict[str, Any]]:
    """Ask every plugin for its rows, move them, and return what the log says of them.

    Raises Invalid when a plugin refuses the merge, Conflict with the plugin's name when it fails.
    """
    logged = []
    for plugin in dispatch.implementers("merge_contacts"):
        try:
            moves = await dispatch.call_one(plugin, "merge_contacts", merge=merge)
        except Refusal as refusal:
            raise Invalid(problems=refusal.problems) from refusal
        except PluginFailed as failed:
            raise _failed(plugin, failed.sentence()) from failed
        for (table, key, column), rows in _grouped(moves or (), plugin).items():
            moved = await _repoint(table, key, column, rows, merge.merged, merge.kept)
            if moved:
                logged.append({"plugin": plugin, "table": table, "key": key, "column": column, "rows": moved})
    return logged


async def move_back(log: Mapping[str, Any]) -> None:
    """Move back what the merge log ``log`` says, as far as it still points at the kept contact."""
    for point in msgspec.json.decode(log["before"])["points"]:
        values: dict[Any, Any] = {name: point[name] for name in ("position", "is_primary")}
        if point["contact"] == str(log["merged"]):
            values["contact"] = log["merged"]
        same: Any = ContactPoint.id == UUID(point["id"])
        if "normalized" in point:
            # A contact that was deleted and restored since has its points in new rows.
            same = (ContactPoint.kind == point["kind"]) & (ContactPoint.normalized == point["normalized"])
        await ContactPoint.update(values, force=True).where(same, ContactPoint.contact == log["kept"])
    for group in msgspec.json.decode(log["moves"]):
        rows = [UUID(row) for row in group["rows"]]
        if "paths" in group:
            _check_names(group["table"], group["column"])
            await move_document_back(group, log["kept"], log["merged"])
            continue
        await _repoint(group["table"], group["key"], group["column"], rows, log["kept"], log["merged"])


async def _repoint(
    table: str, key: str, column: str, rows: Sequence[UUID], old: UUID, new: UUID
) -> list[UUID]:
    """Point ``rows`` from ``old`` to ``new`` and return those that did point at ``old``.

    By names, not by table class: a merge is undone even when the plugin of a table is gone.
    """
    _check_names(table, key, column)
    moved: list[UUID] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        places = ", ".join("{}" for _ in chunk)
        answer = await Contact.raw(
            f'UPDATE "{table}" SET "{column}" = {{}} '  # noqa: S608 - names matched above, values are parameters
            f'WHERE "{column}" = {{}} AND "{key}" IN ({places}) RETURNING "{key}"',
            new,
            old,
            *chunk,
        )
        moved += [UUID(str(row[key])) for row in answer]
    return moved


def _check_names(*names: str) -> None:
    if not all(_NAME.fullmatch(name) for name in names):
        raise Conflict()


def _grouped(moves: Iterable[Move], plugin: str) -> dict[tuple[str, str, str], list[UUID]]:
    """Return the rows to move by table, primary key and column, after checking that these exist."""
    groups: dict[tuple[str, str, str], list[UUID]] = {}
    for move in moves:
        table = move.table._meta.tablename
        columns = {column._meta.db_column_name for column in move.table._meta.columns}
        if move.column not in columns:
            raise _failed(plugin, f"{table} has no column {move.column}")
        key = move.table._meta.primary_key._meta.db_column_name
        groups.setdefault((table, key, move.column), []).append(move.row)
    return groups


def _point(row: Mapping[str, Any]) -> Point:
    return Point(kind=row["kind"], raw=row["raw"], normalized=row["normalized"])


def _failed(plugin: str, reason: str) -> Conflict:
    return Conflict(_PLUGIN_FAILED, code="plugin_failed", plugin=plugin, reason=reason)
