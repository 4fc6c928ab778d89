"""Saved views."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-23T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "saved views"


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class SavedView(Table, tablename="saved_view"):
    id = UUID(primary_key=True, default=None)
    record_type = Varchar(length=60, index=True)
    name = Varchar(length=120)
    owner = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, null=True, index=True)
    shared = Boolean()
    position = Integer(default=100)
    query = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="SavedView", tablename="saved_view")
    for column in SavedView._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name="SavedView", tablename="saved_view", schema=None)
        )
    return manager
