"""What the deliveries of webhooks are looked up by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T19:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "outgoing webhooks: indexes"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


INDEXES = (
    # The list of an endpoint's deliveries, and the oldest unfinished one of a record.
    'CREATE INDEX "webhook_delivery_endpoint" ON "webhook_delivery" ("endpoint", "id")',
    'CREATE INDEX "webhook_delivery_open" ON "webhook_delivery" ("endpoint", "record_id", "id") '
    "WHERE \"state\" IN ('queued', 'waiting')",
    'CREATE INDEX "webhook_delivery_due" ON "webhook_delivery" ("next_at") WHERE "state" = \'waiting\'',
)


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in INDEXES:
            await Statement.raw(statement)

    manager.add_raw(make_indexes)
    return manager
