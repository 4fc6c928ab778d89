"""By which line a phone calls, frozen: nothing here may follow the live table class."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Varchar
from piccolo.table import Table

ID = "2026-11-27T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the line of a phone"


class TelephonyPhone(Table, tablename="telephony_phone"):
    id = UUID(primary_key=True, default=None)
    line = Varchar(length=120, default="")


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="telephony", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(
            column=TelephonyPhone.line,
            table_class_name=TelephonyPhone.__name__,
            tablename=TelephonyPhone._meta.tablename,
            schema=None,
        )
    )
    return manager
