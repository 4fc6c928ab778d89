"""The order in which conversations are listed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of the conversations' order"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_index() -> None:
        await Statement.raw(
            'CREATE INDEX "conversation_last_activity_at_id" ON "conversation" ("last_activity_at", "id")'
        )

    manager.add_raw(make_index)
    return manager
