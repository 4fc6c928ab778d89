"""The indexes of imports."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T10:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of imports"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_indexes() -> None:
        for sql in (
            'CREATE UNIQUE INDEX "import_row_run_row" ON "import_row" ("run", "row")',
            'CREATE INDEX "import_row_record_id" ON "import_row" ("record_id")',
            'CREATE UNIQUE INDEX "import_mapping_header" ON "import_mapping" ("record_type", "header_hash")',
        ):
            await Statement.raw(sql)

    manager.add_raw(make_indexes)
    return manager
