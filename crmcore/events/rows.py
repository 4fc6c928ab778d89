"""Writes the rows of events."""

from typing import TYPE_CHECKING

from crmcore.contracts.events import Event
from crmcore.database.statement import write_along
from crmcore.jobs.new_job import json_text

if TYPE_CHECKING:
    from crmcore.database.database import Database

_COLUMNS = '"id", "name", "record_type", "record_id", "payload", "at"'
_INSERT = {
    "sqlite": f'INSERT INTO "event" ({_COLUMNS}) VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}})',  # noqa: S608
    "postgres": f'INSERT INTO "event" ({_COLUMNS}, "written_in") '  # noqa: S608
    "VALUES ({}, {}, {}, {}, {}, {}, CAST(CAST(pg_current_xact_id() AS text) AS bigint))",
}


async def add_event(database: "Database", event: Event) -> None:
    """Write the row of ``event`` into the open transaction, with the number of that transaction."""
    await write_along(
        _INSERT[database.kind],
        event.id,
        event.name,
        event.record_type,
        event.record_id,
        json_text(event),
        event.at,
    )
