"""The table of calls, frozen: nothing here may follow the live table class."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "calls"


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)


class Conversation(Table, tablename="conversation"):
    id = UUID(primary_key=True, default=None)


class TelephonyCall(Table, tablename="telephony_call"):
    id = UUID(primary_key=True, default=None)
    call_sid = Varchar(length=64, unique=True)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    conversation = ForeignKey(references=Conversation, null=True, default=None, on_delete=OnDelete.set_null)
    direction = Varchar(length=10)
    outcome = Varchar(length=12)
    number = Varchar(length=320)
    line = Varchar(length=320)
    seconds = Integer(default=0)
    recording_url = Varchar(length=500)
    ended_at = Timestamptz(default=None, index=True)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="telephony", description=DESCRIPTION)
    name, tablename = TelephonyCall.__name__, TelephonyCall._meta.tablename
    manager.add_table(class_name=name, tablename=tablename)
    for column in TelephonyCall._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name=name, tablename=tablename, schema=None)
        )
    return manager
