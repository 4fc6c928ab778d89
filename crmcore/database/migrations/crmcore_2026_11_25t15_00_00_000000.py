"""Merges of companies; what each person chose for the lists; changes of many records at once."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-25T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "lists: merged companies, choices, changes of many records"


class Company(Table, tablename="company"):
    merged_into = UUID(null=True, default=None)


class MergeLog(Table, tablename="merge_log"):
    record_type = Varchar(length=60, default="contact")


class ListChoice(Table, tablename="list_choice"):
    id = UUID(primary_key=True, default=None)
    owner = UUID(default=None, index=True)
    record_type = Varchar(length=60, default="")
    view = UUID(default=None, null=True)
    columns = JSONB(default="[]")
    sort = Varchar(length=64, default="")
    updated_at = Timestamptz(default=None)


class BulkRun(Table, tablename="bulk_run"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60, default="")
    state = Varchar(length=10, default="queued")
    work = Text(default="{}")
    selection = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, default="", index=True)
    total = Integer(default=0)
    changed = Integer(default=0)
    unchanged = Integer(default=0)
    refused = Integer(default=0)
    undone = Integer(default=0)
    kept = Integer(default=0)
    place = Varchar(length=500, default="")
    error = Varchar(length=300, default="")
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None, null=True)


class BulkRow(Table, tablename="bulk_row"):
    id = UUID(primary_key=True, default=None)
    run = UUID(default=None)
    record_id = UUID(default=None)
    version = Integer(default=0)
    problem = Text(default="")
    undo = Varchar(length=20, default="")
    deleted = Boolean(default=False)


NEW: tuple[type[Table], ...] = (ListChoice, BulkRun, BulkRow)


async def forwards() -> MigrationManager:
    """Make the tables, and add the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in NEW:
        manager.add_table(class_name=table.__name__, tablename=table._meta.tablename)
    changed: tuple[type[Table], ...] = (Company, MergeLog)
    for table in NEW + changed:
        name = table._meta.tablename
        for column in table._meta.columns:
            if table in NEW or not column._meta.primary_key:
                manager.add_columns.append(
                    AddColumnClass(
                        column=column, table_class_name=table.__name__, tablename=name, schema=None
                    )
                )
    return manager
