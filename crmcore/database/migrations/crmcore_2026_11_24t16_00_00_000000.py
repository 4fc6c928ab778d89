"""Who sent public forms, for the limit per address."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sent forms per address"


class FormSending(Table, tablename="form_sending"):
    id = UUID(primary_key=True, default=None)
    subject = Varchar(length=120, default="", index=True)
    at = Timestamptz(default=None, index=True)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="FormSending", tablename="form_sending")
    for column in FormSending._meta.columns:
        manager.add_columns.append(
            AddColumnClass(
                column=column, table_class_name="FormSending", tablename="form_sending", schema=None
            )
        )
    return manager
