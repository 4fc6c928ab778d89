"""Custom fields: defaults, rules, other names, when they were deleted; history: the versions of plugins."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-23T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "life of custom fields"


class CustomFieldRow(Table, tablename="custom_field"):
    default_value = JSONB(default="null")
    required_when = Varchar(length=20, default="")
    rule = JSONB(default="{}")
    aliases = JSONB(default="[]")
    deleted_at = Timestamptz(default=None, null=True)


class History(Table, tablename="history"):
    plugin_version = Varchar(length=40, default="")


ADDED = {
    CustomFieldRow: ("default_value", "required_when", "rule", "aliases", "deleted_at"),
    History: ("plugin_version",),
}


async def forwards() -> MigrationManager:
    """Add the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table, names in ADDED.items():
        for name in names:
            manager.add_columns.append(
                AddColumnClass(
                    column=table._meta.get_column_by_name(name),
                    table_class_name=table.__name__,
                    tablename=table._meta.tablename,
                    schema=None,
                )
            )
    return manager
