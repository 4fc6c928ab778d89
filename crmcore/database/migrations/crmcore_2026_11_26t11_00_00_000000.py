"""What people set off in plugins, and how they arranged their panels."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import JSONB, UUID, Boolean, Integer, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-26T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "contributions: presses of buttons, arrangement of panels"


class ActionRun(Table, tablename="action_run"):
    id = UUID(primary_key=True, default=None)
    press = Varchar(length=300, default="", unique=True)
    actor = Varchar(length=100, default="")
    state = Varchar(length=10, default="running")
    result = JSONB(default="{}")
    created_at = Timestamptz(default=None, index=True)
    ended_at = Timestamptz(null=True, default=None)


class PanelChoice(Table, tablename="panel_choice"):
    id = UUID(primary_key=True, default=None)
    place = Varchar(length=200, default="", unique=True)
    owner = UUID(default=None, index=True)
    panel = Varchar(length=100, default="")
    folded = Boolean(default=False)
    hidden = Boolean(default=False)
    position = Integer(null=True, default=None)
    updated_at = Timestamptz(default=None)


NEW: tuple[type[Table], ...] = (ActionRun, PanelChoice)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in NEW:
        name = table._meta.tablename
        manager.add_table(class_name=table.__name__, tablename=name)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=table.__name__, tablename=name, schema=None)
            )
    return manager
