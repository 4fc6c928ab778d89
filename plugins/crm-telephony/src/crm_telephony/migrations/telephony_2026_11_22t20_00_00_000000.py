"""Calls that go on, phones and scripts, frozen: nothing here may follow the live table classes."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-22T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "calls that go on, phones, scripts"


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class TelephonyCall(Table, tablename="telephony_call"):
    stage = Varchar(length=8, default="ended")
    account = UUID(null=True, default=None)
    agent = Varchar(length=120, default="")
    user = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null)
    phones = Varchar(length=500, default="")
    queue = Varchar(length=120, default="")
    waited_s = Integer(default=0)
    held_s = Integer(default=0)
    transfers = Integer(default=0)
    transferred_to = Varchar(length=120, default="")
    voicemail = Boolean(default=False)
    recording_ref = Varchar(length=500, default="")
    recording = UUID(null=True, default=None)
    recording_state = Varchar(length=8, default="none")
    started_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    result = Varchar(length=20, default="")
    notes = Text(default="")


class TelephonyPhone(Table, tablename="telephony_phone"):
    id = UUID(primary_key=True, default=None)
    phone = Varchar(length=120, index=True)
    user = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.cascade)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class TelephonyScript(Table, tablename="telephony_script"):
    id = UUID(primary_key=True, default=None)
    name = Varchar(length=200)
    direction = Varchar(length=4, default="any")
    line = Varchar(length=120, default="")
    queue = Varchar(length=120, default="")
    text = Text(default="")
    active = Boolean(default=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Add the columns and make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="telephony", description=DESCRIPTION)
    new: tuple[type[Table], ...] = (TelephonyPhone, TelephonyScript)
    for table in new:
        manager.add_table(class_name=table.__name__, tablename=table._meta.tablename)
    changed: tuple[type[Table], ...] = (TelephonyCall, *new)
    for table in changed:
        for column in table._meta.columns:
            if table not in new and column._meta.name == "id":
                continue
            manager.add_columns.append(
                AddColumnClass(
                    column=column,
                    table_class_name=table.__name__,
                    tablename=table._meta.tablename,
                    schema=None,
                )
            )
    return manager
