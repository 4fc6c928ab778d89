"""Accounts of connections beside those of channels; leases; listening; asking for consent."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-26T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "connections: accounts, listening, leases, consent"


class ChannelAccountRow(Table, tablename="channel_account"):
    id = UUID(primary_key=True, default=None)
    kind = Varchar(length=10, default="channel")


class Lease(Table, tablename="lease"):
    name = Varchar(length=200, primary_key=True)
    holder = Varchar(length=32, default="")
    beat = BigInt(default=0)
    at = Timestamptz(default=None)


class ListeningRow(Table, tablename="account_listening"):
    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=ChannelAccountRow, on_delete=OnDelete.cascade, unique=True)
    state = Varchar(length=10, default="listening")
    since = Timestamptz(null=True, default=None)
    error = Varchar(length=500, default="")
    error_at = Timestamptz(null=True, default=None)
    again_at = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    place = Varchar(length=120, default="")


class ConsentRow(Table, tablename="connection_consent"):
    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=ChannelAccountRow, on_delete=OnDelete.cascade, index=True)
    state_hash = Varchar(length=64, default="", unique=True)
    session_hash = Varchar(length=64, default="")
    created_at = Timestamptz(default=None, index=True)


NEW: tuple[type[Table], ...] = (Lease, ListeningRow, ConsentRow)


async def forwards() -> MigrationManager:
    """Make the tables, and add the column."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in NEW:
        manager.add_table(class_name=table.__name__, tablename=table._meta.tablename)
    tables: tuple[type[Table], ...] = (*NEW, ChannelAccountRow)
    for table in tables:
        name = table._meta.tablename
        for column in table._meta.columns:
            if table in NEW or not column._meta.primary_key:
                manager.add_columns.append(
                    AddColumnClass(
                        column=column, table_class_name=table.__name__, tablename=name, schema=None
                    )
                )
    return manager
