"""How many deliveries of webhooks were given up, without reading those that were not."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T14:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "outgoing webhooks: what was given up"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_index() -> None:
        await Statement.raw(
            'CREATE INDEX "webhook_delivery_dead" ON "webhook_delivery" ("endpoint") WHERE "state" = \'dead\''
        )

    manager.add_raw(make_index)
    return manager
