"""Sealed values: which custom fields have theirs sealed, which keys sealed anything, how far sealing has come."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Boolean, Integer, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-24T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sealed values"


class CustomFieldRow(Table, tablename="custom_field"):
    sealed = Boolean(default=False)


class SealingKey(Table, tablename="sealing_key"):
    id = Varchar(length=8, primary_key=True, default="")
    created_at = Timestamptz(default=None)
    retired_at = Timestamptz(default=None, null=True)


class Sealing(Table, tablename="sealing"):
    place = Varchar(length=120, primary_key=True, default="")
    goal = Varchar(length=80, default="")
    last_id = Varchar(length=64, default="")
    done = Integer(default=0)
    finished_at = Timestamptz(default=None, null=True)


async def forwards() -> MigrationManager:
    """Add the column and make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in (SealingKey, Sealing):
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    manager.add_columns.append(
        AddColumnClass(
            column=CustomFieldRow._meta.get_column_by_name("sealed"),
            table_class_name="CustomFieldRow",
            tablename="custom_field",
            schema=None,
        )
    )

    async def make_index() -> None:
        # Who looked how often lately: asked before every reveal, of a table of millions of changes.
        await SealingKey.raw("CREATE INDEX history_reveal ON history (actor_id, at) WHERE action = 'reveal'")

    manager.add_raw(make_index)
    return manager
