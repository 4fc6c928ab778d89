"""When tokens were used last."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, ForeignKey, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-25T16:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "when tokens were used last"


class ApiToken(Table, tablename="api_token"):
    id = UUID(primary_key=True, default=None)


class TokenUse(Table, tablename="token_use"):
    id = UUID(primary_key=True, default=None)
    token = ForeignKey(references=ApiToken, default=None, on_delete=OnDelete.cascade, null=True, unique=True)
    used_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    name = TokenUse._meta.tablename
    manager.add_table(class_name=TokenUse.__name__, tablename=name)
    for column in TokenUse._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name=TokenUse.__name__, tablename=name, schema=None)
        )
    return manager
