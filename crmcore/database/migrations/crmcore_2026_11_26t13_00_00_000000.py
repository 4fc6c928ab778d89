"""General settings that are chosen in the page."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-26T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "general settings"


class GeneralSetting(Table, tablename="general_setting"):
    name = Varchar(length=40, primary_key=True, default="")
    value = Text(default="")
    updated_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    name = GeneralSetting._meta.tablename
    manager.add_table(class_name="GeneralSetting", tablename=name)
    for column in GeneralSetting._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name="GeneralSetting", tablename=name, schema=None)
        )
    return manager
