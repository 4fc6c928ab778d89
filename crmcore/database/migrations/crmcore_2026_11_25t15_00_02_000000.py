"""Indexes of what is not deleted: lists by name go along them, and counting reads nothing else."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T15:00:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "lists: indexes of what is there"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


INDEXES = (
    'CREATE INDEX "contact_listed" ON "contact" ("last_name", "id") WHERE "deleted_at" IS NULL',
    'CREATE INDEX "company_listed" ON "company" ("name", "id") WHERE "deleted_at" IS NULL',
)


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in INDEXES:
            await Statement.raw(statement)

    manager.add_raw(make_indexes)
    return manager
