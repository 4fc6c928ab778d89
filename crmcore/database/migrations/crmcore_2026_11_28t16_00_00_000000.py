"""Custom fields that are required before a record leaves a choice of a drop-down list."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB
from piccolo.table import Table

ID = "2026-11-28T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "fields required before a choice is left"


class CustomFieldRow(Table, tablename="custom_field"):
    required_before_leaving = JSONB(default="null")


async def forwards() -> MigrationManager:
    """Add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_columns.append(
        AddColumnClass(
            column=CustomFieldRow._meta.get_column_by_name("required_before_leaving"),
            table_class_name="CustomFieldRow",
            tablename="custom_field",
            schema=None,
        )
    )
    return manager
