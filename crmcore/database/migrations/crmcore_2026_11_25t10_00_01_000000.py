"""What live updates read events by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "events by their transaction: index"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


# SQLite leaves the column empty: there the index is empty too.
INDEX = 'CREATE INDEX "event_written_in" ON "event" ("written_in") WHERE "written_in" IS NOT NULL'


async def forwards() -> MigrationManager:
    """Make the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_index() -> None:
        await Statement.raw(INDEX)

    manager.add_raw(make_index)
    return manager
