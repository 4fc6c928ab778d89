"""What lists are sorted and counted by, and what their choices and changes are looked up by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T15:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "lists: indexes"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


INDEXES = (
    'CREATE INDEX "company_name_id" ON "company" ("name", "id")',
    'CREATE INDEX "company_domain" ON "company" ("domain")',
    'CREATE UNIQUE INDEX "list_choice_owner_record_type" ON "list_choice" ("owner", "record_type")',
    'CREATE UNIQUE INDEX "bulk_row_run_record_id" ON "bulk_row" ("run", "record_id")',
)


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in INDEXES:
            await Statement.raw(statement)

    manager.add_raw(make_indexes)
    return manager
