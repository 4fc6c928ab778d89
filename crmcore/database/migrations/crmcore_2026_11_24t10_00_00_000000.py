"""Imports: runs, rows, mappings."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-24T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "imports"


class ImportRun(Table, tablename="import_run"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60)
    file_name = Varchar(length=200)
    file_hash = Varchar(length=64)
    size = BigInt()
    state = Varchar(length=10, default="uploaded")
    settings = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, index=True)
    header = Text(default="[]")
    position = Integer()
    total = Integer()
    created = Integer()
    updated = Integer()
    unchanged = Integer()
    skipped = Integer()
    refused = Integer()
    undone = Integer()
    kept = Integer()
    error = Text()
    lease = UUID(default=None, null=True)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None, null=True)


class ImportRow(Table, tablename="import_row"):
    id = UUID(primary_key=True, default=None)
    run = ForeignKey(references=ImportRun, default=None, on_delete=OnDelete.cascade, null=True, index=False)
    row = Integer()
    outcome = Varchar(length=8)
    record_id = UUID(default=None, null=True)
    version = Integer()
    changes = Text()
    problems = Text()
    made = UUID(default=None, null=True)
    undo = Varchar(length=20)
    undo_version = Integer()


class ImportMapping(Table, tablename="import_mapping"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60)
    header_hash = Varchar(length=64)
    mapping = Text(default="[]")
    used_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in (ImportRun, ImportRow, ImportMapping):
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(class_name=name, tablename=tablename)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=name, tablename=tablename, schema=None)
            )
    return manager
