"""Writes the rows of events."""

from typing import TYPE_CHECKING

from crmcore.contracts.events import Event
from crmcore.database.statement import fetch, write_along
from crmcore.jobs.new_job import json_text

if TYPE_CHECKING:
    from crmcore.database.database import Database

_COLUMNS = '"id", "name", "record_type", "record_id", "payload", "at"'
_INSERT = {
    "sqlite": f'INSERT INTO "event" ({_COLUMNS}) VALUES ',  # noqa: S608
    "postgres": f'INSERT INTO "event" ({_COLUMNS}, "written_in") VALUES ',  # noqa: S608
}
_ROW = {
    "sqlite": "({}, {}, {}, {}, {}, {})",
    "postgres": "({}, {}, {}, {}, {}, {}, CAST(CAST(pg_current_xact_id() AS text) AS bigint))",
}


async def add_events(database: "Database", *events: Event) -> None:
    """Write the rows of ``events`` into the open transaction, with the number of that transaction."""
    kind = database.kind
    await (write_along if len(events) == 1 else fetch)(
        _INSERT[kind] + ", ".join([_ROW[kind]] * len(events)),
        *(
            value
            for event in events
            for value in (
                event.id,
                event.name,
                event.record_type,
                event.record_id,
                json_text(event),
                event.at,
            )
        ),
    )
