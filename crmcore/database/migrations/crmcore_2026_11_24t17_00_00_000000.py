"""The chain over the history, and what entries without a record need."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit: seals over the history"


class AuditSeal(Table, tablename="audit_seal"):
    number = Integer(primary_key=True, default=0)
    entries = Bytea()
    previous = Varchar(length=64, default="")
    hash = Varchar(length=64, default="")
    signature = Varchar(length=200, default="")
    at = Timestamptz(default=None)


class History(Table, tablename="history"):
    subject = Varchar(length=200, default="")
    address = Varchar(length=45, default="")
    seal = Integer(null=True, default=None)
    redacted_by = UUID(null=True, default=None)


async def forwards() -> MigrationManager:
    """Make the table and the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="AuditSeal", tablename="audit_seal")
    added = (History.subject, History.address, History.seal, History.redacted_by)
    for table, columns in ((AuditSeal, AuditSeal._meta.columns), (History, added)):
        for column in columns:
            manager.add_columns.append(
                AddColumnClass(
                    column=column,
                    table_class_name=table.__name__,
                    tablename=table._meta.tablename,
                    schema=None,
                )
            )
    return manager
