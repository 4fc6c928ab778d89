"""Exports that are made in the background."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-25T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "exports in the background"


class ExportRun(Table, tablename="export_run"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60, default="")
    state = Varchar(length=10, default="queued")
    settings = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, default="", index=True)
    done = Integer(default=0)
    total = Integer(default=0)
    size = BigInt(default=0)
    error = Text(default="")
    created_at = Timestamptz(default=None, index=True)
    updated_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None, null=True)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    name = ExportRun._meta.tablename
    manager.add_table(class_name=ExportRun.__name__, tablename=name)
    for column in ExportRun._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name=ExportRun.__name__, tablename=name, schema=None)
        )
    return manager
