"""The log that live updates are read from: the events themselves, in the order in which they became visible."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from crmcore.contracts.actors import ActorKind
from crmcore.database.statement import fetch
from crmcore.live.place import Place, mark_of, place_of, snapshot_cursor

if TYPE_CHECKING:
    from crmcore.database.database import Database

_COLUMNS = "id, name, record_type, record_id, payload, at"
# The row at the place itself comes first: it shows that this is still the same log.
_SQLITE = f"SELECT rowid AS number, {_COLUMNS} FROM event WHERE rowid >= {{}} ORDER BY rowid LIMIT {{}}"  # noqa: S608
_SQLITE_LAST = "SELECT rowid AS number, id FROM event ORDER BY rowid DESC LIMIT 1"
# Transactions do not end in the order of their numbers. What the snapshot of the last reading did not see, and this
# one sees, is what is new: none is read twice, and none that took long is missed. Numbers above this snapshot's are
# of another server, whose backup this is.
_POSTGRES = f"""
SELECT CAST(pg_current_snapshot() AS text) AS snapshot, e.*
FROM (SELECT 1 AS one) AS o LEFT JOIN LATERAL (
  SELECT written_in AS number, {_COLUMNS} FROM event
  WHERE written_in >= {{}}
  AND written_in < CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
  AND NOT pg_visible_in_snapshot(
    CAST(CAST(written_in AS text) AS xid8), CAST(CAST({{}} AS text) AS pg_snapshot)
  )
  ORDER BY written_in, id LIMIT {{}}
) AS e ON true
"""  # noqa: S608
_POSTGRES_LAST = """
SELECT CAST(pg_current_snapshot() AS text) AS snapshot, e.*
FROM (SELECT 1 AS one) AS o LEFT JOIN LATERAL (
  SELECT written_in AS number, id FROM event WHERE written_in IS NOT NULL ORDER BY written_in DESC, id DESC LIMIT 1
) AS e ON true
"""
_MARKED = {
    "sqlite": "SELECT id FROM event WHERE rowid = {}",
    "postgres": "SELECT id FROM event WHERE written_in = {}",
}


class Happened(Struct, frozen=True, kw_only=True):
    """What an event's payload says, without reading the values of its changes."""

    actor_kind: ActorKind = "system"
    actor_id: str = ""
    actor_label: str = ""
    changes: dict[str, msgspec.Raw] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


class Entry(Struct, frozen=True, kw_only=True):
    """One event of the log."""

    id: UUID
    name: str
    record_type: str
    record_id: UUID
    at: datetime
    happened: Happened


class Reading(Struct, frozen=True, kw_only=True):
    """What was new, and the place after it. With a ``gap`` there is more than was asked for, or another log."""

    entries: list[Entry]
    place: Place
    gap: bool = False


class EventLog:
    """Reads the events that were written since a place."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    async def end(self) -> Place:
        """Return the place after everything that is visible now."""
        if self._database.kind == "sqlite":
            rows = await fetch(_SQLITE_LAST)
            return _after(rows[0]) if rows else Place("0")
        (row,) = await fetch(_POSTGRES_LAST)
        mark = mark_of(row["number"], UUID(str(row["id"]))) if row["number"] is not None else ""
        return Place(snapshot_cursor(row["snapshot"]), mark)

    async def find(self, text: str) -> Place | None:
        """Return the place that ``text`` names, None when this log has no such place (any more)."""
        place = place_of(text, self._database.kind)
        if place is None or not place.mark:
            return place
        number = int(place.mark.partition("-")[0])
        rows = await fetch(_MARKED[self._database.kind], number)
        marks = {mark_of(number, UUID(str(row["id"]))) for row in rows}
        return place if place.mark in marks else None

    async def since(self, place: Place, limit: int) -> Reading:
        """Return the events that became visible after ``place``, ``limit`` at most."""
        if self._database.kind == "sqlite":
            return await self._since_row(place, limit)
        rows = await fetch(_POSTGRES, place.number, place.cursor, limit + 1)
        found = [row for row in rows if row["number"] is not None]
        mark = mark_of(found[-1]["number"], UUID(str(found[-1]["id"]))) if found else place.mark
        after = Place(snapshot_cursor(rows[0]["snapshot"]), mark)
        if len(found) > limit:
            return Reading(entries=[], place=after, gap=True)
        return Reading(entries=[_entry(row) for row in found], place=after)

    async def _since_row(self, place: Place, limit: int) -> Reading:
        rows = await fetch(_SQLITE, place.number, limit + 2)
        if place.number:
            # Old events are deleted, and their numbers may be given again when they were the last.
            if not rows or _after(rows[0]).mark != place.mark:
                return Reading(entries=[], place=await self.end(), gap=True)
            rows = rows[1:]
        if len(rows) > limit:
            return Reading(entries=[], place=await self.end(), gap=True)
        return Reading(entries=[_entry(row) for row in rows], place=_after(rows[-1]) if rows else place)


def _after(row: dict[str, Any]) -> Place:
    return Place(str(row["number"]), mark_of(row["number"], UUID(str(row["id"]))))


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        id=UUID(str(row["id"])),
        name=row["name"],
        record_type=row["record_type"],
        record_id=UUID(str(row["record_id"])),
        at=row["at"],
        happened=msgspec.json.decode(row["payload"], type=Happened),
    )
