"""What the audit looks for in the history."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T17:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit: indexes of the history"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


INDEXES = (
    'CREATE INDEX "history_unsealed" ON "history" ("id") WHERE "seal" IS NULL',
    'CREATE INDEX "history_seal" ON "history" ("seal")',
    'CREATE INDEX "history_actor" ON "history" ("actor_id", "id")',
)


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in INDEXES:
            await Statement.raw(statement)

    manager.add_raw(make_indexes)
    return manager
