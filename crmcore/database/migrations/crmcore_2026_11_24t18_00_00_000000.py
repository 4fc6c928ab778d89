"""Privacy: exports and erasures of people, marks of what was erased, how long data is kept."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T18:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "privacy: exports, erasures, periods"


class Erasure(Table, tablename="erasure"):
    id = UUID(primary_key=True, default=None)
    contact = UUID(default=None, index=True)
    pseudonym = Varchar(length=60, default="")
    subject = Text(default="")
    entry = UUID(default=None)
    state = Varchar(length=10, default="queued")
    task = UUID(default=None, null=True)
    started_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None, null=True)


class ErasureStep(Table, tablename="erasure_step"):
    id = UUID(primary_key=True, default=None)
    erasure = UUID(default=None, index=True)
    position = Integer(default=0)
    plugin = Varchar(length=31, default="")
    key = Varchar(length=60, default="")
    state = Varchar(length=10, default="waiting")
    erased = Integer(default=0)
    error = Varchar(length=500, default="")
    finished_at = Timestamptz(default=None, null=True)


class ErasedMark(Table, tablename="erased_mark"):
    hash = Varchar(length=64, primary_key=True, default="")
    erased_at = Timestamptz(default=None)


class ErasurePepper(Table, tablename="erasure_pepper"):
    id = Integer(primary_key=True, default=1)
    secret = Varchar(length=400, default="", secret=True)


class PersonalExport(Table, tablename="personal_export"):
    id = UUID(primary_key=True, default=None)
    contact = UUID(default=None, index=True)
    state = Varchar(length=10, default="queued")
    language = Varchar(length=8, default="en")
    items = Integer(default=0)
    size = BigInt(default=0)
    error = Varchar(length=500, default="")
    started_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    fetched_at = Timestamptz(default=None, null=True)


class RetentionPeriod(Table, tablename="retention_period"):
    kind = Varchar(length=40, primary_key=True, default="")
    days = Integer(default=None, null=True)
    updated_at = Timestamptz(default=None)


TABLES = (Erasure, ErasureStep, ErasedMark, ErasurePepper, PersonalExport, RetentionPeriod)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in TABLES:
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    return manager
