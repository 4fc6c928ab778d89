"""How close rows stand for a user, and which keys they chose themselves."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import Text, Varchar
from piccolo.table import Table

ID = "2026-11-27T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "density of pages and keys of users"


class User(Table, tablename="user_account"):
    density = Varchar(length=12, default="comfortable")
    keys = Text(default="{}")


async def forwards() -> MigrationManager:
    """Add the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for column in (User.density, User.keys):
        manager.add_columns.append(
            AddColumnClass(
                column=column,
                table_class_name=User.__name__,
                tablename=User._meta.tablename,
                schema=None,
            )
        )
    return manager
