"""Live updates: in which transaction an event was written."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import BigInt
from piccolo.table import Table

ID = "2026-11-25T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "events know their transaction"


class EventRow(Table, tablename="event"):
    written_in = BigInt(default=None, null=True)


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(
            column=EventRow._meta.get_column_by_name("written_in"),
            table_class_name="EventRow",
            tablename="event",
            schema=None,
        )
    )
    return manager
