"""Duplicates: suggested pairs and scans."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, BigInt, ForeignKey, Integer, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-24T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "duplicates"


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)


class DuplicateSuggestion(Table, tablename="duplicate_suggestion"):
    id = UUID(primary_key=True, default=None)
    one = ForeignKey(references=Contact, on_delete=OnDelete.cascade)
    other = ForeignKey(references=Contact, on_delete=OnDelete.cascade, index=True)
    score = SmallInt(default=0)
    findings = JSONB(default="[]")
    state = Varchar(length=20, default="open")
    scan = UUID(null=True, default=None)
    found_at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Varchar(length=200, default="")


class DuplicateScan(Table, tablename="duplicate_scan"):
    id = UUID(primary_key=True, default=None)
    phase = Varchar(length=20, default="keys")
    last = Varchar(length=40, default="")
    done = Integer(default=0)
    total = Integer(default=0)
    compared = BigInt(default=0)
    found = Integer(default=0)
    started_by = Varchar(length=200, default="")
    started_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in (DuplicateSuggestion, DuplicateScan):
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    return manager
