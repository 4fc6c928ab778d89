"""Roles, and whom people and companies belong to."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-24T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "roles and owners"


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class Team(Table, tablename="team"):
    id = UUID(primary_key=True, default=None)


class Role(Table, tablename="role"):
    id = UUID(primary_key=True, default=None)
    key = Varchar(length=30, unique=True)
    label = JSONB()
    built_in = Boolean()
    permissions = JSONB(null=True, default=None)
    rows = JSONB()
    fields = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class Owned(Table):
    owner = ForeignKey(references=User, default=None, on_delete=OnDelete.set_null, null=True, index=True)
    team = ForeignKey(references=Team, default=None, on_delete=OnDelete.set_null, null=True, index=True)


async def forwards() -> MigrationManager:
    """Make the table and the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="Role", tablename="role")
    places = [("Role", "role", column) for column in Role._meta.columns]
    for name, tablename in (("Company", "company"), ("Contact", "contact")):
        places += [(name, tablename, column) for column in (Owned.owner, Owned.team)]
    for class_name, tablename, column in places:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name=class_name, tablename=tablename, schema=None)
        )
    return manager
