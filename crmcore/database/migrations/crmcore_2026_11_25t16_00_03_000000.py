"""Canned replies."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-25T16:00:03:000000"
VERSION = "1.38.0"
DESCRIPTION = "canned replies"


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class CannedReplyRow(Table, tablename="canned_reply"):
    id = UUID(primary_key=True, default=None)
    owner = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, null=True, index=True)
    shared = Boolean(default=False)
    shortcut = Varchar(length=40, default="")
    title = Varchar(length=120, default="")
    folder = Varchar(length=60, default="")
    text = Text(default="")
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    name = CannedReplyRow._meta.tablename
    manager.add_table(class_name=CannedReplyRow.__name__, tablename=name)
    for column in CannedReplyRow._meta.columns:
        manager.add_columns.append(
            AddColumnClass(
                column=column, table_class_name=CannedReplyRow.__name__, tablename=name, schema=None
            )
        )
    return manager
