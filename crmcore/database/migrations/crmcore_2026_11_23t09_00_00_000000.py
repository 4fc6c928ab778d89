"""The table of search that Piccolo can describe."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-23T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "how far a rebuild of the search index has come"


class SearchProgress(Table, tablename="search_progress"):
    record_type = Varchar(length=60, primary_key=True)
    last_id = UUID(default=None, null=True)
    done = BigInt()
    finished = Timestamptz(default=None, null=True)
    started_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="SearchProgress", tablename="search_progress")
    for column in SearchProgress._meta.columns:
        manager.add_columns.append(
            AddColumnClass(
                column=column,
                table_class_name="SearchProgress",
                tablename="search_progress",
                schema=None,
            )
        )
    return manager
